import { expect, it } from 'vitest'
import { reportJson } from '../../cli/prov-verifier/json.ts'
import { reportText } from '../../cli/prov-verifier/text.ts'
import { sha256 } from '../../core/sha256.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { genuineTerms, TERMS_MUTANTS, termed } from '../proofs/mutants/terms-mutants.ts'

const told = async ({ bytes, trust }: ReturnType<typeof genuineTerms>) => {
  const report = await verifyBundle({ sha256, bytes, trust })
  return {
    text: reportText('bundle.zip', { report, exit: 0 }, { colours: false }),
    json: JSON.parse(reportJson(report, 0)),
  }
}

it('lists the terms of a bundle, what denies first, and prints them whole for programs', async () => {
  const { text, json } = await told(genuineTerms())
  const lines = text.slice(text.indexOf('Terms on')).split('\n')
  expect(lines[0]).toBe('Terms on 2026-04-01')
  expect(lines[1]).toBe(`  unknown     NO_LICENSE: ${termed.list}, 1 steps away`)
  expect(lines[2]).toContain('prohibition commercialize: ')
  expect(text).toContain('1 transformations lift terms; 1 of 2 texts of licences are here')
  expect(text).toMatch(/^ {2}terms +pass +1 unknowns, 2 prohibitions/m)
  expect(json.verdict.terms).toBe('pass')
  expect(json.terms.unknowns[0].path).toEqual([termed.report, termed.list])
})

it('says of a bundle whose terms are not as stated which check failed', async () => {
  const [mutant] = TERMS_MUTANTS['terms-stated']
  const { text } = await told(mutant!.make())
  expect(text).toMatch(/^ {2}terms +fail +failed: terms-stated/m)
})
