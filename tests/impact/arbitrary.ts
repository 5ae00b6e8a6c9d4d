import fc from 'fast-check'
import { type Kind, kindInUrn, OPEN, type Relation } from '../../lineage/kinds.ts'
import type { WorldEdge } from '../make/world.ts'
import { clauseBody, licenceBody, transformationBody } from '../terms/arbitrary.ts'
import type { ChangeByHand } from './reference.ts'

type Fields = Record<string, unknown>
export type Said = { action: 'assert' | 'retire' | 'erase'; fields: Fields | null }

/** A world with all that a change may be about, and edges that come and go. */
export interface ImpactWorld {
  said: Map<string, Said>
  edges: WorldEdge[]
}

/** An id as the door takes it. */
const ids = (kind: Kind, count: number) =>
  Array.from(
    { length: count },
    (_, i) => `urn:selvedge:${kindInUrn(kind)}:h:${String(i).padEnd(43, 'A')}`,
  )
const [DATASETS, JOBS, SOURCES] = [ids('Dataset', 6), ids('Job', 2), ids('Source', 2)]
const [MODELS, PREDICTIONS, CARDS] = [ids('Model', 1), ids('Prediction', 1), ids('ModelCard', 1)]
const [LICENCES, CLAUSES, RULES] = [ids('License', 3), ids('Clause', 4), ids('Transformation', 2)]
const [PACKETS, PRINCIPALS, EXPORTS] = [ids('DpiaPacket', 2), ids('Principal', 1), ids('Export', 1)]
const ALL = [
  ...[DATASETS, JOBS, SOURCES, MODELS, PREDICTIONS, CARDS, LICENCES, CLAUSES, RULES],
  ...[PACKETS, PRINCIPALS, EXPORTS],
].flat()

/** When edges come and go, how long the log is, and at which lengths of it things are asked. */
const [LATE, ENDED] = [40, 50]
export const SIZE = 60
export const lengths = fc.constantFrom(45, 55, SIZE)

const edges = (relation: Relation, [from, to]: readonly (readonly string[])[], most: number) =>
  fc.uniqueArray(
    fc.record({
      relation: fc.constant(relation),
      from: fc.constantFrom(...from!),
      to: fc.constantFrom(...to!),
      since: fc.constantFrom(0, 0, LATE),
      until: fc.constantFrom(OPEN, OPEN, OPEN, ENDED),
    }),
    { maxLength: most, size: 'max', selector: ({ from: low, to: high }) => `${low} ${high}` },
  )

const packetBody = fc
  .record({
    expiresAt: fc.constantFrom(undefined, '2026-03-01T00:00:00Z', '2026-12-01T00:00:00.5Z'),
    decision: fc.constantFrom(undefined, 'approved', 'rejected'),
  })
  .map((fields) => JSON.parse(JSON.stringify({ title: 'P', ...fields })) as Fields)

