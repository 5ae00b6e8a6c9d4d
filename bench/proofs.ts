import { MerkleTree } from 'merkletreejs'
import { sha256 } from '../core/sha256.ts'
import { b64 } from '../proofs/base64.ts'
import { batchRanges, verifyBatch } from '../proofs/batch.ts'
import { equal, leafHash, type Sha256 } from '../proofs/hash.ts'
import { leafBytes, type RecordHeader } from '../proofs/leaf.ts'
import { appendLeaf, edgeRoot, emptyEdge, rootOf } from '../proofs/merkle.ts'
import { outRoot } from '../proofs/outset.ts'
import { proveKeys, verifySparse } from '../proofs/sparse-proof.ts'
import {
  changedPages,
  changeKeys,
  emptyTree,
  type SparseTree,
  treeRoot,
  valueAt,
} from '../proofs/sparse-tree.ts'
import { entityKey, inKey, stateValue } from '../proofs/state.ts'
import { growTiles, hashOfRange, rootFromTiles, TILE_WIDTH } from '../proofs/tiles.ts'
import { utf8 } from '../proofs/utf8.ts'
import { type Figures, quantile, round } from './figures.ts'
import { randomFrom } from './world.ts'

const BATCH = 500
const ENTITIES = 100_000
const LINKS = 3
const BATCHES = 24
const LOG = 1_000_000
const PROVEN = 1_000
const SMALL_LOG = 100_000
const ROUNDS = 7

/** Whole numbers below a bound, the same in every run. */
function numbers(seed: number) {
  const random = randomFrom(seed)
  return (bound: number) => Math.floor(random() * bound)
}

const hashOf = (text: string) => sha256(utf8(text))

/**
 * The arithmetic of log and state without a database: each against its limit, and against what the
 * same inputs cost the hash function alone in the same run.
 */
export async function benchProofs({ say }: { say(text: string): void }): Promise<Figures> {
  const append = benchAppend()
  say('appending')
  const state = benchState()
  say('state tree')
  const batch = benchBatch()
  say('batch proof')
  const build = benchBuild()
  return {
    suite: 'proofs',
    what: `batches of ${BATCH} records, ${ENTITIES} entities, a log of ${LOG}`,
    figures: { ...append.figures, ...state.figures, ...batch.figures, ...build.figures },
    ratios: {
      appendOf20Us: { value: round(append.us / 20), budget: 1 },
      appendToRawSha256: { value: round(append.toRaw) },
      stateOf100Us: { value: round(state.us / 100), budget: 1 },
      stateToRawSha256: { value: round(state.toRaw) },
      batchProofOf50Ms: { value: round(batch.ms / 50), budget: 1 },
      oursToMerkletreejs: { value: round(build.ratio), budget: 0.5 },
      appendLastToFirst: { value: round(build.lastToFirst), budget: 2 },
    },
  }
}

/** What is typical of repeated work: the lower quartile, since a busy machine only ever adds to it. */
const usual = (times: readonly number[]) => quantile(times, 0.25)

/** Microseconds of this process's own time. */
function cpuMicroseconds(work: () => void) {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return user + system
}

/** Runs work again with its hashes counted, then hashes just those inputs. */
function rawMicroseconds(work: (counting: Sha256) => void) {
  const inputs: Uint8Array[] = []
  work((...parts) => {
    // Copied: trees reuse what they hash from.
    inputs.push(parts.length === 1 ? parts[0]!.slice() : Uint8Array.from(Buffer.concat(parts)))
    return sha256(...parts)
  })
  return { hashes: inputs.length, us: cpuMicroseconds(() => void inputs.map((one) => sha256(one))) }
}

const header = (seq: number): RecordHeader => {
  const links = Array.from({ length: LINKS }, (_, i) => ({
    rel: 'WAS_DERIVED_FROM',
    id: `urn:selvedge:dataset:h:${b64(hashOf(`thing ${seq} ${i}`))}`,
    leaf: b64(hashOf(`leaf ${seq} ${i}`)),
  })).sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    ...{ v: 'selvedge/record/1', tenant: 'bench', seq, kind: 'Dataset' },
    ...{ id: `urn:selvedge:dataset:h:${b64(hashOf(`thing ${seq}`))}`, version: 1 },
    ...{ action: 'assert', at: '2026-03-31T09:15:02.113Z', actor: `p_${'A'.repeat(22)}` },
    ...{ links, unlinks: [], out: b64(outRoot(sha256, links)), body: b64(hashOf(`body ${seq}`)) },
  }
}

