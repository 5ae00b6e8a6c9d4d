import { text, utf8 } from '../../proofs/utf8.ts'
import { readZip, writeZip } from '../../proofs/zip.ts'

/** A forged copy of a bundle, and what was done to it. */
export interface Forgery {
  /** The file name of the copy, and its name in the summary. */
  name: string
  what: string
  bytes: Uint8Array
}

const RECORDS = 'records.ndjson'

/**
 * Changes one letter of `word` in the records of a bundle: once as an accident or a careless hand
 * would, and once by somebody who then mends the archive's own checksum.
 *
 * @throws {Error} Where no record holds the word.
 */
export function forge(bundle: Uint8Array, word: string): Forgery[] {
  const entries = readZip(bundle)
  const records = entries.find(({ path }) => path === RECORDS)!.bytes
  const at = text(records).indexOf(word)
  if (at < 0) throw new Error(`no record of the bundle holds «${word}»`)
  // Names of the seed world are ASCII, and what comes before one may not be: offsets are of bytes.
  const offset = utf8(text(records).slice(0, at)).length
  const changed = flipAt(records, offset)
  const what = `${word} → ${text(changed.subarray(offset, offset + word.length))}`
  const start = Buffer.from(bundle).indexOf(records)
  return [
    {
      name: 'flipped',
      what: `one bit of one byte: ${what}`,
      bytes: flipAt(bundle, start + offset),
    },
    {
      name: 'repaired',
      what: `the same, and the archive's checksum mended`,
      bytes: writeZip(
        entries.map((entry) => (entry.path === RECORDS ? { ...entry, bytes: changed } : entry)),
      ),
    },
  ]
}

function flipAt(bytes: Uint8Array, offset: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[offset] = copy[offset]! ^ 1
  return copy
}
