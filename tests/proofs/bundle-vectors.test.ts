import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { CHECKS } from '../../proofs/report.ts'
import { parseTrust } from '../../proofs/trust.ts'
import { parseWithholding, withheldNames } from '../../proofs/withhold.ts'
import { allMutants } from '../make/corpus.ts'
import {
  type BundleVectors,
  type EntryVectors,
  fileOf,
  isTrust,
  lookAt,
  lookAtEntry,
  makeBundleVectors,
  makeEntryVectors,
  makeWithholdVectors,
  type WithholdVector,
} from '../make/vectors.ts'

const at = (name: string) => `docs/specs/vectors/${name}.json`

/** Reads published vectors. Delete the file to have it written anew. */
async function published<T>(name: string, make: () => T | Promise<T>): Promise<T> {
  if (!existsSync(at(name))) writeFileSync(at(name), `${JSON.stringify(await make(), null, 1)}\n`)
  return JSON.parse(readFileSync(at(name), 'utf8')) as T
}

const bundles = await published<BundleVectors>('bundles', makeBundleVectors)
const entries = await published<EntryVectors>('entries', makeEntryVectors)
const withholding = await published<WithholdVector[]>('withhold', makeWithholdVectors)

const trustAt = (index: number | null) =>
  index === null ? null : parseTrust(sha256, bundles.texts[index]!)

describe('the published bundles', () => {
  it.each(bundles.good)('$what: found as published', async (vector) => {
    expect(vector.expected.failed).toEqual([])
    expect(await lookAt(fileOf(vector, bundles.texts), trustAt(vector.trust))).toEqual(
      vector.expected,
    )
  })

  it.each(bundles.bad)('$what: refused as published, by that check alone', async (vector) => {
    const { failed, exit } = await lookAt(fileOf(vector, bundles.texts), trustAt(vector.trust))
    expect({ failed, exit }).toEqual({ failed: vector.expected.failed, exit: vector.expected.exit })
    expect(failed.map(([check]) => check)).toEqual([vector.what.split(': ')[0]])
  })

  it('have a bad one for every check, and for every code of which there is a mutant', async () => {
    const refusing = new Set(bundles.bad.flatMap(({ expected }) => expected.failed).map(String))
    const mutants = (await allMutants()).filter(({ make }) => isTrust(make().trust))
    const without = mutants.filter(({ check, code }) => !refusing.has(`${check},${code}`))
    expect(without, `delete ${at('bundles')} and run this test again`).toEqual([])
    const checks = new Set(mutants.map(({ check }) => check))
    expect(Object.keys(CHECKS).filter((check) => !checks.has(check))).toEqual([])
  })
})

describe('the published entries', () => {
  it.each(entries.vectors)('$what', async ({ what, failed, exit, ...vector }) => {
    const trust = parseTrust(sha256, entries.trust)
    expect(await lookAtEntry(vector, trust)).toEqual({ failed, exit })
    expect(failed.length === 0).toBe(what === 'genuine')
  })
})

describe('the published patterns of what is withheld', () => {
  it.each(withholding)('$patterns of a $kind', ({ patterns, kind, fields, withheld }) => {
    expect([...withheldNames(parseWithholding(patterns), kind, fields)].sort()).toEqual(withheld)
  })
})