/** From the header's bytes to the log's new edge and tiles. */
function benchAppend() {
  const texts = Array.from({ length: BATCH }, (_, i) => leafBytes(header(i)))
  const size = 777_777
  const tile = (_level: number, _index: number) => new Uint8Array(TILE_WIDTH * 32)
  const work = (hash: Sha256) => {
    const leaves = texts.map((text) => leafHash(hash, text))
    let edge = { size, hashes: edgeOf(size) }
    for (const leaf of leaves) edge = appendLeaf(hash, edge, leaf)
    growTiles(hash, size, leaves, tile)
  }
  const times = Array.from({ length: ROUNDS * 3 }, () => cpuMicroseconds(() => work(sha256)))
  const raw = rawMicroseconds(work)
  const headers = Array.from({ length: BATCH }, (_, i) => header(i))
  const jcs = cpuMicroseconds(() => void headers.map((one) => leafBytes(one)))
  const us = usual(times.slice(ROUNDS)) / BATCH
  return {
    us,
    toRaw: (us * BATCH) / raw.us,
    figures: { appendUs: round(us), headerUs: round(jcs / BATCH) },
  }
}

/** Any hashes will do: as many as a log of this size has complete subtrees. */
const edgeOf = (size: number) =>
  [...size.toString(2)].filter((bit) => bit === '1').map((_, i) => hashOf(`edge ${i}`))

/** A batch's records, each a new version of one entity that gains three edges. */
function benchState() {
  const dice = numbers(7)
  const ids = Array.from({ length: ENTITIES }, (_, i) => `urn:selvedge:dataset:h:${i}`)
  const ins = new Map<string, SparseTree>()
  const leaves = new Map(ids.map((id) => [id, hashOf(`leaf of ${id}`)]))
  const none = treeRoot(emptyTree)
  let tree = changeKeys(
    sha256,
    emptyTree,
    ids.map((id) => ({
      key: entityKey(sha256, id),
      value: stateValue(sha256, { leaf: leaves.get(id)!, design: none, run: none }),
    })),
  )
  const batches = Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: BATCH }, (_, i) => ({
      // No edge twice: every entity is at most once in all batches.
      id: ids[batch * BATCH + i]!,
      leaf: hashOf(`version ${batch} ${i}`),
      links: [...new Set(Array.from({ length: LINKS }, () => ids[dice(ENTITIES)]!))],
    })),
  )
  let pages = 0
  const work = (batch: (typeof batches)[number]) => (hash: Sha256) => {
    const added = new Map<string, { key: Uint8Array; value: Uint8Array }[]>()
    for (const { id, leaf, links } of batch) {
      leaves.set(id, leaf)
      for (const up of links) {
        const edge = { key: inKey(hash, 'WAS_DERIVED_FROM', id), value: leaf }
        const some = added.get(up)
        if (some) some.push(edge)
        else added.set(up, [edge])
      }
    }
    for (const [id, edges] of added) {
      const before = ins.get(id) ?? emptyTree
      const after = changeKeys(hash, before, edges)
      pages += changedPages(before, after).length
      ins.set(id, after)
    }
    const changed = new Set([...batch.map(({ id }) => id), ...added.keys()])
    const before = tree
    tree = changeKeys(
      hash,
      before,
      [...changed].map((id) => ({
        key: entityKey(hash, id),
        value: stateValue(hash, {
          leaf: leaves.get(id)!,
          design: treeRoot(ins.get(id) ?? emptyTree),
          run: none,
        }),
      })),
    )
    pages += changedPages(before, tree).length
  }
  const times = batches.slice(0, -1).map((batch) => cpuMicroseconds(() => work(batch)(sha256)))
  const raw = rawMicroseconds(work(batches.at(-1)!))
  const us = usual(times.slice(3)) / BATCH
  const proof = benchStateProof(tree, ids)
  return {
    us,
    toRaw: (us * BATCH) / raw.us,
    figures: {
      stateUs: round(us),
      stateHashes: round(raw.hashes / BATCH),
      statePages: round(pages / (BATCHES * BATCH)),
      ...proof,
    },
  }
}

