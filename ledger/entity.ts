import type { StoredEntity } from '../lineage/entity-store.ts'
import type { Kind, Relation } from '../lineage/kinds.ts'
import type { Json } from '../proofs/json.ts'

/** An edge that an entity holds: where to, at which leaf of the other it was linked, and its run time. */
export interface Held {
  rel: Relation
  id: string
  /** The other's latest leaf when the link was made; `null` for an edge to itself. */
  leaf: string | null
  /** For an edge of a run: the normalised time of the last event that named it. */
  time: string | null
}

/** An entity under the log's lock. It is never changed in place: a change makes the next one. */
export interface Entity {
  readonly id: string
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly version: number
  readonly seq: number
  readonly first: number
  /** Of its last record that is no erasure. */
  readonly action: 'assert' | 'retire'
  readonly leaf: string
  readonly out: string
  /** The position of the record that erased its body, until it is asserted anew; else `null`. */
  readonly erased: number | null
  /** The entity that this one is another name for, or `null`. */
  readonly aliasOf: string | null
  readonly fields: Readonly<Record<string, Json>>
  readonly links: ReadonlyMap<string, Held>
}

/** The key of an edge among those of its owner. Neither part can hold a space. */
export const linkKey = (rel: string, id: string) => `${rel} ${id}`

/** Where the entity's edges of one relation lead. */
export const neighbours = (entity: Entity | undefined, rel: Relation): string[] =>
  entity ? [...entity.links.values()].filter((held) => held.rel === rel).map(({ id }) => id) : []

export const entityFrom = ({ alias, fields, links, ...stored }: StoredEntity): Entity => ({
  ...stored,
  aliasOf: alias,
  fields: JSON.parse(fields) as Record<string, Json>,
  links: new Map(links.map(([rel, id, leaf, time]) => [linkKey(rel, id), { rel, id, leaf, time }])),
})
