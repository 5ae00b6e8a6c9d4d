import { expect, it } from 'vitest'
import { formatTrust } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { renderReport } from '../../verify-page/render.ts'
import { verifyFiles } from '../../verify-page/verify-files.ts'
import { makeBundle, type TestBundle } from '../make/bundle.ts'
import { makeLog, type TestLink } from '../make/log.ts'
import { statedLog } from '../make/stated-log.ts'

const rendered = async ({ bytes, trust }: TestBundle) =>
  renderReport(await verifyFiles(bytes, { name: 'trust.json', bytes: utf8(formatTrust(trust)) }))

it('says of which position the records are the latest, where that is not the one asked about', async () => {
  const { log, clean, first } = statedLog()
  const question = { root: clean, direction: 'BOTH', depth: 5 } as const
  // Three records and no state later, "the latest at the position asked about" would not be proven.
  const page = await rendered(makeBundle(log, { question, asOf: first + 3 }))
  expect(page).toContain('<tr data-line="current" data-result="pass">')
  expect(page).toContain(`<dd>position ${first + 3}, under a checkpoint of size`)
  expect(page).toContain(`<dt>Rests on</dt><dd>the log’s state at position ${first}</dd>`)
  expect(page).not.toContain('at the position asked about')
})

it('says how many records with something withheld it does not name', async () => {
  const log = makeLog()
  const ids = Array.from({ length: 205 }, (_, i) => log.assert('Dataset', `d${i}`, {}).id)
  const root = log.assert(
    'Job',
    'all',
    {},
    ids.map((id): TestLink => ['USED', id]),
  ).id
  const question = { root, direction: 'UPSTREAM', depth: 1 } as const
  const page = await rendered(
    makeBundle(
      log,
      { question },
      {
        shown: (records) =>
          records.map((record) => ({
            ...record,
            fields: record.fields!.map(({ name }) => ({ name, c: 'A'.repeat(43) })),
          })),
      },
    ),
  )
  expect(page).toContain('412 fields in 206 records are not shown.')
  expect(page).toContain('The other 6 records are in the report for machines.')
})
