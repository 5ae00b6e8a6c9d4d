import { ed25519 } from '@noble/curves/ed25519.js'
import { describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { MANIFEST_JWS } from '../../proofs/manifest.ts'
import { CHECKS, type CheckName, exitCode, type Report } from '../../proofs/report.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { Checks } from '../../proofs/verify/checks.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { BUNDLE_MUTANTS } from './mutants/bundle-mutants.ts'
import { CHAIN_MUTANTS, KEY_AT_MUTANTS } from './mutants/chain-mutants.ts'
import { ERASURE_MUTANTS, erasedGenuine } from './mutants/erasure-mutants.ts'
import { KEY_MUTANTS } from './mutants/key-mutants.ts'
import { genuine, genuineTrust, type Mutant } from './mutants/mutant.ts'
import { RECORD_MUTANTS } from './mutants/record-mutants.ts'
import { genuineStated, STATE_MUTANTS } from './mutants/state-mutants.ts'
import { genuineTerms, TERMS_MUTANTS } from './mutants/terms-mutants.ts'
import { WITHHOLD_MUTANTS } from './mutants/withhold-mutants.ts'
import { WITNESS_MUTANTS } from './mutants/witness-mutants.ts'

/** For every check, bundles that it alone can refuse. */
const MUTANTS = joined([
  BUNDLE_MUTANTS,
  RECORD_MUTANTS,
  ERASURE_MUTANTS,
  KEY_MUTANTS,
  CHAIN_MUTANTS,
  KEY_AT_MUTANTS,
  STATE_MUTANTS,
  WITHHOLD_MUTANTS,
  WITNESS_MUTANTS,
  TERMS_MUTANTS,
]) as Record<CheckName, Mutant[]>

/** Several tables may have mutants of one check. */
function joined(tables: readonly Partial<Record<CheckName, Mutant[]>>[]) {
  const all = tables.flatMap((table) => Object.entries(table))
  const byName = Map.groupBy(all, ([name]) => name)
  return Object.fromEntries(
    [...byName].map(([name, entries]) => [name, entries.flatMap(([, mutants]) => mutants)]),
  )
}

/** What no check can evaluate in a bundle of the first form, or from before the log's first state record. */
const WITHOUT = new Set([
  'a bundle of this form states no terms',
  'the bundle has no state proof',
  'the bundle has no replay note',
  'downstream was not asked for',
])

it('the bundles that the mutants differ from are genuine', async () => {
  const [plain, stated, erased, termed] = await Promise.all(
    [genuine(), genuineStated(), erasedGenuine(), genuineTerms()].map((bundle) =>
      verifyBundle({ sha256, ...bundle }),
    ),
  )
  const open = (reports: readonly Report[]) =>
    reports.flatMap(({ checks }) => checks.filter(({ result }) => result !== 'pass'))
  expect(open([stated!]).filter(({ group }) => group !== 'terms')).toEqual([])
  expect(open([termed!]).filter(({ group }) => group === 'terms')).toEqual([])
  expect(open([plain!, erased!, termed!]).filter(({ detail }) => !WITHOUT.has(detail))).toEqual([])
  expect([plain!, stated!, erased!, termed!].map((report) => exitCode(report))).toEqual([
    ...[0, 0, 0, 0],
  ])
})

it('every check has a mutant', () => {
  expect(Object.keys(MUTANTS).sort()).toEqual(Object.keys(CHECKS).sort())
  expect(Object.values(MUTANTS).every((mutants) => mutants.length > 0)).toBe(true)
})

describe.each(Object.keys(MUTANTS) as CheckName[])('%s alone refuses', (name) => {
  it.each(MUTANTS[name])('$what', async ({ code, make }) => {
    const report = await verifyBundle({ sha256, ...make() })
    const failed = report.checks.filter(({ result }) => result === 'fail')
    expect(failed.map(({ name, code }) => [name, code])).toEqual([[name, code]])
    // What is left open is open because of this check alone, so no other would have refused.
    const open = report.checks.filter(({ result }) => result === 'not evaluated')
    const otherwise = open.filter(
      ({ detail }) => detail !== `because ${name} failed` && !WITHOUT.has(detail),
    )
    expect(otherwise).toEqual([])
    expect(exitCode(report)).toBe(code === 'PROOF_ZIP_NOT_ONE' ? 3 : 1)
    expect(exitCode(report, true)).not.toBe(0)
  })
})

it('the signature of small order is one that lenient verifiers (ZIP 215) take', () => {
  const { make } = MUTANTS['manifest-signature'].at(-1)!
  const jws = readZip(make().bytes).find(({ path }) => path === MANIFEST_JWS)!
  const [header, payload, signature] = text(jws.bytes).split('.') as [string, string, string]
  const { x } = genuineTrust.logs[0]!.keys.find(({ use }) => use === 'manifest')!
  const message = utf8(`${header}.${payload}`)
  expect(ed25519.verify(unb64(signature), message, unb64(x), { zip215: true })).toBe(true)
})

it('with its check left out, every mutant of a check that finds nothing for others is accepted', async () => {
  const { judge } = Checks.prototype
  const left = vi.spyOn(Checks.prototype, 'judge')
  let leftOut = 0
  for (const name of Object.keys(MUTANTS) as CheckName[]) {
    left.mockImplementation(function (this: Checks, asked, needs, step) {
      if (asked !== name) return judge.call(this, asked, needs, step as never)
      leftOut++
      return judge.call(this, asked, [], () => 'left out')
    })
    const before = leftOut
    for (const { what, make } of MUTANTS[name]) {
      const exit = exitCode(await verifyBundle({ sha256, ...make() }))
      if (leftOut > before) expect(exit, `${name}: ${what}`).toBe(0)
    }
  }
  left.mockRestore()
  expect(leftOut).toBeGreaterThan(30)
})