const saying = (body: fc.Arbitrary<Fields>): fc.Arbitrary<Said> =>
  fc.oneof(
    { weight: 9, arbitrary: body.map((fields) => ({ action: 'assert' as const, fields })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Said>(
        { action: 'retire', fields: {} },
        { action: 'erase', fields: null },
        { action: 'assert', fields: { name: 'x' } },
      ),
    },
  )
const bodyOf = (id: string): fc.Arbitrary<Fields> => {
  if (LICENCES.includes(id)) return licenceBody
  if (CLAUSES.includes(id)) return clauseBody
  if (PACKETS.includes(id)) return packetBody
  if (RULES.includes(id)) {
    return transformationBody([...LICENCES, ...CLAUSES], [...DATASETS, ...JOBS])
  }
  return fc.constant({ name: 'x' })
}

export const impactWorld: fc.Arbitrary<ImpactWorld> = fc
  .record({
    edges: fc.tuple(
      edges('WAS_DERIVED_FROM', [DATASETS, DATASETS], 9),
      edges('WAS_GENERATED_BY', [DATASETS, JOBS], 3),
      edges('USED', [JOBS, DATASETS], 4),
      edges('PART_OF', [JOBS, JOBS], 1),
      edges('FROM_SOURCE', [DATASETS, SOURCES], 4),
      edges('TRAINED_ON', [MODELS, DATASETS], 2),
      edges('PREDICTED_BY', [PREDICTIONS, MODELS], 1),
      edges('LICENSED_UNDER', [[...DATASETS, ...SOURCES, ...MODELS], LICENCES], 6),
      edges('HAS_CLAUSE', [LICENCES.slice(0, 2), CLAUSES], 5),
      edges('DESCRIBED_BY', [[...DATASETS, ...JOBS], RULES], 4),
      edges('DESCRIBED_BY', [MODELS, CARDS], 1),
      edges('ASSESSED_BY', [[...DATASETS, ...JOBS, ...SOURCES, ...LICENCES], PACKETS], 5),
      edges('WAS_ATTRIBUTED_TO', [[...DATASETS, ...CLAUSES], PRINCIPALS], 4),
      edges('BASED_ON', [EXPORTS, [...DATASETS, ...LICENCES]], 2),
    ),
    said: fc.tuple(...ALL.map((id) => saying(bodyOf(id)))),
  })
  .map(({ edges: some, said }) => {
    const all = new Map(ALL.map((id, i) => [id, said[i]!]))
    // What is retired has no out-edges any more.
    const kept = some.flat().filter(({ from }) => all.get(from)!.action !== 'retire')
    return { said: all, edges: kept }
  })

const any = <T>(...some: (readonly T[])[]) => fc.constantFrom(...some.flat())
const RETIRABLE = ALL.filter((id) => !id.includes(':export:'))
const TEXT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const inlineClause = clauseBody.map((body) => ({ body }))

export interface ImpactQuestion {
  root: string
  change: ChangeByHand
  at: string
}

/** What is asked; most often about what licences say, in which there is most to go wrong. */
export const impactQuestion: fc.Arbitrary<ImpactQuestion> = fc
  .tuple(
    fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record({
          root: any(RETIRABLE),
          change: fc.constantFrom<ChangeByHand>({ do: 'RETIRE' }, { do: 'ERASE' }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          root: any(DATASETS, SOURCES, LICENCES, CLAUSES),
          change: fc.constantFrom<ChangeByHand>({ do: 'RETIRE' }, { do: 'ERASE' }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          root: any(PACKETS),
          change: fc.constant<ChangeByHand>({ do: 'EXPIRE' }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          root: any(LICENCES),
          change: fc
            .record({
              body: fc.option(
                fc.oneof(
                  licenceBody,
                  fc.constant({ title: 'B', spdx: null, text: { sha256: TEXT } }),
                ),
                {
                  nil: undefined,
                },
              ),
              clauses: fc.option(
                fc.array(
                  fc.oneof(
                    inlineClause,
                    any(CLAUSES).map((id) => ({ id })),
                  ),
                  {
                    maxLength: 3,
                  },
                ),
                { nil: undefined },
              ),
            })
            .filter(({ body, clauses }) => body !== undefined || clauses !== undefined)
            .map((given): ChangeByHand => ({ do: 'TERMS', ...given })),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          root: any(CLAUSES),
          change: clauseBody.map(
            (body): ChangeByHand => ({
              do: 'TERMS',
              body: { purposes: null, recipients: null, jurisdictions: null, ...body },
            }),
          ),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          root: any(SOURCES),
          change: fc
            .subarray(LICENCES)
            .map((licensedUnder): ChangeByHand => ({ do: 'TERMS', licensedUnder })),
        }),
      },
    ),
    fc.constantFrom('2025-12-31', '2026-01-01', '2026-06-30', '2026-12-31'),
  )
  .map(([asked, day]) => ({ ...asked, at: `${day}T12:00:00Z` }))
