import type { Ask } from '../../lineage/graph.ts'
import { readLeaves } from '../../lineage/log.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { inclusionRanges } from '../../proofs/inclusion.ts'
import { parseNote } from '../../proofs/note.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { formatTlogProof } from '../../proofs/tlog-proof.ts'
import { rangeHashes } from './inclusion.ts'
import { leafUncovered, sizesUncovered } from './problems.ts'

/** A published checkpoint: the signed note, byte for byte. */
interface Under {
  note: string
}

const sizeOf = ({ note }: Under) => parseCheckpoint(parseNote(note).text).size

/** One leaf with its proof against a checkpoint, and both as a text of its own (C2SP tlog-proof). */
export interface LeafProof {
  size: number
  path: Uint8Array[]
  /** The hash of the leaf, base64url. */
  leaf: string
  /** The leaf itself: canonical JSON. */
  header: string
  tlogProof: string
}

/**
 * Proves that the leaf at `seq` is in the tree of a checkpoint.
 *
 * @throws {Problem} `LOG_LEAF_UNKNOWN` where the checkpoint does not cover it.
 */
export async function proveLeaf(ask: Ask, seq: number, under: Under): Promise<LeafProof> {
  const size = sizeOf(under)
  if (seq >= size) throw leafUncovered(seq, size)
  const [path, [row]] = await Promise.all([
    rangeHashes(ask, inclusionRanges(seq, size)),
    readLeaves(ask, seq, seq + 1),
  ])
  const { leaf, header } = row!
  const tlogProof = formatTlogProof({ extra: null, index: seq, path, checkpoint: under.note })
  return { size, path, leaf, header, tlogProof }
}

/** That a log went on from one size to another without a change to what it had. */
export interface ConsistencyProof {
  path: Uint8Array[]
  fromRoot: Uint8Array
  toRoot: Uint8Array
  /** With the checkpoint, as a witness takes it; `null` where the checkpoint is of another size. */
  addCheckpoint: string | null
}

/**
 * Proves that the first `to` leaves begin with the first `from`.
 *
 * @throws {Problem} `LOG_SIZES_INVALID` unless 1 ≤ from ≤ to, and `to` is covered by the checkpoint.
 */
export async function proveConsistency(
  ask: Ask,
  { from, to }: { from: number; to: number },
  under: Under,
): Promise<ConsistencyProof> {
  const size = sizeOf(under)
  if (!(1 <= from && from <= to && to <= size)) throw sizesUncovered({ from, to, size })
  const ranges = consistencyRanges(from, to)
  const [fromRoot, toRoot, ...path] = await rangeHashes(ask, [
    { start: 0, end: from },
    { start: 0, end: to },
    ...ranges,
  ])
  const addCheckpoint = to === size ? formatSubmission({ old: from, path, note: under.note }) : null
  return { path, fromRoot: fromRoot!, toRoot: toRoot!, addCheckpoint }
}
