import { sha256 } from '../../../core/sha256.ts'
import { b64 } from '../../../proofs/base64.ts'
import { canonicalBytes } from '../../../proofs/canonical.ts'
import { leafHash } from '../../../proofs/hash.ts'
import type { Json } from '../../../proofs/json.ts'
import type { RecordHeader, StateLeaf } from '../../../proofs/leaf.ts'
import { compareLinks, outRoot } from '../../../proofs/outset.ts'
import { proveKeys, verifySparse } from '../../../proofs/sparse-proof.ts'
import { changeKeys, treeRoot } from '../../../proofs/sparse-tree.ts'
import { entityKey, inRoot } from '../../../proofs/state.ts'
import { makeBundle } from '../../make/bundle.ts'
import { circle } from '../../make/circle.ts'
import { strayLeaf } from '../../make/log.ts'
import type { Pen } from '../../make/pen.ts'
import { statesOf, treeOfStates } from '../../make/state.ts'
import { statedLog } from '../../make/stated-log.ts'
import {
  behind,
  clean,
  entity,
  first,
  inDesign,
  type Lie,
  late,
  log,
  logWith,
  noRoot,
  rates,
  raw,
  record,
  report,
  reporting,
  shownEntity,
  size,
  stranger,
  tell,
  tellInTree,
  without,
} from './liar.ts'

const states = statesOf(log.leaves.slice(0, -1))
const old = log.shown(raw, first)!
const oldLeaf = leafHash(sha256, canonicalBytes(old.header as unknown as Json))
const edge = { rel: 'WAS_DERIVED_FROM', id: report, leaf: strayLeaf('made up') }

/** A dataset that nobody ever recorded, at the place of one that somebody did. */
function phantom() {
  const place = log.shown(stranger, first)!
  const link = { rel: 'WAS_DERIVED_FROM', id: clean, leaf: strayLeaf('any') }
  const header: RecordHeader = {
    ...place.header,
    id: log.idOf('Dataset', 'phantom'),
    version: 1,
    links: [link],
    unlinks: [],
    out: b64(outRoot(sha256, [link])),
  }
  return { header, out: [link], fields: null }
}
const made = phantom()
const madeLeaf = leafHash(sha256, canonicalBytes(made.header as unknown as Json))
const madeEdge = { rel: 'WAS_DERIVED_FROM', id: made.header.id, leaf: b64(madeLeaf) }
const withPhantom: Parameters<typeof tellInTree>[0] = (genuine) =>
  inDesign(clean, (edges) =>
    [...edges.filter(({ id }) => id !== madeEdge.id), madeEdge].sort(compareLinks),
  )(new Map(genuine).set(madeEdge.id, { leaf: madeLeaf, design: [], run: [] }))

/** Behind the log, everything that an entity said is erased. */
const erased = (pen: Pen, id: string, said: Partial<RecordHeader> = {}) =>
  pen.record(id, {
    action: 'erase',
    targets: pen.leaves.flatMap((leaf) =>
      leaf.v === 'selvedge/record/1' && leaf.id === id ? leaf.seq : [],
    ),
    body: b64(sha256()),
    ...said,
  })

const other = statedLog('other').log

