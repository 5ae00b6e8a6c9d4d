import { EMPTY_BODY } from '../ledger/versions.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { ErasedBy } from '../lineage/erasures.ts'
import type { Relation } from '../lineage/kinds.ts'
import { type VersionRow, versionsOf } from '../lineage/versions.ts'
import type { Fields } from '../loaders/record.ts'
import { parseLeaf, type RecordHeader } from '../proofs/leaf.ts'
import type { Context } from './context.ts'
import { type Connection, connectionOf, spendPage } from './entity.ts'
import { eventTimeBetween, type FieldChange, fieldChanges } from './field-changes.ts'

/** A version of an entity, with the one that it took the place of. */
export interface Version extends Recorded {
  before: Recorded | null
}

interface Recorded {
  header: RecordHeader
  row: VersionRow
}

/** An edge that a version added or dropped: it leads upstream from the entity. */
export interface VersionEdge {
  relation: Relation
  to: string
}

/** The most versions on a page: each may have a header of 65,535 bytes and a body of four megabytes. */
export const MOST_VERSIONS = 100

/**
 * The versions of an entity up to the moment that it was read at, the newest first.
 *
 * @throws {Problem} `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_CURSOR_INVALID`, `REQUEST_ASKS_TOO_MUCH`.
 */
export async function historyOf(
  { id, at }: EntityAt,
  { first, after }: { first: number; after?: string | null },
  context: Context,
): Promise<Connection<Version>> {
  spendPage(first, context, MOST_VERSIONS)
  const question = ['history', context.tenant, id]
  const cursor = after == null ? undefined : readCursor(question, ['number'], after)
  const to = Math.min(at, (cursor?.place[0] as number | undefined) ?? at)
  const rows = await versionsOf(context.graph.read, { id, to, first: first + 1 })
  const read = rows.map((row) => ({ row, header: parseLeaf(row.header) as RecordHeader }))
  const versions = read.slice(0, first).map((one, i) => ({ ...one, before: read[i + 1] ?? null }))
  const epoch = context.position?.epoch ?? 0
  return connectionOf(versions, rows.length > first, ({ row }) =>
    writeCursor(question, { position: { epoch, seq: at }, place: [row.seq] }),
  )
}

/** The fields that a version brought, changed and took; `null` where an erasure took what would tell. */
export async function changesOf(version: Version, context: Context): Promise<FieldChange[] | null> {
  // What is erased is named by `erases`: the record itself says nothing else.
  if (version.header.action === 'erase') return []
  const bodies = await bodiesOf(version, context)
  return bodies && fieldChanges(...bodies)
}

/** The time of the event that a version was recorded from; `null` where none says so any more. */
export async function eventTimeOf(version: Version, context: Context): Promise<string | null> {
  if (version.header.action === 'erase') return null
  const bodies = await bodiesOf(version, context)
  return bodies && eventTimeBetween(...bodies)
}

async function bodiesOf({ before, ...own }: Version, context: Context) {
  const [was, is] = await Promise.all([before ? bodyOf(before, context) : {}, bodyOf(own, context)])
  return was && is && ([was, is] as const)
}

/** `null` where it was erased. A record without a body, as one that retires, has none to erase. */
async function bodyOf({ header, row }: Recorded, { loaders }: Context): Promise<Fields | null> {
  if (header.body === EMPTY_BODY) return {}
  return row.erased === null ? loaders.body.load(row.seq) : null
}

/** By what the body of a version is gone; `null` while it is there, or where it never had one. */
export const versionErased = async (
  { header, row }: Version,
  { loaders }: Context,
): Promise<ErasedBy | null> =>
  row.erased === null || header.body === EMPTY_BODY ? null : loaders.erasure.load(row.seq)

export const linkedBy = ({ header }: Version): VersionEdge[] => header.links.map(edgeOf)

/** A record that retires drops every edge, and lists none: the graph knows which ended with it. */
export async function unlinkedBy(
  { header }: Version,
  { loaders }: Context,
): Promise<VersionEdge[]> {
  if (header.action !== 'retire') return header.unlinks.map(edgeOf)
  const dropped = await loaders.dropped.load({ id: header.id, seq: header.seq })
  return dropped
    .map(({ rel, to }) => ({ relation: rel, to }))
    .sort((a, b) => (`${a.relation} ${a.to}` < `${b.relation} ${b.to}` ? -1 : 1))
}

const edgeOf = ({ rel, id }: { rel: string; id: string }): VersionEdge => ({
  relation: rel as Relation,
  to: id,
})
