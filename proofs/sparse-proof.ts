import { b64, unb64 } from './base64.ts'
import { ProofError } from './error.ts'
import { assertHashes, equal, HASH_BYTES, type Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { closed, hash, listOf, pattern } from './members.ts'
import {
  badKeys,
  EMPTY_ROOT,
  entryOf,
  firstWithOne,
  hashOf,
  inOrder,
  isOf,
  type SparseNode,
  sharesPrefix,
  sparseLeafHash,
  sparseNodeHash,
} from './sparse-node.ts'
import { notLoaded } from './sparse-page.ts'
import type { SparseTree } from './sparse-tree.ts'

/**
 * One proof of what a sparse tree has at many keys, and of what it has not (docs/specs/state.md,
 * "Proof"). For a tree and a set of keys there is exactly one.
 */
export interface SparseProof {
  /**
   * What stands at each place on the way to the keys, depth first, left first: `i` two or more keys,
   * `e` none, `l` the one that is claimed, `o` another one.
   */
  shape: string
  /** What a reader cannot compute, in the order in which the places are met. */
  hashes: readonly Uint8Array[]
}

/** What a proof is to show of one key: the value that it has, or `null`: that the tree has not got it. */
export interface SparseClaim {
  key: Uint8Array
  value: Uint8Array | null
}

/** A run of sorted keys, as [from, to). */
type Run = readonly [number, number]

/**
 * Proves what the tree has at these keys, whichever of them it has.
 *
 * @param keys At least one, in any order.
 * @throws {ProofError} `PROOF_SPARSE_KEYS`; `PROOF_STATE_MISSING`, which `missingPages` prevents.
 */
export function proveKeys({ top }: SparseTree, keys: readonly Uint8Array[]): SparseProof {
  if (keys.length === 0) throw badKeys()
  const sorted = inOrder(keys.map((key) => ({ key })))
  const shape: string[] = []
  const hashes: Uint8Array[] = []
  const beside = (node: SparseNode, opened: boolean) => {
    if (!opened) hashes.push(hashOf(node))
    else if (node?.kind === 'inner') hashes.push(hashOf(node.left), hashOf(node.right))
    else throw notLoaded()
  }
  const prove = (node: SparseNode, depth: number, run: Run): void => {
    if (node === null) shape.push('e')
    else if (node.kind === 'stub') throw notLoaded()
    else if (node.kind === 'leaf') {
      const [from, to] = run
      const own = sorted.slice(from, to).some(({ key }) => isOf(node, key))
      shape.push(own ? 'l' : 'o')
      const { key, value } = entryOf(node)
      if (!own) hashes.push(key, value)
    } else {
      shape.push('i')
      const border = firstWithOne(sorted, depth, ...run)
      if (run[0] < border) prove(node.left, depth + 1, [run[0], border])
      if (border < run[1]) prove(node.right, depth + 1, [border, run[1]])
      if (run[0] === border) beside(node.left, node.right === null)
      if (border === run[1]) beside(node.right, node.left === null)
    }
  }
  prove(top, 0, [0, sorted.length])
  return { shape: shape.join(''), hashes }
}

/**
 * Checks that a proof shows exactly the claims of the tree with this root (docs/specs/state.md,
 * "Verifying a proof").
 *
 * @param claims At least one, in any order; values are computed by the caller, never taken from the prover.
 * @throws {ProofError} `PROOF_SPARSE_KEYS`; `PROOF_HASH_LENGTH`, `PROOF_HASH_COUNT`;
 * `PROOF_SPARSE_SHAPE` for what no compact tree looks like; `PROOF_SPARSE_CLAIM` where the tree has
 * something else at a key; `PROOF_ROOT_MISMATCH`
 */
export function verifySparse(
  sha256: Sha256,
  proof: SparseProof,
  claims: readonly SparseClaim[],
  root: Uint8Array,
) {
  if (claims.length === 0) throw badKeys()
  assertHashes([root, ...proof.hashes, ...claims.flatMap(({ value }) => value ?? [])])
  const reading = new Reading(sha256, proof, inOrder(claims))
  if (!equal(reading.root(), root)) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'the proof leads to another root')
  }
}

/** What a place turned out to be. */
interface Place {
  kind: 'empty' | 'leaf' | 'inner'
  hash: Uint8Array
}

const DEEPEST = 8 * HASH_BYTES

/** One pass over a proof, which uses every part of it once and in its order. */
class Reading {
  readonly #sha256: Sha256
  readonly #proof: SparseProof
  readonly #claims: readonly SparseClaim[]
  #places = 0
  #used = 0