/** Every lie of docs/specs/state.md, by its own words. */
export const LIES: Record<string, () => Lie> = {
  'an older version of an entity': () => ({ bundle: tell({ records: record(raw, () => old) }) }),
  'an older version, and a tree that holds it': () =>
    tellInTree(
      entity(raw, () => ({ leaf: oldLeaf })),
      { records: record(raw, () => old) },
    ),
  'a retired entity as if it stood': () => ({
    bundle: tell(
      {},
      {},
      behind((pen) => pen.record(raw, { action: 'retire' })),
    ),
  }),
  'an erased entity as if it were not': () => ({
    bundle: tell(
      {},
      {},
      behind((pen) => erased(pen, raw)),
    ),
  }),
  'an erasure that leaves the body standing': () => ({
    log: behind((pen) => {
      const { body } = pen.record(raw)
      erased(pen, raw, { body })
    }).leaves,
  }),
  'an erasure that passes over a record': () => ({
    log: behind((pen) => {
      const { body, seq } = pen.record(raw)
      pen.record(raw, { body })
      erased(pen, raw, { targets: [seq] })
    }).leaves,
  }),
  'an alias as an entity of its own': () => ({
    bundle: tell(
      {},
      {},
      behind((pen) => pen.record(raw, { action: 'retire', links: [pen.link('ALIAS_OF', rates)] })),
    ),
  }),
  'an alias that the tree does not know of': () => {
    const own = behind((pen) =>
      pen.record(report, { action: 'retire', links: [pen.link('ALIAS_OF', stranger)] }),
    )
    const last = own.leaves.at(-1) as StateLeaf
    const hidden = inDesign(stranger, (edges) => edges.filter(({ rel }) => rel !== 'ALIAS_OF'))
    const question = { root: stranger, direction: 'DOWNSTREAM', depth: 5 } as const
    const bundle = makeBundle(own, { question }, { states: hidden })
    const root = b64(treeRoot(treeOfStates(hidden(statesOf(own.leaves.slice(0, -1))))))
    return { bundle, log: [...own.leaves.slice(0, -1), { ...last, root }] }
  },
  'a version passed over': () => ({
    log: behind((pen) => pen.record(raw, { version: 4 })).leaves,
  }),
  'an edge upstream left out of its list': () => ({
    bundle: tell({ shown: record(clean, (one) => ({ ...one, out: one.out!.slice(1) })) }),
  }),
  'an edge upstream that goes without being dropped': () => ({
    log: behind((pen) => {
      const kept = pen.out(clean).slice(1)
      pen.record(clean, { out: b64(outRoot(sha256, kept)) })
    }).leaves,
  }),
  'an edge upstream to what its neighbour was before': () => ({
    log: behind((pen) =>
      pen.record(reporting, { links: [{ rel: 'USED', id: raw, leaf: b64(oldLeaf) }] }),
    ).leaves,
  }),
  'an edge upstream to what never was': () => ({
    log: behind((pen) =>
      pen.record(reporting, {
        links: [{ rel: 'USED', id: made.header.id, leaf: strayLeaf('never') }],
      }),
    ).leaves,
  }),
  'an edge downstream left out of its list': () => ({
    bundle: tell({
      records: without(late),
      state: (part) => {
        const { design } = states.get(clean)!
        return shownEntity(clean, { design: design.filter(({ id }) => id !== late) })(part)
      },
    }),
  }),
  'an edge downstream that the tree lacks, both ends shown': () => ({
    bundle: tell({ states: inDesign(clean, (edges) => edges.filter(({ id }) => id !== late)) }),
  }),
  'an edge downstream that the tree lacks, its lower end hidden': () =>
    tellInTree(
      inDesign(clean, (edges) => edges.filter(({ id }) => id !== late)),
      { records: without(late) },
    ),
  'an entity upstream left out': () => ({ bundle: tell({ records: without(raw) }) }),
  'an entity downstream left out': () => ({ bundle: tell({ records: without(report) }) }),
  'an entity downstream left out behind one that lies upstream too': () => {
    const { log, question, behind, hide } = circle()
    return { bundle: makeBundle(log, { question }, hide(behind)) }
  },
  'an entity that the tree lacks': () => ({
    bundle: tell({ states: (all) => new Map([...all].filter(([id]) => id !== raw)) }),
  }),
  'an entity without its state': () => ({
    bundle: tell({
      state: (part) => {
        const entities = part.entities.filter(({ id }) => id !== raw)
        const keys = entities.map(({ id }) => entityKey(sha256, id))
        return { ...part, entities, proof: proveKeys(treeOfStates(states), keys) }
      },
    }),
  }),
  'an entity said not to be there': () => ({
    read() {
      const [tree, key] = [treeOfStates(states), entityKey(sha256, raw)]
      const proof = proveKeys(tree, [key])
      verifySparse(sha256, proof, [{ key, value: null }], treeRoot(tree))
    },
  }),
  'an entity said not to be there, by the proof of a tree without it': () => ({
    read() {
      const [tree, key] = [treeOfStates(states), entityKey(sha256, raw)]
      const proof = proveKeys(changeKeys(sha256, tree, [{ key, value: null }]), [key])
      verifySparse(sha256, proof, [{ key, value: null }], treeRoot(tree))
    },
  }),
  'an entity said not to be there, and a tree without it': () => {
    const hidden = (all: typeof states) => new Map([...all].filter(([id]) => id !== stranger))
    const tree = treeOfStates(hidden(states))
    const key = entityKey(sha256, stranger)
    const proof = proveKeys(tree, [key])
    // The reader takes it: under this root it is so.
    verifySparse(sha256, proof, [{ key, value: null }], treeRoot(tree))
    return { log: logWith(hidden) }
  },
  'an entity that nobody recorded': () => {
    const { seq } = made.header
    const genuine = canonicalBytes(log.leaves[seq] as unknown as Json)
    return {
      bundle: tell({
        records: (records) => [...records, made].sort((a, b) => a.header.seq - b.header.seq),
        states: withPhantom,
        state: shownEntity(madeEdge.id, { design: [] }),
        entries: (entries) => entries.with(seq, genuine),
      }),
    }
  },
  'an entity that nobody recorded, in the tree alone': () => ({
    bundle: tell({ states: (all) => new Map(all).set(made.header.id, states.get(raw)!) }),
    log: logWith((all) => new Map(all).set(made.header.id, states.get(raw)!)),
  }),
  'an edge downstream that its lower end has not got': () => ({
    bundle: tell({ states: inDesign(clean, (edges) => [...edges, edge]) }),
  }),
  'an edge downstream from what nobody recorded': () => ({ bundle: tell({ states: withPhantom }) }),
  'an edge downstream at another record than made it': () => ({
    bundle: tell({
      states: inDesign(clean, (edges) =>
        edges.map((one) => (one.id === late ? { ...one, leaf: edge.leaf } : one)),
      ),
    }),
  }),
  'an edge downstream at another record than made it, which is not the one shown': () =>
    tellInTree(
      inDesign(clean, (edges) =>
        edges.map((one) => (one.id === reporting ? { ...one, leaf: edge.leaf } : one)),
      ),
    ),
  'the neighbours of another entity': () => ({
    bundle: tell({
      state: shownEntity(raw, { run: inRoot(sha256, states.get(clean)!.design) }),
    }),
  }),
  'the neighbours of an earlier time': () => ({
    bundle: tell({
      records: without(late),
      state: shownEntity(clean, {
        design: statesOf(log.leaves.slice(0, first)).get(clean)!.design,
      }),
    }),
  }),
  'an older state, though a later one is not after the position asked': () => ({
    bundle: tell(
      {
        manifest: (manifest) => ({
          ...manifest,
          predicate: { ...manifest.predicate, asOf: size },
        }),
      },
      { asOf: first + 1 },
    ),
  }),
  'a new state record with the root of an old one': () =>
    tellInTree(() => statesOf(log.leaves.slice(0, first)), {
      records: (records) => record(raw, () => old)(without(late)(records)),
    }),
  'a log that goes on behind the state': () => ({
    bundle: tell({ entries: (entries) => [...entries, entries[3]!] }),
  }),
  'a record newer than the state': () => ({
    bundle: tell(
      {
        records: (records) => [...without(raw)(records), log.shown(raw)!],
        states: entity(raw, () => ({ leaf: states.get(raw)!.leaf })),
        manifest: (manifest) => ({
          ...manifest,
          predicate: { ...manifest.predicate, asOf: first + 2 },
        }),
      },
      { asOf: first + 1 },
    ),
  }),
  'the state of another position, under the name of this': () => ({
    bundle: tell(
      {
        manifest: (manifest) => ({
          ...manifest,
          predicate: { ...manifest.predicate, stateSize: size - 1 },
        }),
      },
      { asOf: first + 1 },
    ),
  }),
  'a state record that covers less than what is before it': () => ({
    bundle: tell({ stateLeaf: (leaf) => ({ ...leaf, size: leaf.size - 1 }) }),
  }),
  'the state of another tenant': () => ({
    bundle: tell({
      state: (part) => ({ ...part, leaf: other.leaves.at(-1) as StateLeaf }),
      entries: (entries) => entries.with(-1, canonicalBytes(log.leaves.at(-1) as unknown as Json)),
    }),
  }),
  'a state record of another tenant in this log': () => ({
    bundle: tell({ stateLeaf: (leaf) => ({ ...leaf, tenant: 'other' }) }),
  }),
  'a root of nothing, shown with what it should hold': () => ({
    bundle: tell({ stateLeaf: (leaf) => ({ ...leaf, root: b64(noRoot) }) }),
  }),
  'a root of nothing, in a log that nobody asks about': () => ({
    log: [...log.leaves.slice(0, -1), { ...(log.leaves.at(-1) as StateLeaf), root: b64(noRoot) }],
  }),
  'two states in a row': () => ({
    log: [
      ...log.leaves,
      ...[log.leaves.at(-1) as StateLeaf].map((leaf) => ({ ...leaf, seq: size, size })),
    ],
  }),
  'a replay note about another state': () => ({
    bundle: tell({ replay: (note) => note.replace(`\n${size - 1}\n`, `\n${first}\n`) }),
  }),
  'a replay note that the replayer did not sign': () => ({
    bundle: tell({ replay: (note) => note.replace(/.{8}\n$/, 'AAAAAAA=\n') }),
  }),
}
