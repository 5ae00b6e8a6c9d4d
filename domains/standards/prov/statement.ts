/** A name with its prefix; the document says what the prefix stands for. */
export interface QualifiedName {
  prefix: string
  local: string
}

/** What an attribute may say. Its type goes with it, so that no reader has to guess one. */
export type ProvValue =
  | string
  | boolean
  | QualifiedName
  | { long: number }
  /** An instant in UTC, as RFC 3339 writes it. */
  | { time: string }

/** One attribute; the same name may come more than once. */
export type Attribute = readonly [name: QualifiedName, value: ProvValue]

/** The sorts of statement that are written, in the order in which a document has them. */
export const SORTS = [
  'entity',
  'activity',
  'used',
  'wasGeneratedBy',
  'wasAssociatedWith',
  'wasDerivedFrom',
  'wasInfluencedBy',
  'specializationOf',
] as const
export type Sort = (typeof SORTS)[number]

/** What each sort of relation is about, in the order of PROV-N; PROV-JSON has it by name. */
export const ROLES = {
  used: ['activity', 'entity', 'time'],
  wasGeneratedBy: ['entity', 'activity', 'time'],
  wasAssociatedWith: ['activity', 'agent', 'plan'],
  wasDerivedFrom: ['generatedEntity', 'usedEntity'],
  wasInfluencedBy: ['influencee', 'influencer'],
  specializationOf: ['specificEntity', 'generalEntity'],
} as const satisfies Partial<Record<Sort, readonly string[]>>
export type RelationSort = keyof typeof ROLES

/** Something that is: an entity, or an activity with its times. */
export interface Thing {
  id: QualifiedName
  times?: { start?: string; end?: string }
  attributes: readonly Attribute[]
}

/** A relation, with what it is about by its role. One that is left out is not known. */
export interface Relating {
  about: Readonly<Record<string, QualifiedName | undefined>>
  attributes: readonly Attribute[]
}

/** A document: what its prefixes stand for, and the statements of each sort, made as they are asked for. */
export interface ProvDocument {
  prefixes: Readonly<Record<string, string>>
  entities(): Iterable<Thing>
  activities(): Iterable<Thing>
  relations(sort: RelationSort): Iterable<Relating>
}