  constructor(sha256: Sha256, proof: SparseProof, claims: readonly SparseClaim[]) {
    this.#sha256 = sha256
    this.#proof = proof
    this.#claims = claims
  }

  root(): Uint8Array {
    const { hash } = this.#place(0, [0, this.#claims.length])
    if (this.#places !== this.#proof.shape.length) throw badShape('it goes on behind its end')
    if (this.#used !== this.#proof.hashes.length) throw wrongCount()
    return hash
  }

  #next() {
    return this.#proof.hashes[this.#used++] ?? wrongCount()
  }

  #place(depth: number, run: Run): Place {
    switch (this.#proof.shape[this.#places++]) {
      case 'i':
        return this.#inner(depth, run)
      case 'e':
        this.#requireAbsent(run)
        return { kind: 'empty', hash: EMPTY_ROOT }
      case 'l':
        return this.#claimed(run)
      case 'o':
        return this.#other(depth, run)
      default:
        throw badShape('it ends early, or has a sign that is none')
    }
  }

  #inner(depth: number, run: Run): Place {
    if (depth === DEEPEST) throw badShape('it goes deeper than a key')
    const border = firstWithOne(this.#claims, depth, ...run)
    const left = run[0] < border ? this.#place(depth + 1, [run[0], border]) : null
    const right = border < run[1] ? this.#place(depth + 1, [border, run[1]]) : null
    // At least one half has a claim; the other, where it has none, is known by what stands beside.
    const [l, r] = [left ?? this.#beside(right!), right ?? this.#beside(left!)]
    const lonely = (a: Place, b: Place) => a.kind === 'empty' && b.kind !== 'inner'
    if (lonely(l, r) || lonely(r, l)) throw badShape('a key that would stand further up')
    return { kind: 'inner', hash: sparseNodeHash(this.#sha256, l.hash, r.hash) }
  }

  /** A half without claims: beside nothing it must be shown to hold two keys, beside one key to hold any. */
  #beside(walked: Place): Place {
    const hash = this.#next()
    if (walked.kind === 'empty') {
      const right = this.#next()
      if (equal(hash, EMPTY_ROOT) && equal(right, EMPTY_ROOT)) throw badShape('a node over nothing')
      return { kind: 'inner', hash: sparseNodeHash(this.#sha256, hash, right) }
    }
    if (equal(hash, EMPTY_ROOT)) return { kind: 'empty', hash }
    return { kind: 'inner', hash }
  }

  #claimed([from, to]: Run): Place {
    const present = this.#claims.slice(from, to).filter(({ value }) => value !== null)
    const [{ key, value } = wrongClaim()] = present
    if (present.length > 1) throw wrongClaim()
    return { kind: 'leaf', hash: sparseLeafHash(this.#sha256, key, value!) }
  }

  #other(depth: number, run: Run): Place {
    this.#requireAbsent(run)
    const [key, value] = [this.#next(), this.#next()]
    const claimed = this.#claims.slice(...run)
    if (claimed.some((claim) => equal(claim.key, key))) throw wrongClaim()
    // Otherwise any leaf of the tree could be laid at any place.
    if (!sharesPrefix(key, claimed[0]!.key, depth)) throw badShape('a key at another place')
    return { kind: 'leaf', hash: sparseLeafHash(this.#sha256, key, value) }
  }

  #requireAbsent([from, to]: Run) {
    if (this.#claims.slice(from, to).some(({ value }) => value !== null)) wrongClaim()
  }
}

const badShape = (why: string) => new ProofError('PROOF_SPARSE_SHAPE', `no compact tree: ${why}`)

function wrongClaim(): never {
  throw new ProofError('PROOF_SPARSE_CLAIM', 'the tree has something else at a key')
}

function wrongCount(): never {
  throw new ProofError('PROOF_HASH_COUNT', 'more or fewer hashes than the places ask for')
}

/** Gives the members that a sparse proof has in JSON. */
export const sparseProofJson = ({ shape, hashes }: SparseProof) => ({
  shape,
  hashes: hashes.map((hash) => b64(hash)),
})

const shapeText = pattern('a shape', /^[ielo]+$/)

/**
 * Reads a sparse proof from JSON; whether it proves anything, `verifySparse` says.
 *
 * @throws {ProofError} `PROOF_MEMBERS`, `PROOF_VALUE`
 */
export function readSparseProof(value: Json | undefined, what: string): SparseProof {
  const members = closed(value, what, ['shape', 'hashes'])
  return {
    shape: shapeText(members.shape, `${what}.shape`),
    hashes: listOf(hash)(members.hashes, `${what}.hashes`).map(unb64),
  }
}
