/** What a relation tells of: what was designed, what one run did, or how entities are filed. */
export type Level = 'design' | 'run' | 'admin'

/** Every relation there is, by level (`docs/specs/record.md`). Edges point upstream, but for `RUN_GENERATED`. */
export const RELATIONS = {
  design: [
    'USED',
    'WAS_GENERATED_BY',
    'WAS_DERIVED_FROM',
    'PART_OF',
    'WAS_ATTRIBUTED_TO',
    'FROM_SOURCE',
    'LICENSED_UNDER',
    'HAS_CLAUSE',
    'ASSESSED_BY',
    'DESCRIBED_BY',
    'TRAINED_ON',
    'PREDICTED_BY',
    'EXPLAINS',
    'METERS',
    'BASED_ON',
  ],
  run: ['RUN_OF', 'RUN_USED', 'RUN_GENERATED', 'CHILD_OF'],
  admin: ['ALIAS_OF'],
} as const satisfies Record<Level, readonly string[]>

const LEVELS = new Map<string, Level>(
  (Object.keys(RELATIONS) as Level[]).flatMap((level) =>
    RELATIONS[level].map((rel) => [rel, level] as const),
  ),
)

/** Gives the level of a relation, `undefined` for a word that is none: a verifier cannot guess what that would mean. */
export const levelOf = (rel: string): Level | undefined => LEVELS.get(rel)

/** Says whether lineage walks this relation: it does so at design level only. */
export const isDesign = (rel: string) => LEVELS.get(rel) === 'design'
