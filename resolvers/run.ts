import { readCursor, writeCursor } from '../lineage/cursor.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Relation } from '../lineage/kinds.ts'
import { type RunAt, type RunsOf, type RunsPage, readRuns } from '../lineage/runs.ts'
import type { WalkedEdge } from '../lineage/traversal.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { type Connection, checkId, connectionOf, spendPage } from './entity.ts'

export interface RunsPageAsked {
  first: number
  after?: string | null
}

const pageKey = (tenant: string, of: RunsOf) =>
  'job' in of ? ['runs', tenant, of.job] : ['runs', tenant, of.relation, of.from, of.to]

/** Whose runs are asked for. */
export type RunsOwner =
  | { job: string; edge?: null }
  | { edge: { relation: Relation; from: string; to: string }; job?: null }

/** Lists the runs of a job or of a design edge, the newest first. */
export async function listRuns(
  of: RunsOwner,
  { first, after, asOf }: RunsPageAsked & { asOf?: AsOf | null },
  context: Context,
): Promise<Connection<RunAt>> {
  spendPage(first, context)
  const asked: RunsOf = of.job == null ? { ...of.edge! } : { job: checkId(of.job) }
  if (!('job' in asked)) {
    checkId(asked.from)
    checkId(asked.to)
  }
  const key = pageKey(context.tenant, asked)
  const cursor = after == null ? undefined : readCursor(key, ['number'], after)
  const before = (cursor?.place[0] as number | undefined) ?? null
  const read = (n: number | null) => readRuns(context.graph.read, [{ of: asked, first, before }], n)
  const found = await readAsOf(context, { asOf, cursor }, read)
  return runsConnection(found.pages[0], key, found.epoch)
}

/** The runs of a job or an edge that was itself read, at the position of that read. */
export async function runsUnder(
  parent: EntityAt | WalkedEdge,
  { first, after }: RunsPageAsked,
  context: Context,
): Promise<Connection<RunAt>> {
  spendPage(first, context)
  const of: RunsOf = 'id' in parent ? { job: parent.id } : pick(parent)
  const key = pageKey(context.tenant, of)
  const cursor = after == null ? undefined : readCursor(key, ['number'], after)
  const before = (cursor?.place[0] as number | undefined) ?? null
  const page = await context.loaders.at(parent.at).runs.load({ of, first, before })
  return runsConnection(page, key, context.position?.epoch ?? 0)
}

const pick = ({ relation, from, to }: WalkedEdge) => ({ relation, from, to })

function runsConnection(page: RunsPage | undefined, key: unknown[], epoch: number) {
  const { runs, more } = page ?? { runs: [], more: false }
  return connectionOf(runs, more, ({ at, first }) =>
    writeCursor(key, { position: { epoch, seq: at }, place: [first] }),
  )
}
