import type { Graph } from '../../lineage/graph.ts'
import { readKeyRows } from '../../lineage/key-log.ts'
import { type LogHead, lockLog, readLog, readTiles, readWholeLog } from '../../lineage/log.ts'
import { unb64 } from '../../proofs/base64.ts'
import { scheduleOf } from '../../proofs/key-schedule.ts'
import type { Difference, Report } from './difference.ts'
import { GraphPass } from './graph-pass.ts'
import { compareEpochs, compareMerges } from './head-pass.ts'
import { LeafPass } from './leaf-pass.ts'
import { dueEntities, type Scope, sampledPlaces, WHOLE } from './scope.ts'
import {
  leavesBeyond,
  nodesByIds,
  storedLeaves,
  storedMerges,
  storedNodes,
  storedPages,
  tileLevels,
} from './store.ts'
import { TreePass, tilesOfLevel } from './tree-pass.ts'
import { compareUsage } from './usage-pass.ts'

/** What a look through one tenant's log and graph found. */
export interface LogReport {
  tenant: string
  origin: string
  /** How many leaves were looked at, and the root over them (`null` where one is missing). */
  size: number
  root: string | null
  entities: number
  /** How many bodies were held against their headers. */
  bodies: number
  /** How much was looked at in depth. */
  scope: Scope
  /** The first differences; `found` counts all. Empty: everything follows from the records. */
  differences: Difference[]
  found: number
}

export interface Progress {
  tenant: string
  stage: 'leaves' | 'entities'
  done: number
  of: number
}

/** Differences beyond these are only counted. */
const MOST_LISTED = 1_000
/** A multiple of a tile's width, so that a page fills its tiles. */
const LEAVES_A_PAGE = 1_024
const NODES_A_PAGE = 500
const PAGES_A_READ = 1_000

/**
 * Derives every hash, root, entity and edge of a tenant anew from the headers of its log, and names
 * what is stored otherwise. Changes nothing but the lock, which it takes for a moment, and may run
 * beside a server that writes: it looks at what was there when it began.
 *
 * @param scope Leaves out bodies and entities; every header is read in any case, so that hashes, tiles,
 *   root, states and pages are looked at whole.
 */
export async function checkLog(
  graph: Graph,
  onProgress: (progress: Progress) => void = () => {},
  scope: Scope = WHOLE,
): Promise<LogReport> {
  const { tenant } = graph
  const differences: Difference[] = []
  let found = 0
  const report: Report = (difference) => {
    found += 1
    if (found <= MOST_LISTED) differences.push(difference)
  }
  const head = await readWholeLog(graph)
  if (!head) {
    report({ name: 'LOG_MISSING', what: 'the tenant is listed, and has no log' })
    return {
      tenant,
      origin: '',
      size: 0,
      root: null,
      entities: 0,
      bodies: 0,
      scope,
      differences,
      found,
    }
  }
  const run: Run = { graph, head, report, onProgress, scope }
  const { leaves, tree } = await readAllLeaves(run)
  await compareEnds(run, { leaves, tree })
  await comparePages(run, leaves)
  const entities = await compareGraph(run, leaves)
  await compareUsage(graph.read, report)
  const { origin, size } = head
  const { bodies } = leaves
  return { tenant, origin, size, root: tree.root(), entities, bodies, scope, differences, found }
}

interface Run {
  graph: Graph
  head: LogHead
  report: Report
  onProgress: (progress: Progress) => void
  scope: Scope
}

async function readAllLeaves({ graph, head, report, onProgress, scope }: Run) {
  const sampled = sampledPlaces(scope, head.size)
  const leaves = new LeafPass(graph.tenant, report)
  const tree = new TreePass([head.signed], report)
  for (let from = 0; from < head.size; from += LEAVES_A_PAGE) {
    const to = Math.min(from + LEAVES_A_PAGE, head.size)
    const due = sampled?.filter((place) => place >= from && place < to)
    const range = { from, to, since: scope.since, sampled: due ?? null }
    const expected = tree.append(leaves.accept(await storedLeaves(graph.read, range), to))
    tree.compareTiles(expected, await readTiles(graph.read, expected))
    onProgress({ tenant: graph.tenant, stage: 'leaves', done: to, of: head.size })
  }
  leaves.end()
  await leaves.erased.end(graph.read)
  return { leaves, tree }
}

