import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { type ProofCode, ProofError } from '../../proofs/error.ts'
import { type Leaf, parseLeaf, type StateLeaf } from '../../proofs/leaf.ts'
import { openReplay } from '../../proofs/replay.ts'
import {
  proveKeys,
  type SparseClaim,
  type SparseProof,
  sparseProofJson,
  verifySparse,
} from '../../proofs/sparse-proof.ts'
import { emptyTree, treeRoot } from '../../proofs/sparse-tree.ts'
import { entityKey, inRoot, stateValue } from '../../proofs/state.ts'
import { inSetJson } from '../../proofs/state-part.ts'
import { exampleLog } from '../proofs/example-log.ts'
import { log, world } from '../proofs/lies/liar.ts'
import { LIES } from '../proofs/lies/lies.ts'
import { leafText } from './replayed.ts'
import { rootOfStates, statesOf, treeOfStates } from './state.ts'

/** The example log of the specifications, and the state record behind it. */
export function exampleState() {
  const leaves = exampleLog().map(({ entry }) => parseLeaf(entry))
  const states = statesOf(leaves)
  const leaf: StateLeaf = {
    ...{ v: 'selvedge/state/1', tenant: leaves[0]!.tenant, seq: leaves.length },
    ...{ at: '2026-03-31T09:15:10.113Z', size: leaves.length, root: rootOfStates(states) },
  }
  return { leaves, states, leaf }
}

/** A sparse proof as published; `code` is there where it must be refused. */
export interface ProofVector {
  what: string
  root: string
  claims: { key: string; value: string | null }[]
  proof: { shape: string; hashes: string[] }
  code?: ProofCode
}

/** A log as published: indexes of its entries' texts, and what must become of it. */
export interface LogVector {
  what: string
  entries: number[]
  /** The root of the state after its last leaf; absent where the log is refused. */
  state?: string
  code?: ProofCode
  /** The position of the leaf that is refused. */
  at?: number
}

/** Makes docs/specs/vectors/state.json. */
export function makeStateVectors() {
  const { states, leaf } = exampleState()
  const texts: string[] = []
  const known = new Map<string, number>()
  const indexOf = (text: string) => {
    if (!known.has(text)) known.set(text, texts.push(text) - 1)
    return known.get(text)!
  }
  const logs = [
    logVector('the example of record.md, and its state', [...exampleState().leaves, leaf], indexOf),
    logVector('a log with two states', log.leaves, indexOf),
    ...Object.entries(LIES).flatMap(([what, tell]) => {
      const lie = tell()
      return lie.log ? [logVector(what, lie.log, indexOf)] : []
    }),
  ]
  return {
    leaf,
    entities: [...states].map(([id, state]) => {
      const [design, run] = [inRoot(sha256, state.design), inRoot(sha256, state.run)]
      return {
        id,
        leaf: b64(state.leaf),
        design: inSetJson(state.design),
        run: inSetJson(state.run),
        designRoot: b64(design),
        runRoot: b64(run),
        key: b64(entityKey(sha256, id)),
        value: b64(stateValue(sha256, { leaf: state.leaf, design, run })),
      }
    }),
    proofs: proofVectors(),
    texts,
    logs,
  }
}

function logVector(
  what: string,
  leaves: readonly Leaf[],
  indexOf: (text: string) => number,
): LogVector {
  const entries = leaves.map((leaf) => indexOf(leafText(leaf)))
  const replay = openReplay(sha256, { tenant: leaves[0]!.tenant })
  try {
    for (const leaf of leaves) replay.add(leafText(leaf))
    return { what, entries, state: b64(replay.stateRoot()) }
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    return { what, entries, code: error.code, at: replay.size }
  }
}

const keyed = (claims: readonly SparseClaim[]) =>
  claims.map(({ key, value }) => ({ key: b64(key), value: value && b64(value) }))

function proofVectors(): ProofVector[] {
  const tree = treeOfStates(statesOf(log.leaves))
  const root = treeRoot(tree)
  const { raw, clean, report } = world
  const nobody = log.idOf('Dataset', 'nobody')
  const claim = (id: string): SparseClaim => {
    const state = statesOf(log.leaves).get(id)
    const key = entityKey(sha256, id)
    if (!state) return { key, value: null }
    const [design, run] = [inRoot(sha256, state.design), inRoot(sha256, state.run)]
    return { key, value: stateValue(sha256, { leaf: state.leaf, design, run }) }
  }
  const prove = (claims: readonly SparseClaim[]) =>
    proveKeys(
      tree,
      claims.map(({ key }) => key),
    )
  const [one, none] = [[claim(raw)], [claim(nobody)]]
  const many = [raw, nobody, clean, report].map(claim)
  const proof = prove(many)
  const vector = (
    what: string,
    claims: readonly SparseClaim[],
    shown: SparseProof,
    of = root,
  ): ProofVector => {
    const published = { what, root: b64(of), claims: keyed(claims), proof: sparseProofJson(shown) }
    try {
      verifySparse(sha256, shown, claims, of)
      return published
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      return { ...published, code: error.code }
    }
  }
  const { shape, hashes } = proof
  const zero = treeRoot(emptyTree)
  return [
    vector('presence', one, prove(one)),
    vector('absence', none, prove(none)),
    vector('a batch of both', many, proof),
    vector('absence from the empty tree', none, { shape: 'e', hashes: [] }, zero),
    vector('every entity', log.ids().map(claim), prove(log.ids().map(claim))),
    vector('another value', [{ ...one[0]!, value: root }], prove(one)),
    vector('present said absent', [{ ...one[0]!, value: null }], prove(one)),
    vector('absent said present', [{ ...none[0]!, value: root }], prove(none)),
    vector('another tree', many, proof, one[0]!.value!),
    vector('a claim too few', many.slice(1), proof),
    vector('a key twice', [...many, many[0]!], proof),
    vector('no claim', [], { shape: 'e', hashes: [] }, zero),
    vector('a hash too many', many, { shape, hashes: [...hashes, root] }),
    vector('a hash too few', many, { shape, hashes: hashes.slice(0, -1) }),
    vector('a hash of nothing', many, { shape, hashes: hashes.with(-1, zero) }),
    vector('hashes in another order', many, { shape, hashes: hashes.toReversed() }),
    vector('a shape that goes on', many, { shape: `${shape}e`, hashes }),
    vector('a shape cut short', many, { shape: shape.slice(0, -1), hashes }),
    vector('a way deeper than a key', none, { shape: `${'i'.repeat(257)}e`, hashes: [] }),
    vector('a lone key beside nothing', one, { shape: 'il', hashes: [zero] }),
  ]
}

/** Reads a proof vector back. */
export const readProofVector = ({ root, claims, proof }: ProofVector) => ({
  root: unb64(root),
  claims: claims.map(({ key, value }) => ({
    key: unb64(key),
    value: value === null ? null : unb64(value),
  })),
  proof: { shape: proof.shape, hashes: proof.hashes.map(unb64) },
})
