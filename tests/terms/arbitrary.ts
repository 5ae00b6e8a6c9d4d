import fc from 'fast-check'
import { type Asked, EXPRESSIONS, type RecordedWorld } from './reference.ts'

const ACTIONS = [
  ...['use', 'reproduce', 'http://www.w3.org/ns/odrl/2/reproduce', 'extract', 'distribute'],
  ...['commercialize', 'sell', 'acme:score'],
]
const PURPOSES = [
  ...['dpv:Marketing', 'https://w3id.org/dpv#Marketing', 'dpv:DirectMarketing'],
  ...['dpv:NonCommercialResearch', 'dpv:ResearchAndDevelopment', 'acme:growth', 'acme:care'],
]
const RECIPIENTS = ['https://example.org/a', 'https://example.org/b']
const PLACES = ['DE', 'DE-BY', 'EU', 'US']
const DAYS = ['2026-01-01', '2026-06-30', '2026-12-31']

const few = (words: readonly string[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...words), { maxLength: 2 }), {
    freq: 2,
    nil: undefined,
  })
const validity = fc
  .option(fc.tuple(fc.constantFrom(...DAYS), fc.constantFrom(...DAYS)), { freq: 1, nil: undefined })
  .map((days) => {
    const [validFrom, validUntil] = [...(days ?? [])].sort()
    return { ...(validFrom && { validFrom }), ...(validUntil && { validUntil }) }
  })
const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** What a clause says: mostly that everything is permitted, so that not all is denied. */
export const clauseBody = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ type: 'permission', action: 'use' }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.record({
          type: fc.constantFrom('permission', 'prohibition', 'prohibition', 'duty'),
          action: fc.constantFrom(...ACTIONS),
          purposes: few(PURPOSES),
          recipients: few(RECIPIENTS),
          jurisdictions: few(PLACES),
        }),
        validity,
      )
      .map(([rule, days]) => defined({ ...rule, ...days })),
  },
)

export const licenceBody = fc
  .tuple(
    fc.option(fc.constantFrom(...Object.keys(EXPRESSIONS)), { freq: 3, nil: undefined }),
    fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: validity }),
  )
  .map(([spdx, days]) => defined({ title: 'A licence', spdx, ...days }))

/** @param places Ids of licences and clauses that a lift may be of alone. */
export const transformationBody = (places: readonly string[], applied: readonly string[]) =>
  fc
    .tuple(
      fc.array(
        fc.record({
          type: fc.constantFrom('permission', 'prohibition', 'duty'),
          action: fc.constantFrom(...ACTIONS, 'cc:Notice'),
          from:
            places.length === 0
              ? fc.constant(undefined)
              : fc.option(fc.constantFrom(...places), { freq: 1, nil: undefined }),
        }),
        { maxLength: 5, size: 'max' },
      ),
      validity,
      applied.length === 0
        ? fc.constant(undefined)
        : fc.option(fc.subarray([...applied]), { freq: 1, nil: undefined }),
    )
    .map(([lifts, days, appliesTo]) => ({
      ...{ rule: 'aggregation', justification: 'Sums.', approvedBy: 'The board', ...days },
      ...defined({ appliesTo }),
      lifts: lifts.map(defined),
    }))

export const question: fc.Arbitrary<Asked> = fc
  .record({
    action: fc.constantFrom(...ACTIONS),
    purpose: fc.constantFrom(...PURPOSES),
    recipient: fc.option(fc.constantFrom(...RECIPIENTS), { nil: undefined }),
    jurisdiction: fc.option(fc.constantFrom(...PLACES), { nil: undefined }),
  })
  .map((asked) => defined(asked) as unknown as Asked)

export const day = fc.constantFrom('2025-12-31', ...DAYS, '2027-01-01')

const ids = (kind: string, count: number) =>
  Array.from({ length: count }, (_, i) => `urn:selvedge:${kind}:h:${i}`)
const [DATASETS, JOBS, SOURCES] = [ids('dataset', 5), ids('job', 2), ids('source', 1)]
const [LICENCES, CLAUSES] = [ids('license', 3), ids('clause', 4)]
const [RULES, PACKETS] = [ids('transformation', 2), ids('dpiapacket', 1)]
export const ROOTS = [...DATASETS, ...JOBS, LICENCES[0]!]

const edgesOf = (
  relation: string,
  [from, to]: readonly [readonly string[], readonly string[]],
  most: number,
) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...from), fc.constantFrom(...to)), {
      maxLength: most,
      size: 'max',
      selector: (pair) => pair.join(),
    })
    .map((pairs) => pairs.map(([low, high]) => ({ from: low, relation, to: high })))

type Said = { action: string; fields: Record<string, unknown> | null }
const saying = (body: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Said> =>
  fc.oneof(
    { weight: 9, arbitrary: body.map((fields) => ({ action: 'assert', fields })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Said>(
        { action: 'retire', fields: {} },
        { action: 'erase', fields: null },
        { action: 'assert', fields: null },
        { action: 'assert', fields: { name: 'x' } },
      ),
    },
  )

/** Worlds with circles, self-loops, branches without a licence, several licences, dates and lifted terms. */
export const recordedWorld: fc.Arbitrary<RecordedWorld> = fc
  .record({
    edges: fc.tuple(
      edgesOf('WAS_DERIVED_FROM', [DATASETS, DATASETS], 7),
      edgesOf('WAS_GENERATED_BY', [DATASETS, JOBS], 2),
      edgesOf('USED', [JOBS, DATASETS], 3),
      edgesOf('PART_OF', [JOBS, JOBS], 1),
      edgesOf('FROM_SOURCE', [DATASETS, SOURCES], 2),
      edgesOf('LICENSED_UNDER', [[...DATASETS, ...SOURCES], LICENCES], 5),
      edgesOf('HAS_CLAUSE', [LICENCES.slice(0, 2), CLAUSES], 5),
      edgesOf('DESCRIBED_BY', [[...DATASETS, ...JOBS], RULES], 3),
      edgesOf('ASSESSED_BY', [[...DATASETS, ...JOBS], PACKETS], 2),
    ),
    licences: fc.tuple(...LICENCES.map(() => saying(licenceBody))),
    clauses: fc.tuple(...CLAUSES.map(() => saying(clauseBody))),
    rules: fc.tuple(
      ...RULES.map(() =>
        saying(transformationBody([...LICENCES, ...CLAUSES], [...DATASETS, ...JOBS])),
      ),
    ),
  })
  .map(({ edges, licences, clauses, rules }) => ({
    edges: edges.flat(),
    said: new Map([
      ...LICENCES.map((id, i) => [id, licences[i]!] as const),
      ...CLAUSES.map((id, i) => [id, clauses[i]!] as const),
      ...RULES.map((id, i) => [id, rules[i]!] as const),
    ]),
  }))
