/** The kinds whose bodies have a schema (`domains/kinds/`). A new one starts here, and the compiler names the rest. */
export const TYPED_KINDS = [
  'Source',
  'License',
  'Clause',
  'DpiaPacket',
  'Model',
  'ModelCard',
  'Prediction',
  'XaiExport',
  'Transformation',
  'Principal',
  'SignOff',
  'Decision',
] as const
export type TypedKind = (typeof TYPED_KINDS)[number]

/** Kinds whose bodies have a schema too, and that nobody states: the service itself makes them up. */
export const SEALED_KINDS = ['MeteringRecord'] as const

/** All kinds whose bodies have a schema. */
export const BODIED_KINDS = [...TYPED_KINDS, ...SEALED_KINDS] as const
export type BodiedKind = (typeof BODIED_KINDS)[number]

/** The kinds of entity that this release records. */
export const KINDS = [
  'Tenant',
  'Dataset',
  'Job',
  'Run',
  'Export',
  'Attachment',
  'Erasure',
  'Policy',
  'Grant',
  'Webhook',
  'SavedQuery',
  ...BODIED_KINDS,
] as const
export type Kind = (typeof KINDS)[number]

/** The kind as it stands in an id: lower case without separators (docs/specs/record.md). */
export const kindInUrn = (kind: Kind) => kind.toLowerCase()

/** The kind that an id names, or `undefined` where it names none that we know. */
export const kindOfUrn = (id: string): Kind | undefined => {
  const word = id.split(':')[2]
  return KINDS.find((kind) => kindInUrn(kind) === word)
}

/** The graph has two levels, so that years of hourly runs make no hub; aliases stand apart from both. */
export type Level = 'design' | 'run' | 'admin'

/**
 * Every relation with its level. All point upstream, from a thing to what it came from, except
 * `RUN_GENERATED`, which belongs to the run that wrote (docs/specs/record.md, "Relations").
 */
export const LEVEL_OF = {
  USED: 'design',
  WAS_GENERATED_BY: 'design',
  WAS_DERIVED_FROM: 'design',
  PART_OF: 'design',
  WAS_ATTRIBUTED_TO: 'design',
  FROM_SOURCE: 'design',
  LICENSED_UNDER: 'design',
  HAS_CLAUSE: 'design',
  ASSESSED_BY: 'design',
  DESCRIBED_BY: 'design',
  TRAINED_ON: 'design',
  PREDICTED_BY: 'design',
  EXPLAINS: 'design',
  METERS: 'design',
  BASED_ON: 'design',
  RUN_OF: 'run',
  RUN_USED: 'run',
  RUN_GENERATED: 'run',
  CHILD_OF: 'run',
  ALIAS_OF: 'admin',
} as const satisfies Record<string, Level>

export type Relation = keyof typeof LEVEL_OF
export const RELATIONS = Object.keys(LEVEL_OF) as Relation[]

/** The relations that lineage walks. */
export const DESIGN = RELATIONS.filter((relation) => LEVEL_OF[relation] === 'design')

/**
 * The out-edges that each kind may have in this release, and the kinds they lead to. What is not
 * listed is refused at the door; `ALIAS_OF` is written by a merge alone.
 */
export const OUT_EDGES: Record<Kind, Partial<Record<Relation, Kind | readonly Kind[] | 'any'>>> = {
  Tenant: {},
  Dataset: {
    WAS_GENERATED_BY: 'Job',
    WAS_DERIVED_FROM: 'Dataset',
    FROM_SOURCE: 'Source',
    LICENSED_UNDER: 'License',
    ASSESSED_BY: 'DpiaPacket',
    DESCRIBED_BY: 'Transformation',
    WAS_ATTRIBUTED_TO: 'Principal',
  },
  Job: {
    USED: 'Dataset',
    PART_OF: 'Job',
    ASSESSED_BY: 'DpiaPacket',
    DESCRIBED_BY: 'Transformation',
    WAS_ATTRIBUTED_TO: 'Principal',
  },
  Run: { RUN_OF: 'Job', RUN_USED: 'Dataset', RUN_GENERATED: 'Dataset', CHILD_OF: 'Run' },
  Export: { BASED_ON: 'any' },
  Attachment: { BASED_ON: 'any' },
  Erasure: { BASED_ON: 'any' },
  Policy: {},
  Grant: {},
  Webhook: {},
  SavedQuery: {},
  Source: {
    LICENSED_UNDER: 'License',
    ASSESSED_BY: 'DpiaPacket',
    WAS_ATTRIBUTED_TO: 'Principal',
  },
  License: { HAS_CLAUSE: 'Clause', ASSESSED_BY: 'DpiaPacket', WAS_ATTRIBUTED_TO: 'Principal' },
  Clause: { WAS_ATTRIBUTED_TO: 'Principal' },
  DpiaPacket: { WAS_ATTRIBUTED_TO: 'Principal' },
  Model: {
    TRAINED_ON: 'Dataset',
    LICENSED_UNDER: 'License',
    ASSESSED_BY: 'DpiaPacket',
    DESCRIBED_BY: 'ModelCard',
    WAS_ATTRIBUTED_TO: 'Principal',
  },
  ModelCard: { ASSESSED_BY: 'DpiaPacket', WAS_ATTRIBUTED_TO: 'Principal' },
  Prediction: { PREDICTED_BY: 'Model', ASSESSED_BY: 'DpiaPacket' },
  XaiExport: { EXPLAINS: ['Prediction', 'Model'], ASSESSED_BY: 'DpiaPacket' },
  Transformation: {},
  Principal: {},
  SignOff: { BASED_ON: 'any', WAS_ATTRIBUTED_TO: 'Principal' },
  Decision: { BASED_ON: 'any', WAS_ATTRIBUTED_TO: 'Principal' },
  MeteringRecord: { METERS: ['Dataset', 'Job', 'Source', 'Model'] },
}

/** The kinds that an edge of this relation may lead to from an entity of this kind; none where it may not be. */
export const farKinds = (kind: Kind, relation: Relation): readonly Kind[] => {
  const far = OUT_EDGES[kind][relation] ?? []
  return far === 'any' ? KINDS : typeof far === 'string' ? [far] : far
}

/** The `until` of an edge in force: the largest safe integer, 2^53 - 1. */
export const OPEN = Number.MAX_SAFE_INTEGER

/**
 * Whether a kind may be shown to another tenant by a grant. What says how a tenant works (its exports,
 * files, erasures, grants, people, decisions, usage and single runs) is not lineage that anybody is granted.
 */
const MAY_BE_GRANTED: Record<Kind, boolean> = {
  Tenant: false,
  Dataset: true,
  Job: true,
  Run: false,
  Export: false,
  Attachment: false,
  Erasure: false,
  Policy: false,
  Grant: false,
  Webhook: false,
  SavedQuery: false,
  Source: true,
  License: true,
  Clause: true,
  DpiaPacket: true,
  Model: true,
  ModelCard: true,
  Prediction: true,
  XaiExport: true,
  Transformation: true,
  Principal: false,
  SignOff: false,
  Decision: false,
  MeteringRecord: false,
}

export const GRANTABLE_KINDS = KINDS.filter((kind) => MAY_BE_GRANTED[kind])

/** The relations that a granted walk takes: those of lineage, but not to what was made for the record. */
export const GRANTED_RELATIONS = DESIGN.filter((relation) => relation !== 'BASED_ON')
