import { b64, unb64 } from './base64.ts'
import { canonical } from './canonical.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { hashLeaf, parseLeaf, type StateLeaf } from './leaf.ts'
import { type Check, closed, hash, id, listOf, pattern } from './members.ts'
import { compareLinks } from './outset.ts'
import type { ProvenLeaf } from './proven.ts'
import { readSparseProof, type SparseProof, sparseProofJson } from './sparse-proof.ts'
import { type InEdge, type InLevel, inLevel } from './state.ts'
import { compareUtf16 } from './utf8.ts'

/** An in-set as a bundle shows it: its whole list, sorted by (rel, id), or its root alone. */
export type ShownInSet = readonly InEdge[] | Uint8Array

/** The in-sets of one entity whose record is shown. */
export interface StateEntity {
  id: string
  design: ShownInSet
  run: ShownInSet
}

/** What a bundle shows of the state tree (docs/specs/state.md, "In a bundle"). */
export interface StatePart {
  /** The state record that the answer rests on. */
  leaf: StateLeaf
  /** The state record that the checkpoint ends in; `null` where that is `leaf`. */
  last: StateLeaf | null
  /** One for each shown record, ascending by id. */
  entities: readonly StateEntity[]
  /** What the tree of `leaf` has at the key of each of them. */
  proof: SparseProof
}

/** A state part that was read, and its leaves' hashes. */
export interface ReadState extends StatePart {
  leaves: readonly ProvenLeaf[]
}

/** Gives the state records that a part shows, ascending. */
export const stateLeaves = ({ leaf, last }: Pick<StatePart, 'leaf' | 'last'>) =>
  last === null ? [leaf] : [leaf, last]

/** Gives the member `state` of `proof.json`. */
export const statePartJson = ({ leaf, last, entities, proof }: StatePart): Json => ({
  leaf: leaf as unknown as Json,
  last: last as unknown as Json,
  entities: entities.map(({ id, design, run }) => ({
    id,
    design: inSetJson(design),
    run: inSetJson(run),
  })),
  ...sparseProofJson(proof),
})

/** Gives an in-set in JSON: its edges, each `[rel, id, leaf]`, or its root. */
export const inSetJson = (set: ShownInSet): Json =>
  set instanceof Uint8Array ? b64(set) : set.map(({ rel, id, leaf }) => [rel, id, leaf])

/**
 * Reads the member `state` of `proof.json`; whether it proves anything, the steps of
 * docs/specs/state.md say.
 *
 * @throws {ProofError} `PROOF_STATE_FORM` for a leaf that is no state record, entities or edges out of
 * order, an edge of another level; what `parseLeaf` throws; `PROOF_MEMBERS`, `PROOF_VALUE`
 */
export function readStatePart(sha256: Sha256, value: Json): ReadState {
  return readState(sha256, value, entity)
}

/**
 * Reads what is shown of a state, whatever it shows of each entity.
 *
 * @param entity Reads one of `entities`.
 * @throws {ProofError} As `readStatePart`.
 */
export function readState<Entity extends { id: string }>(
  sha256: Sha256,
  value: Json,
  entity: Check<Entity>,
) {
  const members = closed(value, 'state', ['leaf', 'last', 'entities', 'shape', 'hashes'])
  const leaf = stateLeaf(members.leaf!, 'state.leaf')
  const last = members.last === null ? null : stateLeaf(members.last!, 'state.last')
  const entities = listOf(entity)(members.entities, 'state.entities')
  if (entities.some(({ id }, i) => i > 0 && compareUtf16(entities[i - 1]!.id, id) >= 0)) {
    throw badForm('the entities are out of order')
  }
  const { shape, hashes } = members
  const proof = readSparseProof({ shape: shape!, hashes: hashes! }, 'state')
  const leaves = stateLeaves({ leaf, last }).map(
    (one): ProvenLeaf => ({ seq: one.seq, hash: hashLeaf(sha256, one) }),
  )
  return { leaf, last, entities, proof, leaves }
}

const badForm = (why: string) => new ProofError('PROOF_STATE_FORM', why)

function stateLeaf(value: Json, what: string): StateLeaf {
  const leaf = parseLeaf(canonical(value))
  if (leaf.v !== 'selvedge/state/1') throw badForm(`${what} is no state record`)
  return leaf
}

const entity: Check<StateEntity> = (value, what) => {
  const members = closed(value, what, ['id', 'design', 'run'])
  return {
    id: id(members.id, `${what}.id`),
    design: inSet('design')(members.design, `${what}.design`),
    run: inSet('run')(members.run, `${what}.run`),
  }
}

/** Reads an in-set of one level from JSON. */
export const inSet =
  (level: InLevel): Check<ShownInSet> =>
  (value, what) => {
    if (!Array.isArray(value)) return unb64(hash(value, what))
    const edges = listOf(edge)(value, what)
    const stray = edges.find(({ rel }) => inLevel(rel) !== level)
    if (stray !== undefined) throw badForm(`${what}: ${stray.rel} is not of the ${level} level`)
    if (edges.some((one, i) => i > 0 && compareLinks(edges[i - 1]!, one) >= 0)) {
      throw badForm(`${what} is out of order`)
    }
    return edges
  }

const rel = pattern('a relation', /^[A-Z][A-Z_]{0,62}$/)

const edge: Check<InEdge> = (value, what) => {
  if (!Array.isArray(value) || value.length !== 3) {
    throw new ProofError('PROOF_MEMBERS', `${what} is not [rel, id, leaf]`)
  }
  return {
    rel: rel(value[0], `${what}, rel`),
    id: id(value[1], `${what}, id`),
    leaf: hash(value[2], `${what}, leaf`),
  }
}