/** What a bundle of 1,000 records shows of the state: made and checked. */
function benchStateProof(tree: SparseTree, ids: readonly string[]) {
  const keys = ids.slice(0, PROVEN).map((id) => entityKey(sha256, id))
  let proof = proveKeys(tree, keys)
  const prove = Array.from({ length: ROUNDS }, () =>
    cpuMicroseconds(() => {
      proof = proveKeys(tree, keys)
    }),
  )
  const claims = keys.map((key, i) => ({ key, value: valueAt(tree, key) ?? hashOf(`no ${i}`) }))
  const verify = Array.from({ length: ROUNDS }, () =>
    cpuMicroseconds(() => verifySparse(sha256, proof, claims, treeRoot(tree))),
  )
  return {
    stateProofMs: round(usual(prove) / 1_000),
    stateVerifyMs: round(usual(verify) / 1_000),
  }
}

/** A batch proof of many records in a large log whose tiles are at hand. */
function benchBatch() {
  const tiles = new Map<string, Uint8Array>()
  const get = (level: number, index: number) => tiles.get(`${level}/${index}`) ?? new Uint8Array(0)
  const leafAt = (seq: number) => {
    const leaf = new Uint8Array(32)
    new DataView(leaf.buffer).setUint32(0, seq)
    return leaf
  }
  for (let size = 0; size < LOG; size += 10_000) {
    const leaves = Array.from({ length: 10_000 }, (_, i) => leafAt(size + i))
    for (const { level, index, hashes } of growTiles(sha256, size, leaves, get)) {
      tiles.set(`${level}/${index}`, hashes)
    }
  }
  const dice = numbers(11)
  const seqs = [...new Set(Array.from({ length: PROVEN }, () => dice(LOG)))].sort((a, b) => a - b)
  let hashes: Uint8Array[] = []
  const times = Array.from({ length: ROUNDS }, () =>
    cpuMicroseconds(() => {
      hashes = batchRanges(LOG, seqs).map((range) => hashOfRange(sha256, range, get))
    }),
  )
  const root = rootFromTiles(sha256, LOG, get)
  verifyBatch(sha256, { size: LOG, seqs, hashes }, seqs.map(leafAt), root)
  const ms = usual(times) / 1_000
  return { ms, figures: { batchProofMs: round(ms), batchProofHashes: hashes.length } }
}

/** The tree over 100,000 leaves, ours and by merkletreejs; and what one append to a growing one costs late and early. */
function benchBuild() {
  const leaves = Array.from({ length: SMALL_LOG }, (_, i) => hashOf(`leaf ${i}`))
  const append = (from: number, to: number, edge: ReturnType<typeof emptyEdge>) => {
    for (let i = from; i < to; i++) edge = appendLeaf(sha256, edge, leaves[i]!)
    return edge
  }
  const node = (pair: Uint8Array) => sha256(Uint8Array.of(1), pair)
  let ourRoot: Uint8Array = new Uint8Array()
  let theirRoot: Uint8Array = new Uint8Array()
  const ours: number[] = []
  const theirs: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    ours.push(
      cpuMicroseconds(() => {
        ourRoot = rootOf(sha256, leaves)
      }),
    )
    theirs.push(
      cpuMicroseconds(() => {
        theirRoot = Uint8Array.from(new MerkleTree(leaves, node).getRoot())
      }),
    )
  }
  const span = 10_000
  let edge = emptyEdge()
  const spans: number[] = []
  for (let from = 0; from < SMALL_LOG; from += span) {
    spans.push(
      cpuMicroseconds(() => {
        edge = append(from, from + span, edge)
      }),
    )
  }
  const grown = edgeRoot(sha256, edge)
  if (![ourRoot, grown].every((root) => equal(root, theirRoot))) throw new Error('the trees differ')
  return {
    ratio: usual(ours) / usual(theirs),
    lastToFirst: usual(spans.slice(-3)) / usual(spans.slice(0, 3)),
    figures: {
      ourTreeMs: round(usual(ours) / 1_000),
      merkletreejsMs: round(usual(theirs) / 1_000),
    },
  }
}
