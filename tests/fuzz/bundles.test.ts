import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { canonical } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import { EXIT, exitCode } from '../../proofs/report.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip, writeZip, type ZipEntry } from '../../proofs/zip.ts'
import { makeBundle } from '../make/bundle.ts'
import { statedLog } from '../make/stated-log.ts'
import { mutateBytes, mutateJson, mutateText, oneOf } from './mutate.ts'
import { answered, seededNumbers } from './seeded.ts'

const BUNDLES = 20_000

const next = seededNumbers()
const { log, report, clean } = statedLog()
const asked = (['UPSTREAM', 'BOTH'] as const).map((direction) => ({
  question: { root: direction === 'BOTH' ? clean : report, direction, depth: 5 },
}))
const bundles = asked.map((one) => makeBundle(log, one))
const words = ['{', '}', '[', ']', ',', ':', '"', '\\u0000', '1e999', '-0', 'null', '\n', '—']

/** An entry changed as data, kept canonical where it can be; as text; or as bytes. */
function changedEntry({ path, bytes }: ZipEntry): ZipEntry {
  const way = next(4)
  if (way === 0) return { path, bytes: mutateBytes(next, bytes) }
  if (way === 1) return { path, bytes: utf8(mutateText(next, text(bytes), words).toWellFormed()) }
  if (path.endsWith('.ndjson')) {
    const lines = text(bytes).trimEnd().split('\n')
    const at = next(lines.length)
    lines[at] = changedJson(lines[at]!)
    return { path, bytes: utf8(lines.map((line) => `${line}\n`).join('')) }
  }
  const isJson = path.endsWith('.json')
  return { path, bytes: isJson ? utf8(changedJson(text(bytes))) : mutateBytes(next, bytes) }
}

function changedJson(line: string) {
  const changed = mutateJson(next, JSON.parse(line))
  try {
    return canonical(changed as Json)
  } catch {
    return String(JSON.stringify(changed)).toWellFormed()
  }
}

/** The signed entries of a bundle, with one of them changed before the manifest was made and signed. */
function signedAgain(which: number) {
  const place = oneOf(next, ['records.ndjson', 'proof.json', 'checkpoint'])
  const replace = (files: ZipEntry[]) =>
    files.map((file) => (file.path === place ? changedEntry(file) : file))
  return makeBundle(log, asked[which]!, { replace }).bytes
}

/** A bundle that is another than the genuine one. */
function changedBundle(which: number): Uint8Array {
  const { bytes } = bundles[which]!
  const way = next(3)
  if (way === 0) return mutateBytes(next, bytes)
  if (way === 1) return signedAgain(which)
  const entries = readZip(bytes)
  const at = next(entries.length)
  const changed = changedEntry(entries[at]!)
  return writeZip(entries.with(at, changed))
}

it(`refuses each of ${BUNDLES} changed bundles by named checks, and is never tripped up`, async () => {
  const accepted: string[] = []
  const failing = new Set<string>()
  for (let i = 0; i < BUNDLES; i++) {
    const which = next(2)
    const { bytes: genuine, trust } = bundles[which]!
    const bytes = changedBundle(which)
    if (Buffer.compare(bytes, genuine) === 0) continue
    const judged = await answered(verifyBundle({ sha256, bytes, trust }), () => `bundle ${i}`)
    const exit = exitCode(judged)
    if (exit !== EXIT.failed && exit !== EXIT.unreadable) accepted.push(`${i} (exit ${exit})`)
    for (const { name, result } of judged.checks) if (result === 'fail') failing.add(name)
  }
  expect(accepted).toEqual([])
  // The fuzzer would be worth little if all that it makes fell at the first check.
  expect(failing.size).toBeGreaterThan(15)
}, 600_000)
