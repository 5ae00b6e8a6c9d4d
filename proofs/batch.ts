import { ProofError } from './error.ts'
import { assertHashes, equal, nodeHash, type Sha256 } from './hash.ts'
import { assertSize, type Range, splitPoint } from './range.ts'

/**
 * One proof that many leaves stand at their places in one tree (bundle.md, `proof.json`).
 *
 * Like an inclusion path, it does not bind `size`: under a false size true hashes can show a leaf at
 * a false place. So `size` must be that of the signed checkpoint whose root is used.
 */
export interface Batch {
  size: number
  /** Where the leaves stand, strictly ascending, at least one. */
  seqs: readonly number[]
  /** The roots of the largest subtrees without a listed leaf, from left to right. */
  hashes: readonly Uint8Array[]
}

/**
 * Lists the subtrees whose hashes make the batch proof, in the proof's order.
 *
 * @throws {ProofError} `PROOF_SIZES`, `PROOF_SEQS`
 */
export function batchRanges(size: number, seqs: readonly number[]): Range[] {
  assertSeqs(size, seqs)
  const ranges: Range[] = []
  walk(size, seqs, {
    unlisted: (start, end) => void ranges.push({ start, end }),
    listed: () => undefined,
    joined: () => undefined,
  })
  return ranges
}

/**
 * Checks that the leaves stand at `seqs` in the tree of `size` leaves whose root is `root`.
 *
 * @param leafHashes In the order of `seqs`, computed by the caller from the leaves themselves: a hash
 * taken from the prover could be that of an inner node.
 * @throws {ProofError} `PROOF_SIZES`, `PROOF_SEQS`, `PROOF_HASH_LENGTH`, `PROOF_HASH_COUNT`,
 * `PROOF_ROOT_MISMATCH`
 */
export function verifyBatch(
  sha256: Sha256,
  { size, seqs, hashes }: Batch,
  leafHashes: readonly Uint8Array[],
  root: Uint8Array,
) {
  assertSeqs(size, seqs)
  if (leafHashes.length !== seqs.length) {
    throw new ProofError('PROOF_HASH_COUNT', `${leafHashes.length} leaves at ${seqs.length} places`)
  }
  assertHashes(hashes)
  assertHashes([root, ...leafHashes])
  const rest = hashes.values()
  const computed = walk<Uint8Array>(size, seqs, {
    unlisted: () => rest.next().value ?? wrongCount(),
    listed: (place) => leafHashes[place]!,
    joined: (left, right) => nodeHash(sha256, left, right),
  })
  if (!rest.next().done) wrongCount()
  if (!equal(computed, root)) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'the hashes lead to another root')
  }
}

/** What to make of each part of the tree, met depth-first with the left before the right. */
interface Visit<Value> {
  unlisted(start: number, end: number): Value
  /** @param place Which of `seqs` this leaf is. */
  listed(place: number): Value
  joined(left: Value, right: Value): Value
}

/** Recurses by RFC 6962's split, so at most 53 deep, and only where a listed leaf stands below. */
function walk<Value>(size: number, seqs: readonly number[], visit: Visit<Value>): Value {
  const descend = (start: number, end: number, from: number, to: number): Value => {
    if (from === to) return visit.unlisted(start, end)
    if (end - start === 1) return visit.listed(from)
    const middle = start + splitPoint(end - start)
    const border = firstNotBelow(seqs, middle, from, to)
    return visit.joined(descend(start, middle, from, border), descend(middle, end, border, to))
  }
  return descend(0, size, 0, seqs.length)
}

function firstNotBelow(seqs: readonly number[], bound: number, from: number, to: number) {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (seqs[middle]! < bound) low = middle + 1
    else high = middle
  }
  return low
}

function assertSeqs(size: number, seqs: readonly number[]) {
  assertSize(size)
  if (seqs.length === 0) throw new ProofError('PROOF_SEQS', 'no leaf is listed')
  seqs.forEach((seq, i) => {
    const ascending = Number.isSafeInteger(seq) && seq > (seqs[i - 1] ?? -1)
    if (!ascending || seq >= size) {
      throw new ProofError('PROOF_SEQS', `place ${seq} is out of order or beyond the end`)
    }
  })
}

function wrongCount(): never {
  throw new ProofError('PROOF_HASH_COUNT', 'more or fewer hashes than the places ask for')
}
