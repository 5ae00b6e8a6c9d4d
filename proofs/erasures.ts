import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { hashLeaf, parseLeaf, type RecordHeader } from './leaf.ts'
import { ndjsonBytes, ndjsonLines } from './ndjson.ts'
import type { ReadRecord } from './records.ts'

/** The header of an erase record that a bundle brings along, and its leaf. */
export interface ReadErasure {
  header: RecordHeader
  leaf: Uint8Array
}

/** A shown record whose body is erased, and the record in the log that says so. */
export interface Erased {
  id: string
  /** The place of the record shown, and that of the record that erased its body. */
  seq: number
  by: number
  /** When it was erased. */
  at: string
}

/** Gives the bytes of `erasures.ndjson`: a line of JCS a header, in the order given, which must be that of `seq`. */
export const erasuresBytes = (headers: readonly RecordHeader[]): Uint8Array =>
  ndjsonBytes(headers as unknown as Json[])

/**
 * Reads `erasures.ndjson` and hashes every header.
 *
 * @throws {ProofError} `PROOF_ERASURES` for a file that does not end with a newline, a leaf that erases
 * nothing, or leaves out of order; what `parseLeaf` and `hashLeaf` throw
 */
export function parseErasures(sha256: Sha256, bytes: Uint8Array): ReadErasure[] {
  const erasures: ReadErasure[] = []
  for (const line of ndjsonLines(bytes, 'PROOF_ERASURES')) {
    const header = parseLeaf(line)
    if (header.v !== 'selvedge/record/1' || header.action !== 'erase') {
      throw new ProofError('PROOF_ERASURES', `line ${erasures.length + 1} erases nothing`)
    }
    if (header.seq <= (erasures.at(-1)?.header.seq ?? -1)) {
      throw new ProofError('PROOF_ERASURES', `line ${erasures.length + 1} is out of order`)
    }
    erasures.push({ header, leaf: hashLeaf(sha256, header) })
  }
  return erasures
}

/** Tells which of the records shown have no body because a record of the log erased it. */
export function erasedIn(
  records: readonly ReadRecord[],
  erasures: readonly ReadErasure[],
  emptyBody: string,
): Erased[] {
  const by = new Map(
    erasures.flatMap(({ header }) => header.targets!.map((target) => [target, header] as const)),
  )
  return records.flatMap(({ header, fields }) => {
    const { id, seq, action, body, at } = header
    if (action === 'erase' && body === emptyBody) return [{ id, seq, by: seq, at }]
    const eraser = by.get(seq)
    if (fields !== null || eraser?.id !== id) return []
    return [{ id, seq, by: eraser.seq, at: eraser.at }]
  })
}

/** Gives the records shown whose body is kept back as a whole: there is one, and nothing erased it. */
export function keptBackIn(
  records: readonly ReadRecord[],
  erasures: readonly ReadErasure[],
  emptyBody: string,
): ReadRecord[] {
  const erased = new Set(erasedIn(records, erasures, emptyBody).map(({ seq }) => seq))
  return records.filter(
    ({ header, fields }) => fields === null && header.body !== emptyBody && !erased.has(header.seq),
  )
}
