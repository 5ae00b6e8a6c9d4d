import { sha256 } from '../../../core/sha256.ts'
import type { ProofCode } from '../../../proofs/error.ts'
import { proveKeys } from '../../../proofs/sparse-proof.ts'
import { entityKey, type InEdge, inRoot } from '../../../proofs/state.ts'
import type { StatePart } from '../../../proofs/state-part.ts'
import { type Asked, type Changes, makeBundle } from '../../make/bundle.ts'
import { circle } from '../../make/circle.ts'
import { strayLeaf } from '../../make/log.ts'
import { makeReplayer } from '../../make/replayer.ts'
import { statesOf, type TestStates, treeOfStates } from '../../make/state.ts'
import { statedLog } from '../../make/stated-log.ts'
import { makeWitness } from '../../make/witness.ts'
import { type Mutant, mutant, predicate, record } from './mutant.ts'

/** The log that the bundles with a state are about. */
export const stated = statedLog()
const { log, raw, clean, report, reporting, first } = stated
const late = log.idOf('Dataset', 'late')
const size = log.leaves.length

export const replayers = [makeReplayer('replayer.example')]
const question = { root: clean, direction: 'BOTH', depth: 5 } as const
const asked: Asked = { question, replayers, witnesses: [makeWitness('one.example/w')] }

/** The bundle with a state that its mutants differ from. */
export const genuineStated = () => makeBundle(log, asked)

const round = circle()

const stateMutant = (
  what: string,
  code: ProofCode,
  changes: Changes,
  ask: Partial<Asked> = {},
): Mutant => ({ what, code, make: () => makeBundle(log, { ...asked, ...ask }, changes) })

/** Changes what is shown of one entity of the state. */
const entity =
  (id: string, change: Partial<StatePart['entities'][number]>) =>
  (part: StatePart): StatePart => ({
    ...part,
    entities: part.entities.map((one) => (one.id === id ? { ...one, ...change } : one)),
  })

/** Changes an in-set in the operator's own tree, and so in what is shown of it. */
export const inDesign =
  (id: string, change: (edges: InEdge[]) => InEdge[]) =>
  (states: TestStates): TestStates =>
    new Map(states).set(id, { ...states.get(id)!, design: change(states.get(id)!.design) })

const without = (id: string) => (part: StatePart) => {
  const entities = part.entities.filter((one) => one.id !== id)
  const keys = entities.map((one) => entityKey(sha256, one.id))
  const tree = treeOfStates(statesOf(log.leaves.slice(0, part.leaf.size)))
  return { ...part, entities, proof: proveKeys(tree, keys) }
}

