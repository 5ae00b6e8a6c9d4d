import { failpoint } from '../core/failpoint.ts'
import { sha256 } from '../core/sha256.ts'
import type { Ask, Database } from '../lineage/graph.ts'
import { type LeafRow, type LogHead, lockLog, readLeaves } from '../lineage/log.ts'
import { inTree, NEWEST, readTreeRoots, STATE_TREE, writePages } from '../lineage/pages.ts'
import { droppedCounts, droppedEdges, leavesAsOf, moveState } from '../lineage/state-log.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import type { Leaf } from '../proofs/leaf.ts'
import { changeKeys, emptyTree, type SparseTree, treeRoot } from '../proofs/sparse-tree.ts'
import { entityKey, inKey, inValue, stateValue } from '../proofs/state.ts'
import { appendLeaves, leafRow } from './append-leaves.ts'
import { laterOf } from './attempt.ts'
import { tenantUnknown } from './problems.ts'
import { type LoggedRecord, type StateChanges, stateChanges } from './state-changes.ts'
import { loadTrees, pageChanges } from './state-trees.ts'

/** One transaction takes at most so many leaves further, and stops early where they change much. */
const STEP = { leaves: 5_000, changes: 20_000 }
const LEAVES_A_READ = 1_000

/** How far a log must be signed, or may be: it ends in the state record at `size` − 1. */
export interface StateEnd {
  origin: string
  size: number
}

/**
 * Brings the state tree up to the end of the log and appends a state record, unless the log ends in
 * one already. A long way is gone in several transactions; other writers may come between them, and
 * only the last one appends.
 *
 * @param mayAppend Throws where the log, as it was found under the lock, is not the one to append to.
 * @throws {Problem} `TENANT_UNKNOWN`, and what `mayAppend` throws.
 */
export async function advanceState(
  database: Database,
  tenant: string,
  mayAppend: (ask: Ask, head: LogHead) => Promise<void>,
  most = STEP,
): Promise<StateEnd> {
  for (;;) {
    const { head, written, end } = await database.graph(tenant).write(async ({ run }) => {
      const head = await lockLog(run)
      if (!head) throw tenantUnknown(tenant)
      await mayAppend(run, head)
      if (isCovered(head)) return { head, written: head.size, end: head.size }
      const step = await advance(run, head, { tenant, most })
      failpoint('before-state-commit')
      return { head, ...step }
    })
    failpoint('after-state-commit')
    database.noteApplied(tenant, { epoch: head.epoch, seq: written })
    if (end !== null) return { origin: head.origin, size: end }
  }
}

/** A state record triggers no other: where the log ends in one, there is nothing to say. */
const isCovered = ({ size, stateSize }: LogHead) => stateSize !== null && size === stateSize + 1

async function advance(
  ask: Ask,
  head: LogHead,
  { tenant, most }: { tenant: string; most: typeof STEP },
) {
  const { records, to } = await readRecords(ask, head, most)
  const root = await buildTo(ask, records, to)
  if (to < head.size) {
    await moveState(ask, { built: to, stateSize: head.stateSize })
    return { written: head.size, end: null }
  }
  const at = laterOf(new Date().toISOString(), head.at)
  const leaf = { v: 'selvedge/state/1', tenant, seq: to, at, size: to, root: b64(root) } as const
  const { size } = await appendLeaves(ask, head, [leafRow(leaf)])
  await moveState(ask, { built: size, stateSize: to })
  return { written: size, end: size }
}

/** The next records that the tree does not reflect, and the position up to which they go. */
async function readRecords(ask: Ask, { built, size }: LogHead, most: typeof STEP) {
  const records: LoggedRecord[] = []
  let changes = 0
  let to = built
  while (to < size && to - built < most.leaves && changes < most.changes) {
    const rows = await readLeaves(ask, to, Math.min(to + LEAVES_A_READ, size))
    const read = rows.map(recordOf)
    const dropped = await droppedCounts(ask, retiring(read))
    for (const [i, record] of read.entries()) {
      to = rows[i]!.seq + 1
      if (!record) continue
      records.push(record)
      const { seq, links, unlinks } = record.header
      changes += 1 + links.length + unlinks.length + (dropped.get(seq) ?? 0)
      if (changes >= most.changes) break
    }
  }
  return { records, to }
}

