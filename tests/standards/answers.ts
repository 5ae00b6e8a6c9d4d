import fc from 'fast-check'
import type {
  AnswerEdge,
  AnswerNode,
  AnswerRun,
  LineageAnswer,
} from '../../domains/standards/prov/answer.ts'
import type { Kind, Relation } from '../../lineage/kinds.ts'

/** Whole ids, whose last character is one that 32 bytes can end with. */
const idOf = (kind: Kind, i: number) =>
  `urn:selvedge:${kind.toLowerCase()}:h:${String(i).padStart(42, 'A')}A`

export const node = (i: number, kind: Kind = 'Dataset', name = `n${i}`): AnswerNode => ({
  ...{ id: idOf(kind, i), kind, namespace: 'db', name, version: 1, seq: i },
  ...{ recordedAt: '2026-03-31T09:15:02.113Z', retired: false },
})

export const edge = (
  from: AnswerNode,
  to: AnswerNode,
  relation: Relation = 'WAS_DERIVED_FROM',
): AnswerEdge => ({ relation, from: from.id, to: to.id, since: 7 })

export const answer = (
  nodes: AnswerNode[],
  edges: AnswerEdge[] = [],
  more: Partial<LineageAnswer> = {},
): LineageAnswer => ({
  question: { root: nodes[0]!.id, direction: 'UPSTREAM', depth: 4 },
  ...{ position: '0:42', nodes, edges, runs: [], withMoreRuns: new Set<string>() },
  ...more,
})

const DATASETS = Array.from({ length: 5 }, (_, i) => node(i))
const JOBS = Array.from({ length: 3 }, (_, i) => node(10 + i, 'Job'))
const [dataset, job] = [fc.constantFrom(...DATASETS), fc.constantFrom(...JOBS)]

const anyEdge = fc.oneof(
  fc.tuple(dataset, dataset).map(([from, to]) => edge(from, to)),
  fc.tuple(job, dataset).map(([from, to]) => edge(from, to, 'USED')),
  fc.tuple(dataset, job).map(([from, to]) => edge(from, to, 'WAS_GENERATED_BY')),
  fc.tuple(job, job).map(([from, to]) => edge(from, to, 'PART_OF')),
)

const time = fc.option(
  fc
    .integer({ min: 0, max: 59 })
    .map((s) => `2026-03-31T09:15:${String(s).padStart(2, '0')}.000000000Z`),
)

/** Any graph of a few things, circles included, with runs that read and write and begin each other. */
export const anyAnswer: fc.Arbitrary<LineageAnswer> = fc
  .record({
    name: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    edges: fc.array(anyEdge, { maxLength: 15 }),
    runs: fc.array(
      fc.record({
        job,
        startedAt: time,
        endedAt: time,
        links: fc.array(
          fc.oneof(
            dataset.map(({ id }) => ['RUN_USED', id] as const),
            dataset.map(({ id }) => ['RUN_GENERATED', id] as const),
            fc.nat(3).map((i) => ['CHILD_OF', idOf('Run', 20 + i)] as const),
          ),
          { maxLength: 6 },
        ),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ name, edges, runs }) => {
    const once = [...new Map(edges.map((one) => [JSON.stringify(one), one])).values()]
    const [first, ...others] = [...DATASETS, ...JOBS]
    return answer([{ ...first!, name }, ...others], once, {
      runs: runs.map(
        ({ job: of, links, ...more }, i): AnswerRun => ({
          ...{ ...node(20 + i, 'Run'), ...more, job: of.id, state: 'COMPLETE' },
          links: [...new Map(links.map((link) => [link.join(), link])).values()],
        }),
      ),
    })
  })
