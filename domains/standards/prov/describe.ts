import type { AnswerEdge, AnswerNode, AnswerRun, LineageAnswer } from './answer.ts'
import { onCircles } from './circles.ts'
import { meaningOfPrefix, nameOfId, OURS, ours, prov } from './names.ts'
import type {
  Attribute,
  ProvDocument,
  ProvValue,
  QualifiedName,
  Relating,
  RelationSort,
  Thing,
} from './statement.ts'

/**
 * The relations that say of a thing that it was made from another: what PROV calls a derivation. All
 * others are influences, its word for whatever had a part in what something became.
 */
const DERIVING = new Set(['WAS_DERIVED_FROM', 'FROM_SOURCE', 'TRAINED_ON'])

/**
 * Says the answer to a lineage question in W3C PROV, so that it is valid by PROV-CONSTRAINTS whatever
 * the graph holds. Why each thing is said as it is: docs/decisions/0033-standards-out.md.
 *
 * Everything is an entity but a run, which is an activity; a job is a plan besides. What a run wrote
 * is an entity of its own, a specialization of the dataset, for each run left it in another state.
 */
export function describeLineage(answer: LineageAnswer): ProvDocument {
  const deriving = answer.edges.filter(({ relation }) => DERIVING.has(relation))
  const circular = onCircles(deriving)
  const derivations = deriving.filter((edge) => !circular.has(edge))
  const influences = answer.edges.filter(
    (edge) => !DERIVING.has(edge.relation) || circular.has(edge),
  )
  const shown = new Set(answer.nodes.map(({ id }) => id))
  const runs = new Set(answer.runs.map(({ id }) => id))
  const linksOf = (relation: string) =>
    answer.runs.flatMap((run) =>
      run.links
        .filter(([rel, far]) => rel === relation && (shown.has(far) || runs.has(far)))
        .map(([, far]) => ({ run, far })),
    )
  const written = linksOf('RUN_GENERATED')
  const relations: Record<RelationSort, () => Iterable<Relating>> = {
    used: () =>
      linksOf('RUN_USED').map(({ run, far }) =>
        relating({ activity: nameOfId(run.id), entity: nameOfId(far) }),
      ),
    wasGeneratedBy: () =>
      written.map(({ run, far }) =>
        relating({ entity: nameOfState(run, far), activity: nameOfId(run.id) }),
      ),
    wasAssociatedWith: () =>
      answer.runs.map(({ id, job }) => relating({ activity: nameOfId(id), plan: nameOfId(job) })),
    wasDerivedFrom: () =>
      derivations.map((edge) => relatingBy(edge, ['generatedEntity', 'usedEntity'])),
    wasInfluencedBy: () => [
      ...influences.map((edge) => relatingBy(edge, ['influencee', 'influencer'])),
      ...linksOf('CHILD_OF').map(({ run, far }) =>
        relating({ influencee: nameOfId(run.id), influencer: nameOfId(far) }, [
          [prov('type'), ours('CHILD_OF')],
        ]),
      ),
    ],
    specializationOf: () =>
      written.map(({ run, far }) =>
        relating({ specificEntity: nameOfState(run, far), generalEntity: nameOfId(far) }),
      ),
  }
  return {
    prefixes: prefixesOf(answer, written.length > 0),
    *entities() {
      for (const node of answer.nodes) yield thingOf(node, answer)
      for (const { run, far } of written) {
        yield { id: nameOfState(run, far), attributes: [[prov('type'), ours('State')]] }
      }
    },
    *activities() {
      for (const run of answer.runs) yield activityOf(run)
    },
    relations: (sort) => relations[sort](),
  }
}

const STATES = { prefix: 'state', means: 'urn:selvedge:state:' }

/** What a dataset was when a run had written it: named by both, which have names of one length. */
const nameOfState = ({ id }: AnswerRun, dataset: string): QualifiedName => ({
  prefix: STATES.prefix,
  local: `${nameOfId(id).local}/${nameOfId(dataset).local}`,
})

function prefixesOf({ nodes, runs }: LineageAnswer, hasStates: boolean) {
  const used = new Set([...nodes, ...runs].map(({ id }) => nameOfId(id).prefix))
  const known = [OURS, ...(hasStates ? [STATES] : [])].map(({ prefix, means }) => [prefix, means])
  const ids = [...used].sort().map((prefix) => [prefix, meaningOfPrefix(prefix)])
  return Object.fromEntries([...known, ...ids]) as Record<string, string>
}

function thingOf(node: AnswerNode, { question, position, withMoreRuns }: LineageAnswer): Thing {
  const isRoot = node.id === question.root
  return {
    id: nameOfId(node.id),
    attributes: [
      ...(node.kind === 'Job' ? [[prov('type'), prov('Plan')] as Attribute] : []),
      ...aboutOf(node),
      ...(withMoreRuns.has(node.id) ? [[ours('hasMoreRuns'), true] as Attribute] : []),
      ...(isRoot
        ? said({
            direction: question.direction,
            depth: { long: question.depth },
            position,
          })
        : []),
    ],
  }
}

const activityOf = (run: AnswerRun): Thing => ({
  id: nameOfId(run.id),
  times: { start: timeOf(run.startedAt), end: timeOf(run.endedAt) },
  attributes: [...aboutOf(run), ...said({ state: run.state })],
})

/** As XML Schema has it, which knows neither leap seconds nor a year 0: such a time is not said. */
const timeOf = (time: string | null) =>
  time === null || /^0000|:60/.test(time) ? undefined : time.replace(/\.?0+Z$/, 'Z')

const aboutOf = (node: AnswerNode): Attribute[] => [
  [prov('type'), ours(node.kind)],
  ...(node.name === '' ? [] : [[prov('label'), node.name] as Attribute]),
  ...said({
    namespace: node.namespace || null,
    name: node.name || null,
    version: { long: node.version },
    record: { long: node.seq },
    recordedAt: node.recordedAt === null ? null : { time: node.recordedAt },
    retired: node.retired || null,
  }),
]

/** Attributes in our own words; what is not known is not said. */
const said = (values: Readonly<Record<string, ProvValue | null>>): Attribute[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [[ours(name), value] as Attribute],
  )

const relating = (about: Relating['about'], attributes: readonly Attribute[] = []): Relating => ({
  about,
  attributes,
})

const relatingBy = ({ relation, from, to, since }: AnswerEdge, [near, far]: [string, string]) =>
  relating({ [near]: nameOfId(from), [far]: nameOfId(to) }, [
    [prov('type'), ours(relation)],
    ...said({ since: { long: since } }),
  ])
