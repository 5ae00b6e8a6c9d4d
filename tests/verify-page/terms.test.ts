import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { INDEX, indexHtml } from '../../proofs/page/index-html.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { renderReport } from '../../verify-page/render.ts'
import { verifyFiles } from '../../verify-page/verify-files.ts'
import { makeBundle, type TestBundle } from '../make/bundle.ts'
import { DAY } from '../make/terms-log.ts'
import { genuine } from '../proofs/mutants/mutant.ts'
import { genuineTerms, TERMS_MUTANTS, termed } from '../proofs/mutants/terms-mutants.ts'

const rendered = async ({ bytes, trust }: TestBundle) =>
  renderReport(await verifyFiles(bytes, { name: 'trust.json', bytes: utf8(formatTrust(trust)) }))

it('the page of the verifier lists the terms by sort, each with who says it and by which way it comes', async () => {
  const page = await rendered(genuineTerms())
  expect(page).toContain('<tr data-line="terms" data-result="pass">')
  expect(page).toContain(`On ${DAY} these terms reach`)
  expect(page).toContain('nothing says under which licence it is')
  expect(page).toMatch(/<bdi>commercialize<\/bdi> for dpv:Marketing<\/td><td><bdi>shop 2026<\/bdi>/)
  expect(page).toContain('<bdi>report</bdi> ← <bdi>rates</bdi> ← <bdi>mit</bdi>')
  expect(page).toContain('MIT, or another')
  expect(page).toContain('Some terms are lifted on the way, by <bdi>sums</bdi>.')
  expect(page).not.toContain('did not find these terms')
})

it('it says of terms that are not as stated that they are not', async () => {
  const [mutant] = TERMS_MUTANTS['terms-stated'].filter(({ what }) => what === 'another action')
  const page = await rendered(mutant!.make())
  expect(page).toContain('<tr data-line="terms" data-result="fail">')
  expect(page).toContain('did not find these terms to be as stated')
})

it('it tells nothing of terms where none are stated', async () => {
  expect(await rendered(genuine())).not.toContain('<h2>The terms</h2>')
})

it('lets no text of a clause be markup', async () => {
  const { log, report, clauses } = termed
  const action = '<script>alert(1)</script>'
  const bundle = makeBundle(
    log,
    { question: { root: report, direction: 'UPSTREAM', depth: 9 }, terms: { day: DAY } },
    {
      shown: (records) =>
        records.map((record) => ({
          ...record,
          fields: record.fields!.map((field) =>
            record.header.id === clauses[1] && field.name === 'action' && 'value' in field
              ? { ...field, value: action }
              : field,
          ),
        })),
    },
  )
  const page = await rendered(bundle)
  expect(page).toContain('&lt;script&gt;alert(1)')
  expect(page).not.toContain(action)
})

it('the page in a bundle tells the same terms', async () => {
  const { terms, records, bundle } = await verifyBundle({ sha256, ...genuineTerms() })
  const { root, direction, depth, tenant, origin, asOf, size } = bundle!
  const source = { question: { root, direction, depth }, tenant, origin, asOf, size, records }
  const page = text(indexHtml(sha256, { ...source, checkpoint: 'none', terms: terms! }))
  expect(INDEX).toBe('index.html')
  expect(page).toContain(`On ${DAY} these terms reach what was asked about, 9 in all.`)
})