/** Only records change the state; what was stored was checked when it was written, and by `fsck` since. */
function recordOf({ header, leaf }: LeafRow): LoggedRecord | null {
  const parsed = JSON.parse(header) as Leaf
  return parsed.v === 'selvedge/record/1' ? { header: parsed, leaf } : null
}

/** Those that drop edges without naming them. */
const retiring = (records: readonly (LoggedRecord | null)[]) =>
  records.flatMap((record) =>
    record?.header.action === 'retire' ? [{ id: record.header.id, seq: record.header.seq }] : [],
  )

/** Writes the pages that the records change, as of position `to`, and returns the root. */
async function buildTo(ask: Ask, records: readonly LoggedRecord[], to: number) {
  const changes = stateChanges(records, await droppedEdges(ask, retiring(records)))
  const [ins, leaves] = await Promise.all([
    changeIns(ask, changes),
    latestLeaves(ask, changes.leaves, to),
  ])
  const entities = [...leaves].map(([id, leaf]) => ({
    key: entityKey(sha256, id),
    value: stateValue(sha256, {
      leaf: unb64(leaf),
      design: ins.root(id, 'design'),
      run: ins.root(id, 'run'),
    }),
  }))
  const wanted = new Map([[STATE_TREE, entities.map(({ key }) => key)]])
  const before = (await loadTrees(ask, wanted, NEWEST)).get(STATE_TREE)!
  const after = changeKeys(sha256, before, entities)
  await writePages(ask, [...ins.pages, ...pageChanges(STATE_TREE, before, after)], to)
  return treeRoot(after)
}

/** Changes the in-sets, and finds the roots of those that stay as they are. */
async function changeIns(ask: Ask, { ins, fresh, leaves }: StateChanges) {
  const known = new Map<string, SparseTree>()
  const asked: string[] = []
  for (const id of leaves.keys()) {
    for (const level of ['design', 'run'] as const) {
      const tree = inTree(id, level)
      if (fresh.has(id)) known.set(tree, emptyTree)
      else if (!ins.has(tree)) asked.push(tree)
    }
  }
  const edges = new Map(
    [...ins].map(([tree, some]) => [
      tree,
      [...some.values()].map(({ rel, from, leaf }) => ({
        key: inKey(sha256, rel, from),
        value: leaf === null ? null : inValue(leaf),
      })),
    ]),
  )
  const wanted = new Map([...edges].map(([tree, some]) => [tree, some.map(({ key }) => key)]))
  const [before, roots] = await Promise.all([
    loadTrees(ask, wanted, NEWEST, known),
    readTreeRoots(ask, asked, NEWEST),
  ])
  const after = new Map(
    [...edges].map(([tree, some]) => [tree, changeKeys(sha256, before.get(tree)!, some)]),
  )
  const empty = treeRoot(emptyTree)
  return {
    pages: [...after].flatMap(([tree, now]) => pageChanges(tree, before.get(tree)!, now)),
    root(id: string, level: 'design' | 'run') {
      const tree = inTree(id, level)
      const changed = after.get(tree)
      if (changed) return treeRoot(changed)
      const stored = roots.get(tree)
      return stored === undefined ? empty : unb64(stored)
    },
  }
}

/** An entity that only lost an in-edge is named by no link: its leaf is looked up. */
async function latestLeaves(
  ask: Ask,
  known: ReadonlyMap<string, string | null>,
  to: number,
): Promise<Map<string, string>> {
  const leaves = new Map<string, string>()
  const unknown: string[] = []
  for (const [id, leaf] of known) {
    if (leaf === null) unknown.push(id)
    else leaves.set(id, leaf)
  }
  for (const { id, leaf } of await leavesAsOf(ask, unknown, to)) leaves.set(id, leaf)
  return leaves
}
