import { ProofError } from './error.ts'

/** The most bytes of an entry: its length stands before it in two bytes. */
const LONGEST_ENTRY = 65_535

/**
 * Gives up to 256 entries as one file: each behind its length in two bytes, big end first (C2SP
 * tlog-tiles).
 *
 * @throws {ProofError} `PROOF_ENTRIES` where an entry is longer than its length can say.
 */
export function entryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0))
  const view = new DataView(bundle.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > LONGEST_ENTRY) throw malformed('an entry is too long for its length')
    view.setUint16(at, entry.length)
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/**
 * Takes a bundle apart.
 *
 * @throws {ProofError} `PROOF_ENTRIES` where it ends within an entry.
 */
export function entriesOf(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 <= bundle.length ? at + 2 + view.getUint16(at) : Number.POSITIVE_INFINITY
    if (end > bundle.length) throw malformed('a bundle of entries ends within one')
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  return entries
}

const malformed = (message: string) => new ProofError('PROOF_ENTRIES', message)
