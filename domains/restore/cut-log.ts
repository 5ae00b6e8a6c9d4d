import { failpoint } from '../../core/failpoint.ts'
import { sha256 } from '../../core/sha256.ts'
import { findableOf } from '../../lineage/findable.ts'
import type { Ask, Graph } from '../../lineage/graph.ts'
import { leafTime } from '../../lineage/key-log.ts'
import type { Kind } from '../../lineage/kinds.ts'
import { lockLog, readTiles, saveTiles } from '../../lineage/log.ts'
import { NEWEST, readTreeRoots, STATE_TREE } from '../../lineage/pages.ts'
import { moveState, stateAt } from '../../lineage/state-log.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { HASH_BYTES } from '../../proofs/hash.ts'
import type { Json } from '../../proofs/json.ts'
import type { RecordHeader, StateLeaf } from '../../proofs/leaf.ts'
import { edgeTiles, hashOfRange, TILE_WIDTH, type Tile, tilesForRoot } from '../../proofs/tiles.ts'
import { nothingKept } from './problems.ts'
import {
  type DatedEdge,
  dateEdges,
  deleteEntities,
  deletePages,
  deleteRecords,
  deleteTiles,
  entitiesFrom,
  type LastRecord,
  lastRecords,
  runBodies,
  setEntities,
  setHead,
  undoEdges,
  undoMerges,
  undoPages,
  undoSeals,
} from './store.ts'

/** Says what stands as the time of a run's edge, by the run's body and jobs. */
export type TimeOf = (
  fields: Readonly<Record<string, Json>>,
  edge: { rel: DatedEdge['rel']; dataset: string; jobs: readonly string[] },
) => string | undefined

/** What one transaction undoes at most. */
const MOST_LEAVES = 2_000

/**
 * Cuts a log back to its first `to` leaves, with everything that the others changed: entities, edges,
 * tiles, commands. From the end, some leaves a transaction, so that what is stored is a whole log at
 * any moment, and what dies on the way goes on from where it was.
 */
export async function cutLog(graph: Graph, to: number, timeOf: TimeOf) {
  for (;;) {
    const size = await graph.write(async ({ run }) => {
      const head = await lockLog(run)
      if (!head) throw nothingKept(graph.tenant, 'there is no log')
      if (head.size <= to) return head.size
      const next = Math.max(to, head.size - MOST_LEAVES)
      await undoLeaves(run, { tenant: graph.tenant, to: next }, timeOf)
      return next
    }, LONGEST_MS)
    failpoint('after-cut')
    if (size <= to) return
  }
}

const LONGEST_MS = 120_000

async function undoLeaves(
  ask: Ask,
  { tenant, to }: { tenant: string; to: number },
  timeOf: TimeOf,
) {
  const ids = await entitiesFrom(ask, to)
  const left = await lastRecords(ask, ids, to)
  const stay = new Set(left.map(({ id }) => id))
  await undoEdges(ask, ids, to)
  await deleteEntities(
    ask,
    ids.filter((id) => !stay.has(id)),
  )
  await setEntities(
    ask,
    left.map((last) => nodeAfter(tenant, last)),
  )
  await deleteRecords(ask, ids, to)
  await undoMerges(ask, to)
  await undoSeals(ask, to)
  await dateRuns(ask, [...stay], timeOf)
  await cutState(ask, to)
  await cutTree(ask, to)
}

function nodeAfter(tenant: string, { id, header, leaf, erased, said, fields }: LastRecord) {
  const { kind, version, seq, action: last, out } = JSON.parse(header) as RecordHeader
  const { action, links } = JSON.parse(said) as RecordHeader & { action: 'assert' | 'retire' }
  const body = JSON.parse(fields ?? 'null') as { namespace?: string; name?: string } | null
  const found = findableOf(tenant, { id, kind: kind as Kind, action, fields: { ...body } })
  return {
    id,
    version,
    seq,
    action,
    leaf,
    out,
    alias: action === 'retire' ? (links[0]?.id ?? null) : null,
    erased: last === 'assert' ? null : erased,
    ...found,
    // A name is part of a body: erased with it, and not there before somebody gives it again.
    ...(body && { namespace: body.namespace ?? '', name: body.name ?? '' }),
    ...(last !== 'assert' && erased !== null && { namespace: '', name: '' }),
  }
}

/** Sets the state back to that of the last state record left; where a page of it is gone, it is built anew. */
async function cutState(ask: Ask, to: number) {
  const state = await stateAt(ask, to - 1)
  if (state) {
    await undoPages(ask, state.seq)
    const { root } = JSON.parse(state.header) as StateLeaf
    const stored = (await readTreeRoots(ask, [STATE_TREE], NEWEST)).get(STATE_TREE)
    if (stored === root) return moveState(ask, { built: state.seq + 1, stateSize: state.seq })
  }
  await deletePages(ask)
  return moveState(ask, { built: 0, stateSize: state?.seq ?? null })
}

/** A run's edge may have been given a later time without being linked anew. */
async function dateRuns(ask: Ask, ids: readonly string[], timeOf: TimeOf) {
  const dated: DatedEdge[] = []
  for (const { run, fields, jobs, edges } of await runBodies(ask, ids)) {
    const body = JSON.parse(fields) as Record<string, Json>
    for (const [relation, dataset] of edges) {
      const rel = relation as DatedEdge['rel']
      dated.push({ run, rel, dataset, time: timeOf(body, { rel, dataset, jobs }) ?? null })
    }
  }
  await dateEdges(ask, dated)
}

/** Cuts tiles, right edge and head back to `size` leaves. */
async function cutTree(ask: Ask, size: number) {
  const [at, rows] = await Promise.all([
    leafTime(ask, size - 1),
    readTiles(ask, [...tilesForRoot(size), ...edgeTiles(size)]),
  ])
  const tiles = new Map(rows.map((row) => [placeOf(row), unb64(row.hashes)]))
  const getTile = (level: number, index: number) => tiles.get(placeOf({ level, index }))!
  const edge = edgeRanges(size).map((range) => b64(hashOfRange(sha256, range, getTile)))
  for (let [level, count] = [0, size]; level < LEVELS; level++) {
    await deleteTiles(ask, level, Math.ceil(count / TILE_WIDTH))
    count = Math.floor(count / TILE_WIDTH)
  }
  const cut = edgeTiles(size).map(({ level, index }) => {
    const width = Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH
    return { level, index, hashes: b64(getTile(level, index).subarray(0, width * HASH_BYTES)) }
  })
  await saveTiles(ask, cut)
  await setHead(ask, { size, edge, at: at! })
}

/** Tiles of a higher level would take more leaves than a log can have. */
const LEVELS = 7
const placeOf = ({ level, index }: Tile) => `${level}/${index}`

/** The perfect subtrees that make up a tree of `size` leaves, largest first. */
function edgeRanges(size: number) {
  const ranges: { start: number; end: number }[] = []
  for (let start = 0; start < size; ) {
    const width = 2 ** Math.floor(Math.log2(size - start))
    ranges.push({ start, end: start + width })
    start += width
  }
  return ranges
}
