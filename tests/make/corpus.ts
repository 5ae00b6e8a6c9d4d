import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { sha256 } from '../../core/sha256.ts'
import type { Json } from '../../proofs/json.ts'
import { DIRECTIONS } from '../../proofs/manifest.ts'
import { withholdFields } from '../../proofs/withhold.ts'
import { readZip, type ZipEntry } from '../../proofs/zip.ts'
import { erasedGenuine } from '../proofs/mutants/erasure-mutants.ts'
import { genuine, type Mutant, question, small } from '../proofs/mutants/mutant.ts'
import { genuineStated } from '../proofs/mutants/state-mutants.ts'
import { genuineTerms } from '../proofs/mutants/terms-mutants.ts'
import { makeBundle, type TestBundle } from './bundle.ts'
import { makeLog, type TestLink } from './log.ts'
import { numbersFrom } from './numbers.ts'
import { rotatedBundle, rotatedLog } from './rotated-log.ts'

/** A bundle, good or not, and the trust root to hold it against. */
export interface Specimen {
  what: string
  bytes: Uint8Array
  trust: TestBundle['trust'] | null
}

/**
 * Bundles good and bad of every sort that the tests know: each mutant of each check, single bytes
 * changed in the file and, with all above signed anew, within its entries, random worlds with and
 * without a trust root, and what is no bundle at all. The same at every run.
 */
export async function corpus(): Promise<Specimen[]> {
  const mutants = await allMutants()
  return [
    ...good(),
    { what: 'genuine, nobody vouching', ...genuine(), trust: null },
    ...mutants.map(({ check, what, make }) => ({ what: `${check}: ${what}`, ...pick(make()) })),
    ...mutants
      .filter((_, i) => i % 5 === 0)
      .map(({ check, what, make }) => {
        return { what: `${check}: ${what}, nobody vouching`, bytes: make().bytes, trust: null }
      }),
    ...changedFiles(genuine(), 60),
    ...changedFiles(genuineStated(), 40),
    ...changedFiles(genuineTerms(), 40),
    ...changedEntries(),
    ...worlds(),
    ...junk(),
  ]
}

/** What every verifier must take: the bundles that the mutants differ from. */
export const good = (): Specimen[] => [
  { what: 'genuine', ...genuine() },
  { what: 'genuine, with a state', ...genuineStated() },
  { what: 'genuine, with what is erased', ...erasedGenuine() },
  { what: 'genuine, with terms', ...genuineTerms() },
  { what: 'genuine, with keys that were changed', ...rotatedBundle(rotatedLog()) },
]

const pick = ({ bytes, trust }: TestBundle) => ({ bytes, trust })

/** Every mutant of every check: whatever a module in the folder exports under a name of that form. */
export async function allMutants(): Promise<(Mutant & { check: string })[]> {
  const folder = new URL('../proofs/mutants/', import.meta.url)
  const found: (Mutant & { check: string })[] = []
  for (const name of readdirSync(folder).sort()) {
    const module: Record<string, unknown> = await import(new URL(name, folder).href)
    for (const [exported, value] of Object.entries(module)) {
      if (!exported.endsWith('_MUTANTS')) continue
      for (const [check, mutants] of Object.entries(value as Record<string, Mutant[]>)) {
        found.push(...mutants.map((mutant) => ({ ...mutant, check })))
      }
    }
  }
  return found
}

function changedFiles({ bytes, trust }: TestBundle, count: number): Specimen[] {
  const next = numbersFrom(4)
  return Array.from({ length: count }, (_, i) => {
    const at = next(bytes.length)
    const changed = bytes.slice()
    changed[at]! ^= 1 << (i % 8)
    return { what: `byte ${at} changed`, bytes: changed, trust }
  })
}

function changedEntries(): Specimen[] {
  const next = numbersFrom(44)
  return ['checkpoint', 'proof.json', 'records.ndjson'].flatMap((path) => {
    const { length } = readZip(genuine().bytes).find((entry) => entry.path === path)!.bytes
    return Array.from({ length: 15 }, () => {
      const at = next(length)
      const replace = (files: ZipEntry[]) =>
        files.map((file) => {
          const bytes = file.bytes.slice()
          if (file.path === path) bytes[at]! ^= 1
          return { path: file.path, bytes }
        })
      return {
        what: `byte ${at} of ${path} changed`,
        ...makeBundle(small.log, { question }, { replace }),
      }
    })
  })
}

/** Small random worlds, some of whose fields are withheld. */
function worlds(): Specimen[] {
  const value = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }) as fc.Arbitrary<Json>
  const world = fc.record({
    values: fc.array(value, { minLength: 3, maxLength: 9 }),
    picks: fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }),
  })
  return fc.sample(world, { numRuns: 60, seed: 4 }).map(({ values, picks }, n) => {
    const [from, way, depth, withheld] = picks as [number, number, number, number]
    const log = makeLog()
    const ids: string[] = []
    for (const [i, value] of values.entries()) {
      const to = [i - 1, i - 2].filter((at) => at >= 0 && (at + from) % 3 > 0)
      const links = to.map((at): TestLink => ['WAS_DERIVED_FROM', ids[at]!])
      ids.push(log.assert('Dataset', `d${i}`, { value, 'facet:dataset:x': [i] }, links).id)
    }
    const asked = {
      root: ids[from % ids.length]!,
      direction: DIRECTIONS[way % 3]!,
      depth: depth % 6,
    }
    const bundle = makeBundle(
      log,
      { question: asked },
      {
        shown: (records) =>
          records.map((record, i) => ({
            ...record,
            fields: withholdFields(
              sha256,
              record.fields!,
              new Set(
                ['name', 'value', 'namespace'].filter((_, bit) => ((withheld + i) >> bit) & 1),
              ),
            ),
          })),
      },
    )
    return { what: `world ${n}`, bytes: bundle.bytes, trust: n % 4 === 0 ? null : bundle.trust }
  })
}

function junk(): Specimen[] {
  const { bytes, trust } = genuine()
  const cuts = [0, 1, 3, 4, 30, 31, 100, bytes.length - 22, bytes.length - 1]
  return [
    ...cuts.map((length) => ({
      what: `${length} bytes of it`,
      bytes: bytes.subarray(0, length),
      trust,
    })),
    { what: 'twice', bytes: Uint8Array.of(...bytes, ...bytes), trust },
    { what: 'its end alone', bytes: bytes.subarray(-22), trust },
    { what: 'text', bytes: new TextEncoder().encode('no bundle at all'), trust },
  ]
}
