import type { CatalogueAnswer, Job, Listed } from '../domains/standards/dcat/answer.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import { type EntitiesRead, type EntityAt, entitiesInOrder } from '../lineage/entities.ts'
import type { Relation } from '../lineage/kinds.ts'
import { formatPosition } from '../lineage/position.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { describe } from './described.ts'
import { idOfNamed, spendPage } from './entity.ts'
import { type LineageAsked, positionOf } from './lineage.ts'
import { readLineage } from './provenance.ts'

/** The most things on a page of the whole catalogue. */
export const MOST_CATALOGUED = 1_000

/** A page of a catalogue, and where the next one begins. */
export interface CataloguePage extends CatalogueAnswer {
  next: string | null
}

/**
 * Reads a page of everything that a tenant has data of: its datasets, then its sources, each in the
 * order of their ids; later pages at the position of the first. What is retired, or only another name,
 * is not listed, so that a page may have fewer.
 *
 * @throws {Problem} `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_CURSOR_INVALID`, `REQUEST_ASKS_TOO_MUCH`,
 *   `LINEAGE_BODIES_TOO_LARGE`; as `readAsOf`.
 */
export async function findCatalogue(
  { first, after, asOf }: { first: number; after?: string; asOf?: AsOf },
  context: Context,
): Promise<CataloguePage> {
  spendPage(first, context, MOST_CATALOGUED)
  const question = ['catalogue', context.tenant]
  const cursor = after === undefined ? undefined : readCursor(question, ['string'], after)
  const place = cursor?.place[0] as string | undefined
  const found = await readAsOf(context, { asOf, cursor }, (n) =>
    dataAfter(place, { first: first + 1, n }, context),
  )
  const page = found.entities.slice(0, first)
  const position = { epoch: found.epoch, seq: found.at }
  const last = page.at(-1)
  const isMore = found.entities.length > first
  return {
    ...(await catalogued(page, context)),
    ...{ root: null, position: formatPosition(position) },
    next: isMore && last ? writeCursor(question, { position, place: [last.id] }) : null,
  }
}

/** Ids of datasets come before those of sources. */
async function dataAfter(
  after: string | undefined,
  { first, n }: { first: number; n: number | null },
  { graph: { read } }: Context,
): Promise<(EntitiesRead & { at: number }) | undefined> {
  const datasets = await entitiesInOrder(read, { kind: 'Dataset', after, first }, n)
  if (!datasets) return undefined
  const at = n ?? datasets.size
  const left = first - datasets.entities.length
  const sources =
    left > 0 && (await entitiesInOrder(read, { kind: 'Source', after, first: left }, at))
  return { ...datasets, at, entities: [...datasets.entities, ...(sources ? sources.entities : [])] }
}

/**
 * Reads the datasets and sources of the answer to a lineage question.
 *
 * @throws {Problem} `PROVENANCE_TOO_LARGE`, `REQUEST_ASKS_TOO_MUCH`, `LINEAGE_BODIES_TOO_LARGE`; as
 *   `findLineage`.
 */
export async function findCatalogueOfLineage(
  asked: Omit<LineageAsked, 'first' | 'after'>,
  context: Context,
): Promise<CatalogueAnswer> {
  const { first, entities } = await readLineage(asked, context)
  return {
    ...(await catalogued(entities, context)),
    ...{ root: first.root, position: formatPosition(positionOf(first)) },
  }
}

const isListed = ({ kind, retired, aliasOf }: EntityAt) =>
  (kind === 'Dataset' || kind === 'Source') && !retired && aliasOf === null

async function catalogued(entities: readonly EntityAt[], context: Context) {
  const all = entities.filter(isListed)
  const links = await Promise.all(all.map((one) => linksFrom(one, context)))
  const far = await readFar(all[0]?.at ?? 0, links, context)
  const listed = await Promise.all(
    all.map(async (entity, i): Promise<Listed> => {
      const to = links[i]!
      return {
        ...(await describe(entity, context)),
        kind: entity.kind as Listed['kind'],
        licenses: await Promise.all(far.at(to('LICENSED_UNDER')).map(far.described)),
        principals: await Promise.all(far.at(to('WAS_ATTRIBUTED_TO')).map(far.described)),
        derivedFrom: [...to('WAS_DERIVED_FROM'), ...to('FROM_SOURCE')],
        jobs: await Promise.all(far.at(to('WAS_GENERATED_BY')).map(far.job)),
      }
    }),
  )
  const name = context.tenant
  const id = await idOfNamed({ kind: 'Tenant', namespace: 'tenant', name }, context)
  return { tenant: { id, name }, listed }
}

type LinksFrom = (relation: Relation) => string[]

/** Where the edges of an entity lead, by relation, in the order of the ids. */
async function linksFrom({ id, at }: { id: string; at: number }, context: Context) {
  const links = await context.loaders.at(at).links.load(id)
  context.spend(links.length)
  return (relation: Relation) =>
    links
      .filter(([rel]) => rel === relation)
      .map(([, to]) => to)
      .sort()
}

/** Licences, people and jobs are named by many: each is read once. */
async function readFar(at: number, links: readonly LinksFrom[], context: Context) {
  const named = (['LICENSED_UNDER', 'WAS_ATTRIBUTED_TO', 'WAS_GENERATED_BY'] as const).flatMap(
    (relation) => links.flatMap((to) => to(relation)),
  )
  const ids = [...new Set(named)]
  const found = await Promise.all(ids.map((id) => context.loaders.at(at).entity.load(id)))
  const byId = new Map(found.flatMap((one) => (one ? [[one.id, one]] : [])))
  const described = keptById((entity) => describe(entity, context))
  const job = keptById(async ({ id, namespace, name }): Promise<Job> => {
    const to = await linksFrom({ id, at }, context)
    return { id, namespace, name, used: to('USED') }
  })
  return {
    at: (some: readonly string[]) => some.flatMap((id) => byId.get(id) ?? []),
    described,
    job,
  }
}

function keptById<Value>(read: (entity: EntityAt) => Promise<Value>) {
  const kept = new Map<string, Promise<Value>>()
  return (entity: EntityAt) => {
    const value = kept.get(entity.id) ?? read(entity)
    kept.set(entity.id, value)
    return value
  }
}
