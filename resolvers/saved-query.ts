import { savedQueryInvalid, savedQueryNotFound } from '../domains/saved-queries/problems.ts'
import { removeQuery, savedQueryNamed, saveQuery } from '../domains/saved-queries/save.ts'
import {
  bodyOf,
  readSavedQuery,
  type SavedQueryAsked,
  type SavedQueryBody,
} from '../domains/saved-queries/saved-query.ts'
import type { Receipt } from '../ledger/ledger.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import { type EntityAt, entitiesByIds } from '../lineage/entities.ts'
import {
  savedQueries,
  savedQueriesStanding,
  versionOfSavedQuery,
} from '../lineage/saved-queries.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { type Connection, connectionOf, findEntity, spendPage } from './entity.ts'
import { fieldsOf } from './facet.ts'
import { keyFor, type Place } from './record.ts'

const byOf = (context: Context, place: Place) => ({
  tenant: context.tenant,
  subject: context.caller.subject,
  key: keyFor(context.caller, place),
})

/**
 * Saves a query, once its document is one that could be sent here.
 *
 * @throws {Problem} `SAVED_QUERY_INVALID`, `SAVED_QUERY_TOO_MANY`, and what an operation is refused with.
 */
export async function saveSavedQuery(
  { input }: { input: SavedQueryAsked },
  context: Context,
  place: Place,
): Promise<Receipt> {
  const { ledger, checkDocument } = context.services
  if (!checkDocument) throw new Error('documents are saved by a server that takes them')
  const { name, body } = readSavedQuery(input)
  checkDocument(body)
  const standing = await savedQueriesStanding(context.graph.read)
  const receipt = await saveQuery(ledger, { name, body, standing }, byOf(context, place))
  context.pin.reached(receipt.position)
  return receipt
}

/** @throws {Problem} `SAVED_QUERY_NOT_FOUND` */
export async function removeSavedQuery(
  { name }: { name: string },
  context: Context,
  place: Place,
): Promise<Receipt> {
  const receipt = await removeQuery(context.services.ledger, name, byOf(context, place))
  context.pin.reached(receipt.position)
  return receipt
}

/** What a saved query says; `null` where it is removed or erased. */
export const savedQueryBody = async (
  saved: EntityAt,
  context: Context,
): Promise<SavedQueryBody | null> => bodyOf(await fieldsOf(saved, context))

/** Finds a saved query by its name; `null` where there is none, or was none then. */
export async function findSavedQuery(
  { name, asOf }: { name: string; asOf?: AsOf | null },
  context: Context,
): Promise<EntityAt | null> {
  const found = await findEntity({ ...savedQueryNamed(name), asOf }, context)
  return found === null || found.retired || found.name === '' ? null : found
}

/** Lists saved queries in the order of their names; later pages at the position of the first. */
export async function listSavedQueries(
  { first, after, asOf }: { first: number; after?: string | null; asOf?: AsOf | null },
  context: Context,
): Promise<Connection<EntityAt>> {
  spendPage(first, context)
  const question = ['savedQueries', context.tenant]
  const cursor = after == null ? undefined : readCursor(question, ['string'], after)
  const read = (n: number | null) => savedQueries(context.graph.read, n)
  const { entities, epoch } = await readAsOf(context, { asOf, cursor }, read)
  const last = cursor?.place[0] as string | undefined
  const left = last === undefined ? entities : entities.filter(({ name }) => name > last)
  return connectionOf(left.slice(0, first), left.length > first, ({ name, at }) =>
    writeCursor(question, { position: { epoch, seq: at }, place: [name] }),
  )
}

/** The saved query that was saved just now, as it is. */
export async function savedQueryOf(id: string, context: Context): Promise<EntityAt | null> {
  const { entities } = await context.pin.read((n) => entitiesByIds(context.graph.read, [id], n))
  return entities[0] ?? null
}

/**
 * What is run under a name: what the saved query says now, or what one version of it said.
 *
 * @throws {Problem} `SAVED_QUERY_INVALID` where none is named, `SAVED_QUERY_NOT_FOUND`: the same where
 *   there never was one, where it was removed or erased, and where it has no such version.
 */
export async function savedDocument(asked: unknown, context: Context): Promise<SavedQueryBody> {
  const { name, version } = readNamed(asked)
  const found = await findSavedQuery({ name }, context)
  if (!found) throw savedQueryNotFound(name)
  const seq = version === undefined ? found.seq : await seqOf(found, version, context)
  const body = seq === undefined ? null : await savedQueryBody({ ...found, seq }, context)
  if (!body) throw savedQueryNotFound(name)
  return body
}

const seqOf = ({ id, at }: EntityAt, version: number, { graph }: Context) =>
  versionOfSavedQuery(graph.read, { id, version, to: at })

function readNamed(asked: unknown): { name: string; version?: number } {
  const what = 'extensions.savedQuery'
  if (typeof asked !== 'object' || asked === null) {
    throw savedQueryInvalid(what, 'it is {"name": …}, and "version" where not the newest is meant.')
  }
  const { name, version } = asked as { name?: unknown; version?: unknown }
  if (typeof name !== 'string') {
    throw savedQueryInvalid(what, 'its name must be a text.', { path: '/name' })
  }
  if (version === undefined) return { name }
  if (typeof version === 'number' && Number.isSafeInteger(version) && version > 0) {
    return { name, version }
  }
  throw savedQueryInvalid(what, 'its version must be a whole number from 1 on.', {
    path: '/version',
  })
}