async function compareEnds(
  { graph, head, report }: Run,
  { leaves, tree }: { leaves: LeafPass; tree: TreePass },
) {
  if (head.at !== leaves.at) {
    report({ name: 'LOG_HEAD', what: `its time is ${head.at}, the last leaf's ${leaves.at}` })
  }
  if (tree.whole) tree.compareEdge(head)
  tree.compareCheckpoint(head, scheduleOf(leaves.keys))
  compareEpochs(head, leaves.epochs, { tenant: graph.tenant, report })
  await graph.write(async ({ run }) => {
    // Counted and listed under one lock: a server may begin or end one at any time.
    const now = await lockLog(run)
    compareMerges(now!.merges, await storedMerges(run), report)
  })
  const noted = (await readKeyRows(graph.read)).map(({ seq }) => seq)
  const there = leaves.keys.map(({ seq }) => seq)
  if (!there.every((seq) => noted.includes(seq))) {
    report({ name: 'LOG_KEYS', what: `it notes key records at ${noted}, and they are at ${there}` })
  }
  // Read before the head is read again, so that what a server has written since is no surplus.
  const [beyond, levels] = [await leavesBeyond(graph.read, head.size), await tileLevels(graph.read)]
  const now = (await readLog(graph.read))?.written ?? head.size
  for (const seq of beyond.filter((position) => position < 0 || position >= now)) {
    report({ name: 'LEAF_BEYOND_LOG', seq, what: `the log ends at ${now}` })
  }
  for (const { level, last, count } of levels) {
    const most = tilesOfLevel(now, level)
    if (last >= most || count > most) {
      const what = `${count} tiles at level ${level}, the last is ${last}; there can be ${most}`
      report({ name: 'TILE_BEYOND_LOG', what })
    }
  }
}

/** Pages of a state stay for a day, so a server that moves on meanwhile takes none away. */
async function comparePages({ graph, head }: Run, { pages: expected }: LeafPass) {
  expected.compareHead(head)
  if (expected.last === null) return
  for (let from = { tree: '', prefix: '' }, met = 0; ; met = 1) {
    const pages = await storedPages(graph.read, from, expected.last, PAGES_A_READ)
    // Each read begins with the page that the one before ended with.
    expected.compare(pages.slice(met))
    if (pages.length < PAGES_A_READ) break
    from = pages.at(-1)!
  }
  expected.endPages()
}

async function compareGraph(
  { graph, head, report, onProgress, scope }: Run,
  { replay, erased }: LeafPass,
) {
  const replayed = replay.entities
  const namingKey = unb64(head.namingKey)
  const { standings } = erased
  const pass = new GraphPass({
    tenant: graph.tenant,
    size: head.size,
    searched: head.searched,
    namingKey,
    replayed,
    standings,
    report,
  })
  const due = dueEntities(scope, replayed)
  const of = due?.length ?? replayed.size
  let done = 0
  for await (const nodes of due ? pagesOf(graph, due) : allPages(graph)) {
    pass.accept(nodes)
    done += nodes.length
    onProgress({ tenant: graph.tenant, stage: 'entities', done, of })
  }
  pass.end(due ?? undefined)
  return done
}

async function* allPages({ read }: Graph) {
  for (let after = ''; ; ) {
    const nodes = await storedNodes(read, after, NODES_A_PAGE)
    yield nodes
    if (nodes.length < NODES_A_PAGE) return
    after = nodes.at(-1)!.id
  }
}

async function* pagesOf({ read }: Graph, ids: readonly string[]) {
  for (let from = 0; from < ids.length; from += NODES_A_PAGE) {
    yield await nodesByIds(read, ids.slice(from, from + NODES_A_PAGE))
  }
}
