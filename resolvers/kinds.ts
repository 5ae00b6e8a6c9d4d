import { LINK_FIELDS, linksOfKind, mayBeNamed, OTHERS_KINDS } from '../domains/kinds/links.ts'
import { bodyIn, readPatch, requireWhole } from '../domains/kinds/read-body.ts'
import type { Assertion, Draft, Target } from '../ledger/draft.ts'
import { patched } from '../ledger/fields.ts'
import type { Receipt } from '../ledger/ledger.ts'
import type { EntityAt } from '../lineage/entities.ts'
import {
  BODIED_KINDS,
  type BodiedKind,
  farKinds,
  type Kind,
  kindOfUrn,
  type TypedKind,
} from '../lineage/kinds.ts'
import type { Fields } from '../loaders/record.ts'
import type { Context } from './context.ts'
import { fieldsOf } from './facet.ts'
import { itemInvalid } from './problems.ts'
import { type Place, submitItems } from './record.ts'
import { type NeighbourInput, openReader, type RecordPlan } from './record-item.ts'

/** The other end of a stated relation, as a caller names it. */
export interface LinkTarget extends NeighbourInput {
  kind?: Kind | null
}

/** A thing of a kind whose body has a schema. Beside these it has a field for each of its relations. */
export interface KindInput {
  namespace: string
  name: string
  body?: unknown
}

/** What is stated of an entity that pipelines record, beside which it has a field for each relation. */
export interface LinksInput {
  entity: LinkTarget
}

/**
 * Records things of one kind. What an item does not mention is kept; what is recorded is whole.
 *
 * @throws {Problem} `BODY_INVALID`, `RECORD_ITEM_INVALID`, and what `submitItems` refuses.
 */
export const recordKind = (
  { kind, items }: { kind: TypedKind; items: readonly KindInput[] },
  context: Context,
  place: Place,
): Promise<Receipt> =>
  submitItems(
    {
      verb: `record ${kind}`,
      items,
      plan: (given, item) => planKind(kind, given, item),
      assertionOf: assertKind,
    },
    context,
    place,
  )

/** @throws {Problem} `BODY_INVALID`, `RECORD_ITEM_INVALID`. */
export const planKind = (kind: TypedKind, given: KindInput, item: number) => ({
  item,
  kind,
  self: openReader(item, '').named(kind, given),
  patch: readPatch(given.body, { kind, item }),
  relations: readLinks(kind, given, item),
})

/** Under the lock: what others have changed meanwhile is part of what must be whole. */
export function assertKind(
  { item, kind, self, patch, relations }: ReturnType<typeof planKind>,
  draft: Draft,
): Assertion {
  const id = draft.urn(kind, self.namespace, self.name)
  const found = draft.get(draft.resolve(id))
  requireWhole(patched(found?.action === 'assert' ? found.fields : {}, patch), { kind, item })
  return { ...self, id, fields: patch, replace: relations }
}

/**
 * Records where what pipelines record comes from and on what terms it may be used, and nothing else of
 * it: events neither see nor change these relations.
 *
 * @throws {Problem} `RECORD_ITEM_INVALID`, and what `submitItems` refuses.
 */
export const recordLinks = (
  { items }: { items: readonly LinksInput[] },
  context: Context,
  place: Place,
): Promise<Receipt> =>
  submitItems({ verb: 'links', items, plan: planLinks, assertionOf: assertLinks }, context, place)

/** @throws {Problem} `RECORD_ITEM_INVALID` */
export function planLinks(given: LinksInput, item: number) {
  const { id, kind: named } = given.entity
  if (id == null && named == null) throw itemInvalid(item, 'name its kind beside its name')
  const target = readTarget(OTHERS_KINDS, given.entity, { item })
  const self = 'to' in target ? target.to : target
  const kind = 'kind' in self ? self.kind : kindOfUrn(self.id)
  if (!kind || !OTHERS_KINDS.includes(kind)) {
    throw itemInvalid(item, `this is for a ${OTHERS_KINDS.join(' or a ')}`)
  }
  return { kind, self, relations: readLinks(kind, given, item) }
}

export const assertLinks = (
  { kind, self, relations }: ReturnType<typeof planLinks>,
  draft: Draft,
): Assertion => {
  const id = 'id' in self ? self.id : draft.urn(kind, self.namespace, self.name)
  return { ...self, id, kind, replace: relations }
}

/** Reads the relations that an item mentions; an empty list clears one. */
function readLinks(kind: Kind, given: object, item: number): RecordPlan['relations'] {
  const links = given as Readonly<Record<string, readonly LinkTarget[] | null | undefined>>
  const strange = LINK_FIELDS.find(
    (field) => links[field] && !linksOfKind(kind).some((link) => link.field === field),
  )
  if (strange) throw itemInvalid(item, `a ${kind} has no ${strange}`)
  return linksOfKind(kind).flatMap(({ relation, field }) => {
    const kinds = farKinds(kind, relation)
    const targets = links[field]?.map((far, i) =>
      readTarget(kinds, far, { item, path: `/${field}/${i}` }),
    )
    return targets ? [{ rel: relation, targets }] : []
  })
}

function readTarget(
  kinds: readonly Kind[],
  far: LinkTarget,
  { item, path }: { item: number; path?: string },
): Target {
  const [only, second] = kinds
  const kind = far.kind ?? (second === undefined ? only : undefined)
  if (kind === undefined && far.id == null) {
    throw itemInvalid(item, `say whether it is a ${kinds.filter(mayBeNamed).join(' or a ')}`, path)
  }
  if (kind !== undefined && far.id == null && !mayBeNamed(kind)) {
    throw itemInvalid(item, `a ${kind} is named by its id`, path)
  }
  if (kind !== undefined && !kinds.includes(kind)) {
    throw itemInvalid(item, `it must be a ${kinds.join(' or a ')}, not a ${kind}`, path)
  }
  return openReader(item, path).near(kind ?? kinds[0]!, far)
}

/** What an entity of a kind says of itself whose bodies have a schema. */
export interface KindBodyAt {
  kind: BodiedKind
  fields: Fields
}

const isBodied = (kind: Kind): kind is BodiedKind =>
  (BODIED_KINDS as readonly Kind[]).includes(kind)

/** The body among some fields of an entity; `null` where it says nothing yet, or no longer. */
export function bodyAmong(kind: Kind, all: Fields): KindBodyAt | null {
  if (!isBodied(kind)) return null
  const fields = bodyIn(all, kind)
  return Object.keys(fields).length > 0 ? { kind, fields } : null
}

export const bodyOf = async (entity: EntityAt, context: Context) =>
  bodyAmong(entity.kind, await fieldsOf(entity, context))
