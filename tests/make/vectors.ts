import { sha256 } from '../../core/sha256.ts'
import { entryProofBytes, parseEntryProof } from '../../proofs/entry-proof.ts'
import { extractEntry } from '../../proofs/extract.ts'
import { exitCode, LINES, type Result } from '../../proofs/report.ts'
import { formatTrust, parseTrust, type Trust } from '../../proofs/trust.ts'
import { text } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { verifyEntry } from '../../proofs/verify-entry.ts'
import { parseWithholding, withheldNames } from '../../proofs/withhold.ts'
import { readZip, writeZip } from '../../proofs/zip.ts'
import { genuine, genuineTrust } from '../proofs/mutants/mutant.ts'
import { allMutants, corpus, good as genuineOnes } from './corpus.ts'
import { termsBundles } from './terms-worlds.ts'

/** What a verifier must find: which checks fail and with which code, the verdict, the exit code. */
export interface Expected {
  failed: [check: string, code: string][]
  verdict: Record<string, Result>
  exit: number
}

/** A bundle as entries of text, to be written as a zip in its one form; or, where it is none, as bytes. */
export interface BundleVector {
  what: string
  /** Index of the trust root's text; `null` where none is given. */
  trust: number | null
  /** Index of each entry's text, by path. */
  entries?: Record<string, number>
  /** The file in base64, where it is not the zip of such entries. */
  file?: string
  expected: Expected
}

export interface BundleVectors {
  texts: string[]
  good: BundleVector[]
  bad: BundleVector[]
}

/** Makes the vectors of bundles: good ones, and for every check and code a bad one that it alone refuses. */
export async function makeBundleVectors(): Promise<BundleVectors> {
  const texts: string[] = []
  const indexOf = (one: string) => {
    const known = texts.indexOf(one)
    return known >= 0 ? known : texts.push(one) - 1
  }
  const vector = async (what: string, bytes: Uint8Array, trust: Trust | null) => ({
    what,
    trust: trust && indexOf(formatTrust(trust)),
    ...content(bytes, indexOf),
    expected: await lookAt(bytes, trust),
  })
  const good: BundleVector[] = []
  const worlds = (await corpus()).filter(({ what }) => what.startsWith('world ')).slice(0, 8)
  const terms = termsBundles(24).map((bundle, n) => ({ what: `terms ${n}`, ...bundle }))
  for (const { what, bytes, trust } of [...genuineOnes(), ...worlds, ...terms]) {
    good.push(await vector(what, bytes, trust))
  }
  const bad: BundleVector[] = []
  const seen = new Set<string>()
  for (const { check, code, what, telling, make } of await allMutants()) {
    if (seen.has(`${check} ${code}`) && !telling) continue
    seen.add(`${check} ${code}`)
    const { bytes, trust } = make()
    if (isTrust(trust)) bad.push(await vector(`${check}: ${what}`, bytes, trust))
  }
  return { texts, good, bad }
}

/** Some mutants are of a trust root that no file could hold. */
export function isTrust(trust: Trust) {
  try {
    parseTrust(sha256, formatTrust(trust))
    return true
  } catch {
    return false
  }
}

function content(bytes: Uint8Array, indexOf: (text: string) => number) {
  try {
    const entries = readZip(bytes).map(({ path, bytes }) => [path, indexOf(text(bytes))] as const)
    return { entries: Object.fromEntries(entries) }
  } catch {
    return { file: Buffer.from(bytes).toString('base64') }
  }
}

/** The file that a vector is about. */
export function fileOf({ entries, file }: BundleVector, texts: readonly string[]): Uint8Array {
  if (entries === undefined) return new Uint8Array(Buffer.from(file!, 'base64'))
  const paths = Object.keys(entries).sort()
  return writeZip(
    paths.map((path) => ({ path, bytes: new TextEncoder().encode(texts[entries[path]!]!) })),
  )
}

export async function lookAt(bytes: Uint8Array, trust: Trust | null): Promise<Expected> {
  const report = await verifyBundle({ sha256, bytes, trust })
  return {
    failed: report.checks.flatMap(({ name, code }): [string, string][] =>
      code === undefined ? [] : [[name, code]],
    ),
    verdict: Object.fromEntries(LINES.map((line) => [line, report.verdict[line].result])),
    exit: exitCode(report),
  }
}

/** One file of a bundle with its proof, both as text, and what a verifier must find. */
export interface EntryVector {
  what: string
  file: string
  proof: string
  failed: [check: string, code: string][]
  exit: number
}

export interface EntryVectors {
  trust: string
  vectors: EntryVector[]
}

export async function makeEntryVectors(): Promise<EntryVectors> {
  const taken = extractEntry(sha256, genuine().bytes, 'checkpoint')
  const [file, proof] = [text(taken.bytes), parseEntryProof(taken.proof)]
  const cases: [what: string, file: string, proof: typeof proof][] = [
    ['genuine', file, proof],
    ['another file', `${file}\n`, proof],
    ['another path', file, { ...proof, path: 'proof.json' }],
    ['a path that is not listed', file, { ...proof, path: 'elsewhere' }],
    ['a path cut short', file, { ...proof, hashes: proof.hashes.slice(1) }],
    ['hashes swapped', file, { ...proof, hashes: proof.hashes.toReversed() }],
    ['a JWS of four parts', file, { ...proof, jws: `${proof.jws}.` }],
  ]
  const vectors: EntryVector[] = []
  for (const [what, file, changed] of cases) {
    const proof = text(entryProofBytes(changed))
    vectors.push({ what, file, proof, ...(await lookAtEntry({ file, proof }, genuineTrust)) })
  }
  return { trust: formatTrust(genuineTrust), vectors }
}

export async function lookAtEntry(
  { file, proof }: Pick<EntryVector, 'file' | 'proof'>,
  trust: Trust,
) {
  const encode = (one: string) => new TextEncoder().encode(one)
  const report = await verifyEntry({ sha256, bytes: encode(file), proof: encode(proof), trust })
  return {
    failed: report.checks.flatMap(({ name, code }): [string, string][] =>
      code === undefined ? [] : [[name, code]],
    ),
    exit: exitCode(report),
  }
}

/** Patterns, a record's kind and fields, and which of them the patterns mean. */
export interface WithholdVector {
  patterns: string[]
  kind: string
  fields: string[]
  withheld: string[]
}

export function makeWithholdVectors(): WithholdVector[] {
  const fields = [
    ...['description', 'facet:dataset:ownership', 'facet:dataset:schema', 'facet:job:sql'],
    ...['name', 'namespace', 'numbersAsText', 'times', '*'],
  ].sort()
  const patterns = [
    ...[['name'], ['schema'], ['facet:dataset:schema'], ['facet:*'], ['*'], ['na*e'], ['na*me']],
    ...[['Job.name'], ['Dataset.name'], ['Dataset.*s*'], ['nothing'], ['times'], ['*name*']],
    ...[['name', 'ownership'], ['s*'], ['na*a*e'], ['**'], ['.name'], ['dataset.name']],
  ]
  return patterns.flatMap((patterns) =>
    ['Dataset', 'Job'].map((kind) => ({
      ...{ patterns, kind, fields },
      withheld: [...withheldNames(parseWithholding(patterns), kind, fields)].sort(),
    })),
  )
}
