import { b64 } from '../base64.ts'
import { erasedIn, parseErasures, type ReadErasure } from '../erasures.ts'
import { ProofError } from '../error.ts'
import { emptyHash, type Sha256 } from '../hash.ts'
import type { RecordHeader } from '../leaf.ts'
import { ERASURES, type Manifest } from '../manifest.ts'
import type { ProvenLeaf } from '../proven.ts'
import type { ReadRecord } from '../records.ts'
import type { Entries } from './manifest.ts'

/** Reads `erasures.ndjson`; where there is none, nothing shown needs one. @throws {ProofError} As `parseErasures`. */
export function readErasures(sha256: Sha256, entries: Entries) {
  const bytes = entries.get(ERASURES)
  const value = bytes === undefined ? [] : parseErasures(sha256, bytes)
  return { value, detail: `${value.length} records that erase, each sound by itself` }
}

/** Gives the leaves of the erase records that a bundle brings along. */
export const leavesOfErasures = (erasures: readonly ReadErasure[]): ProvenLeaf[] =>
  erasures.map(({ header: { seq }, leaf }) => ({ seq, hash: leaf }))

/**
 * Requires every record that erases to be about the very entity whose record it names, and each one
 * brought along to name a record that is shown and to come after what is shown: else a bundle could
 * pass a body that it keeps back for one that nobody has.
 *
 * A body that is shown although an erasure names it fails nothing: the bundle may be from before, and
 * every proof made before an erasure stays valid.
 *
 * @throws {ProofError} `PROOF_ERASURE_TARGET`, `PROOF_ERASURE_ORDER`, `PROOF_ERASURE_BODY`
 */
export function checkErasures(
  sha256: Sha256,
  { predicate }: Manifest,
  of: { erasures: readonly ReadErasure[]; records: readonly ReadRecord[] },
) {
  const { erasures, records } = of
  const bySeq = new Map(records.map(({ header }) => [header.seq, header]))
  const byId = new Map(records.map(({ header }) => [header.id, header]))
  const shown = records.map(({ header }) => header).filter(({ action }) => action === 'erase')
  for (const header of [...shown, ...erasures.map((one) => one.header)]) {
    const foreign = header.targets!.find((seq) => (bySeq.get(seq) ?? header).id !== header.id)
    if (foreign !== undefined) throw target(header, `names ${foreign}, a record of another entity`)
  }
  const emptyBody = b64(emptyHash(sha256))
  for (const { header } of erasures) {
    const erased = byId.get(header.id)
    if (!erased || !header.targets!.includes(erased.seq)) {
      throw target(header, 'names no record that is shown')
    }
    // One from before the position that the records are of would itself be the one in force.
    requireLater(header, erased, predicate.stateSize ?? predicate.asOf)
    requireNext(header, erased, emptyBody)
  }
  const gone = erasedIn(records, erasures, emptyBody).length
  const named = new Set(erasures.flatMap((one) => one.header.targets!))
  const since = records.filter(({ header, fields }) => fields !== null && named.has(header.seq))
  return `${gone} erased${since.length > 0 ? `; ${since.length} shown that were erased since` : ''}`
}

const target = ({ seq }: RecordHeader, what: string) =>
  new ProofError('PROOF_ERASURE_TARGET', `the erasure at ${seq} ${what}`)

function requireLater(erasure: RecordHeader, erased: RecordHeader, from: number) {
  const { seq, version, kind } = erasure
  if (seq < from || version <= erased.version || kind !== erased.kind) {
    throw new ProofError(
      'PROOF_ERASURE_ORDER',
      `the erasure at ${seq} does not follow the record at ${erased.seq} that it erases`,
    )
  }
}

/** The record that directly follows the one that it erases leaves no body, and every edge. */
function requireNext(erasure: RecordHeader, erased: RecordHeader, emptyBody: string) {
  if (erasure.version !== erased.version + 1) return
  if (erasure.body !== emptyBody || erasure.out !== erased.out) {
    throw new ProofError(
      'PROOF_ERASURE_BODY',
      `the erasure at ${erasure.seq} leaves more, or less, than the record at ${erased.seq} without its body`,
    )
  }
}
