import { sha256 } from '../core/sha256.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import { type EntityAt, entitiesByIds, entitiesInOrder } from '../lineage/entities.ts'
import { type Kind, kindInUrn, type Relation } from '../lineage/kinds.ts'
import { readLog } from '../lineage/log.ts'
import type { Position } from '../lineage/position.ts'
import { pageOutOfRange } from '../lineage/problems.ts'
import { unb64 } from '../proofs/base64.ts'
import { isUrn, nameUrn } from '../proofs/ids.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { entityNotNamed, idInvalid } from './problems.ts'

/** One page of a list, as Relay's connections want it. */
export interface Connection<Node> {
  edges: { node: Node; cursor: string }[]
  pageInfo: PageInfo
}

export interface PageInfo {
  hasNextPage: boolean
  endCursor: string | null
}

/** @throws {Problem} `ENTITY_ID_INVALID` */
export function checkId(id: string) {
  if (!isUrn(id)) throw idInvalid(id)
  return id
}

/** The most items on a page of a plain list. */
const MOST_LISTED = 1_000

/** @throws {Problem} `LINEAGE_PAGE_OUT_OF_RANGE`, `REQUEST_ASKS_TOO_MUCH`. */
export function spendPage(first: number, context: Context, most = MOST_LISTED) {
  if (!Number.isInteger(first) || first < 1 || first > most) throw pageOutOfRange(first, most)
  context.spend(first)
}

export interface EntityNamed {
  id?: string | null
  kind?: Kind | null
  namespace?: string | null
  name?: string | null
}

/**
 * Finds an entity by id or by name; `null` where there is none, or was none then.
 *
 * @throws {Problem} `ENTITY_NOT_NAMED`, `ENTITY_ID_INVALID`; as `positionAsOf`.
 */
export async function findEntity(
  { asOf, ...named }: EntityNamed & { asOf?: AsOf | null },
  context: Context,
): Promise<EntityAt | null> {
  const ids = [await idOfNamed(named, context, asOf)]
  const { entities } = await readEntities(ids, context, asOf)
  return entities[0] ?? null
}

/**
 * The id that an entity has, or would have: by id or by name.
 *
 * @throws {Problem} `ENTITY_NOT_NAMED`, `ENTITY_ID_INVALID`; as `positionAsOf`.
 */
export async function idOfNamed(
  { id, kind, namespace, name }: EntityNamed,
  context: Context,
  asOf?: AsOf | null,
): Promise<string> {
  if (id != null && kind == null && namespace == null && name == null) return checkId(id)
  if (id != null || kind == null || namespace == null || name == null) throw entityNotNamed()
  return idOfName({ kind, namespace, name }, context, asOf)
}

/** Every entity that the ids name, `null` in the place of one that is not there, or was not then. */
export async function findEntities(
  { ids, asOf }: { ids: readonly string[]; asOf?: AsOf | null },
  context: Context,
) {
  for (const id of ids) checkId(id)
  if (ids.length === 0) return []
  spendPage(ids.length, context)
  const { entities } = await readEntities(ids, context, asOf)
  const byId = new Map(entities.map((entity) => [entity.id, entity]))
  return ids.map((id) => byId.get(id) ?? null)
}

const readEntities = (ids: readonly string[], context: Context, asOf: AsOf | null | undefined) =>
  readAsOf(context, { asOf }, (n) => entitiesByIds(context.graph.read, ids, n))

/** The naming key is read each time: it is a secret of the tenant's, and not kept in memory. */
async function idOfName(
  { kind, namespace, name }: { kind: Kind; namespace: string; name: string },
  context: Context,
  asOf: AsOf | null | undefined,
) {
  const { namingKey } = await readAsOf(context, { asOf }, () => readLog(context.graph.read))
  const given = kind === 'Run' ? name.toLowerCase() : name
  return nameUrn(sha256, unb64(namingKey), kindInUrn(kind), namespace, given)
}

export interface EntitiesAsked {
  asOf?: AsOf | null
  kind?: Kind | null
  first: number
  after?: string | null
}

/** Lists entities in a stable order; later pages are read at the position of the first. */
export async function listEntities(
  { asOf, kind, first, after }: EntitiesAsked,
  context: Context,
): Promise<Connection<EntityAt>> {
  spendPage(first, context)
  const question = ['entities', context.tenant, kind ?? null]
  const cursor = after == null ? undefined : readCursor(question, ['string'], after)
  const read = (n: number | null) =>
    entitiesInOrder(
      context.graph.read,
      { kind: kind ?? undefined, after: cursor?.place[0] as string | undefined, first: first + 1 },
      n,
    )
  const found = await readAsOf(context, { asOf, cursor }, read)
  const nodes = found.entities.slice(0, first)
  const cursorOf = (entity: EntityAt) =>
    writeCursor(question, { position: positionOf(entity, found.epoch), place: [entity.id] })
  return connectionOf(nodes, found.entities.length > first, cursorOf)
}

const positionOf = ({ at }: EntityAt, epoch: number): Position => ({ epoch, seq: at })

export function connectionOf<Node>(
  nodes: readonly Node[],
  hasNextPage: boolean,
  cursorOf: (node: Node) => string,
): Connection<Node> {
  const edges = nodes.map((node) => ({ node, cursor: cursorOf(node) }))
  return { edges, pageInfo: { hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
}

export const recordedAt = async ({ seq }: EntityAt, { loaders }: Context) =>
  (await loaders.recordNote.load(seq))?.at ?? null

/** The entities that an entity's edges of one relation lead to, in the order of their ids. */
export async function neighboursOf(entity: EntityAt, relation: Relation, context: Context) {
  const loaders = context.loaders.at(entity.at)
  const links = await loaders.links.load(entity.id)
  const ids = links.filter(([rel]) => rel === relation).map(([, id]) => id)
  context.spend(ids.length)
  // Not `loadMany`, which hands failures back as values: a list must not look whole without them.
  const found = await Promise.all(ids.sort().map((id) => loaders.entity.load(id)))
  return found.filter((far) => far !== null)
}

export const neighbourOf = async (entity: EntityAt, relation: Relation, context: Context) =>
  (await neighboursOf(entity, relation, context))[0] ?? null