/** Bundles that only a check of the state can refuse. */
export const STATE_MUTANTS = {
  'state-form': [
    stateMutant('a member too many', 'PROOF_MEMBERS', {
      subjects: { 'proof.json': (text) => text.replace('"shape":', '"shaky":0,"shape":') },
    }),
    stateMutant('entities out of order', 'PROOF_STATE_FORM', {
      state: (part) => ({ ...part, entities: part.entities.toReversed() }),
    }),
    stateMutant('edges out of order', 'PROOF_STATE_FORM', {
      state: entity(clean, {
        design: statesOf(log.leaves).get(clean)!.design.toReversed(),
      }),
    }),
    stateMutant('an edge of the other level', 'PROOF_STATE_FORM', {
      state: entity(raw, { run: statesOf(log.leaves).get(raw)!.design }),
    }),
    stateMutant(
      'a record instead of a state record',
      'PROOF_STATE_FORM',
      {
        state: (part) => ({ ...part, leaf: log.shown(stated.stranger)!.header as never }),
      },
      { replayers: [] },
    ),
    stateMutant('a state record that covers less than what is before it', 'PROOF_LEAF_SEQ', {
      stateLeaf: (leaf) => ({ ...leaf, size: leaf.size - 1 }),
    }),
    stateMutant('a sign that is none', 'PROOF_VALUE', {
      state: (part) => ({ ...part, proof: { ...part.proof, shape: `${part.proof.shape}x` } }),
    }),
  ],
  'state-size': [
    stateMutant(
      'another state in the manifest',
      'PROOF_STATE_SIZE',
      predicate({ stateSize: first }),
    ),
    stateMutant('no state in the manifest', 'PROOF_STATE_SIZE', predicate({ stateSize: null })),
    {
      ...mutant(
        'a state in the manifest and none shown',
        'PROOF_STATE_SIZE',
        predicate({ stateSize: 20 }),
      ),
      telling: true,
    },
  ],
  'state-place': [
    stateMutant(
      'an older state, of which the answer about the end rests',
      'PROOF_STATE_PLACE',
      predicate({ asOf: size }),
      { asOf: first + 1 },
    ),
    stateMutant('a log that goes on behind its last state', 'PROOF_STATE_PLACE', {
      entries: (entries) => [...entries, entries[3]!],
    }),
    {
      ...stateMutant('a last state that is no later one', 'PROOF_STATE_PLACE', {
        state: (part) => ({ ...part, last: log.leaves[first] as never }),
      }),
      telling: true,
    },
    stateMutant(
      'a state after the position asked',
      'PROOF_STATE_PLACE',
      predicate({ asOf: size - 2 }),
    ),
    stateMutant(
      'a record that came after the state',
      'PROOF_STATE_PLACE',
      {
        records: (records) => [
          ...records.filter(({ header }) => header.id !== raw),
          log.shown(raw)!,
        ],
        states: (states) =>
          new Map(states).set(raw, {
            ...states.get(raw)!,
            leaf: statesOf(log.leaves).get(raw)!.leaf,
          }),
        manifest: (manifest) => ({
          ...manifest,
          predicate: { ...manifest.predicate, asOf: first + 2 },
        }),
      },
      { asOf: first + 1 },
    ),
  ],
  'state-entities': [
    stateMutant('an entity without its state', 'PROOF_STATE_ENTITIES', { state: without(raw) }),
    stateMutant('an entity that is not shown', 'PROOF_STATE_ENTITIES', {
      state: (part) => ({
        ...part,
        entities: [...part.entities, { ...part.entities[0]!, id: stated.stranger }].sort((a, b) =>
          a.id < b.id ? -1 : 1,
        ),
      }),
    }),
  ],
  'state-current': [
    stateMutant('an older version', 'PROOF_ROOT_MISMATCH', {
      records: record(raw, () => log.shown(raw, first)!),
    }),
    stateMutant('an in-set that is not whole', 'PROOF_ROOT_MISMATCH', {
      state: entity(raw, { run: [] }),
    }),
    stateMutant('the in-set of another', 'PROOF_ROOT_MISMATCH', {
      state: entity(raw, { run: sha256() }),
    }),
    stateMutant('a root that is not that of the tree', 'PROOF_ROOT_MISMATCH', {
      stateLeaf: (leaf) => ({ ...leaf, root: strayLeaf('root') }),
    }),
    stateMutant('a hash too many', 'PROOF_HASH_COUNT', {
      state: (part) => ({
        ...part,
        proof: { ...part.proof, hashes: [...part.proof.hashes, sha256()] },
      }),
    }),
    stateMutant('an entity that the tree has not got', 'PROOF_SPARSE_CLAIM', {
      states: (states) => new Map([...states].filter(([id]) => id !== raw)),
    }),
    stateMutant('a shape that goes on', 'PROOF_SPARSE_SHAPE', {
      state: (part) => ({ ...part, proof: { ...part.proof, shape: `${part.proof.shape}e` } }),
    }),
  ],
  'state-neighbours': [
    stateMutant('an in-edge that its other end has not got', 'PROOF_STATE_NEIGHBOURS', {
      states: inDesign(clean, (edges) => [
        ...edges,
        { rel: 'WAS_DERIVED_FROM', id: report, leaf: strayLeaf('made up') },
      ]),
    }),
    stateMutant('an in-edge left out whose other end is shown', 'PROOF_STATE_NEIGHBOURS', {
      states: inDesign(clean, (edges) => edges.filter(({ id }) => id !== reporting)),
    }),
    stateMutant(
      'an in-edge at another leaf than of the record that adds it',
      'PROOF_STATE_NEIGHBOURS',
      {
        states: inDesign(clean, (edges) =>
          edges.map((edge) => (edge.id === late ? { ...edge, leaf: strayLeaf('other') } : edge)),
        ),
      },
    ),
    stateMutant('an in-edge at the leaf of another entity', 'PROOF_STATE_NEIGHBOURS', {
      states: (states) => {
        const leaf = statesOf(log.leaves)
          .get(reporting)!
          .design.find(({ id }) => id === report)!.leaf
        return inDesign(clean, (edges) =>
          edges.map((edge) => (edge.id === reporting ? { ...edge, leaf } : edge)),
        )(states)
      },
    }),
  ],
  'lineage-downstream': [
    stateMutant('an entity downstream left out', 'PROOF_LINEAGE_INCOMPLETE', {
      records: (records) => records.filter(({ header }) => header.id !== report),
    }),
    stateMutant('an in-set that is not shown', 'PROOF_LINEAGE_HIDDEN', {
      state: (part) => {
        const { design } = part.entities.find(({ id }) => id === reporting)!
        return entity(reporting, {
          design: design instanceof Uint8Array ? design : inRoot(sha256, design),
        })(part)
      },
    }),
    {
      what: 'one that lies upstream too, and hides what lies behind it',
      code: 'PROOF_LINEAGE_HIDDEN',
      telling: true,
      make: () =>
        makeBundle(round.log, { ...asked, question: round.question }, round.hide(round.behind)),
    },
  ],
  'replay-form': [
    stateMutant('a note about another state', 'PROOF_REPLAY_OTHER', {
      replay: (note) => note.replace(`\n${size - 1}\n`, `\n${first}\n`),
    }),
    stateMutant('no note', 'PROOF_NOTE_SYNTAX', { replay: () => 'replayed, trust me\n' }),
  ],
  'replay-signature': [
    stateMutant('a signature over something else', 'PROOF_NOTE_SIGNATURE', {
      replay: (note) => note.replace(/.{8}\n$/, 'AAAAAAA=\n'),
    }),
  ],
} satisfies Record<string, Mutant[]>
