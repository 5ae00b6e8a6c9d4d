import type { Assertion, Draft, Name, Target } from '../ledger/draft.ts'
import type { Kind, Relation } from '../lineage/kinds.ts'
import { isUrn } from '../proofs/ids.ts'
import type { ForeignJson, Json } from '../proofs/json.ts'
import { itemInvalid } from './problems.ts'

/** A neighbour as a caller names it: by id, or by namespace and name. */
export interface NeighbourInput {
  id?: string | null
  namespace?: string | null
  name?: string | null
}

/** A run is known by its run id alone. */
export interface RunNeighbourInput {
  id?: string | null
  runId?: string | null
}

export interface FacetInput {
  group: string
  name: string
  value?: ForeignJson | null
}

interface Described {
  description?: string | null
  facets?: readonly FacetInput[] | null
}

export interface DatasetInput extends Described {
  namespace: string
  name: string
  generatedBy?: readonly NeighbourInput[] | null
  derivedFrom?: readonly NeighbourInput[] | null
}

export interface JobInput extends Described {
  namespace: string
  name: string
  uses?: readonly NeighbourInput[] | null
  partOf?: readonly NeighbourInput[] | null
}

export interface RunInput extends Pick<Described, 'facets'> {
  runId: string
  job?: NeighbourInput | null
  state?: string | null
  startedAt?: string | null
  endedAt?: string | null
  used?: readonly NeighbourInput[] | null
  generated?: readonly NeighbourInput[] | null
  parents?: readonly RunNeighbourInput[] | null
}

export interface RecordItem {
  dataset?: DatasetInput | null
  job?: JobInput | null
  run?: RunInput | null
}

/** An item, checked and with its defaults applied: what is mentioned, and nothing else. */
export interface RecordPlan {
  self: Name
  facets: readonly FacetInput[]
  /** `null` deletes the field. */
  fields: Readonly<Record<string, Json>>
  relations: readonly { rel: Relation; targets: readonly Target[] }[]
}

const LONGEST_NAME_BYTES = 2_048
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Reads an item of a batch. What it does not mention is kept as it is; an empty list (or `null` for a
 * single neighbour) clears the relation, `null` deletes the field (docs/specs/record.md).
 *
 * @throws {Problem} `RECORD_ITEM_INVALID`
 */
export function planItem({ dataset, job, run }: RecordItem, item: number): RecordPlan {
  const reader = openReader(item)
  if (dataset && !job && !run) return planDataset(dataset, reader)
  if (job && !dataset && !run) return planJob(job, reader)
  if (run && !dataset && !job) return planRun(run, reader)
  throw itemInvalid(item, 'it must be exactly one of dataset, job and run')
}

const planDataset = (dataset: DatasetInput, { named, near, relations }: Reader): RecordPlan => ({
  self: named('Dataset', dataset),
  facets: dataset.facets ?? [],
  fields: mentioned({ description: dataset.description }),
  relations: relations({
    WAS_GENERATED_BY: dataset.generatedBy?.map((far) => near('Job', far)),
    WAS_DERIVED_FROM: dataset.derivedFrom?.map((far) => near('Dataset', far)),
  }),
})

const planJob = (job: JobInput, { named, near, relations }: Reader): RecordPlan => ({
  self: named('Job', job),
  facets: job.facets ?? [],
  fields: mentioned({ description: job.description }),
  relations: relations({
    USED: job.uses?.map((far) => near('Dataset', far)),
    PART_OF: job.partOf?.map((far) => near('Job', far)),
  }),
})

const planRun = (run: RunInput, { runNamed, near, nearRun, relations }: Reader): RecordPlan => ({
  self: runNamed(run.runId),
  facets: run.facets ?? [],
  fields: mentioned({ state: run.state, startedAt: run.startedAt, endedAt: run.endedAt }),
  relations: relations({
    RUN_OF: run.job === null ? [] : run.job && [near('Job', run.job)],
    RUN_USED: run.used?.map((far) => near('Dataset', far)),
    RUN_GENERATED: run.generated?.map((far) => near('Dataset', far)),
    CHILD_OF: run.parents?.map(nearRun),
  }),
})

type Reader = ReturnType<typeof openReader>

/**
 * Reads the parts of one item; whatever is wrong is told with the item's number.
 *
 * @param path Where in the item it reads, as a JSON Pointer, where its caller tells that.
 */
export function openReader(item: number, path?: string) {
  const text = (what: string, given: string) => {
    const normal = given.normalize('NFC')
    const bytes = Buffer.byteLength(normal)
    if (bytes > 0 && bytes <= LONGEST_NAME_BYTES && normal.isWellFormed()) return normal
    const at = path === undefined ? path : `${path}/${what}`
    throw itemInvalid(item, `${what} must be text of 1 to ${LONGEST_NAME_BYTES} bytes`, at)
  }
  const named = (kind: Kind, { namespace, name }: { namespace: string; name: string }): Name => ({
    kind,
    namespace: text('namespace', namespace),
    name: text('name', name),
  })
  const runNamed = (runId: string): Name => {
    const name = runId.toLowerCase()
    if (!UUID.test(name)) throw itemInvalid(item, 'runId must be a UUID')
    return { kind: 'Run', namespace: 'run', name }
  }
  const byId = (id: string): Target => {
    if (isUrn(id)) return { id }
    throw itemInvalid(item, 'a neighbour’s id must be a URN such as urn:selvedge:dataset:h:…', path)
  }
  const near = (kind: Kind, { id, namespace, name }: NeighbourInput): Target => {
    if (id != null && namespace == null && name == null) return byId(id)
    if (id == null && namespace != null && name != null) {
      return { to: named(kind, { namespace, name }) }
    }
    throw itemInvalid(item, 'a neighbour is named by id alone, or by namespace and name', path)
  }
  const nearRun = ({ id, runId }: RunNeighbourInput): Target => {
    if (id != null && runId == null) return byId(id)
    if (id == null && runId != null) return { to: runNamed(runId) }
    throw itemInvalid(item, 'a run is named by id or by runId')
  }
  return { named, runNamed, near, nearRun, relations }
}

/** Relations that are not mentioned (or are `null`, for a list) are kept. */
const relations = (given: Partial<Record<Relation, Target[] | null>>): RecordPlan['relations'] =>
  Object.entries(given).flatMap(([rel, targets]) =>
    targets ? [{ rel: rel as Relation, targets }] : [],
  )

const mentioned = (fields: Record<string, Json | undefined>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<
    string,
    Json
  >

/** What a plan is about and leads to. */
export interface Touching extends Pick<RecordPlan, 'relations'> {
  self: Name | { id: string }
}

/** The names that a plan touches, so that a batch can be read at once. */
export const namesOf = ({ self, relations }: Touching): Name[] => [
  ...('kind' in self ? [self] : []),
  ...relations.flatMap(({ targets }) => targets.flatMap((far) => ('to' in far ? [far.to] : []))),
]

export const idsOf = ({ self, relations }: Touching): string[] => [
  ...('id' in self ? [self.id] : []),
  ...relations.flatMap(({ targets }) => targets.flatMap((far) => ('id' in far ? [far.id] : []))),
]

/** What to assert, given what is there: the pointers of facets live in one field for all of them. */
export function assertionOf(plan: RecordPlan, draft: Draft): Assertion {
  const { self, facets, fields, relations } = plan
  const id = draft.urn(self.kind, self.namespace, self.name)
  const found = draft.get(draft.resolve(id))
  const before = found?.action === 'assert' ? found.fields.numbersAsText : undefined
  const numbers = new Map(Object.entries((before ?? {}) as Record<string, string[]>))
  const patch = new Map<string, Json | undefined>(
    Object.entries(fields).map(([name, value]) => [name, value ?? undefined]),
  )
  for (const { group, name, value } of facets) {
    const field = `facet:${group}:${name}`
    patch.set(field, value?.value ?? undefined)
    if (value && value.numbersAsText.length > 0) numbers.set(field, value.numbersAsText)
    else numbers.delete(field)
  }
  patch.set('numbersAsText', numbers.size > 0 ? Object.fromEntries(numbers) : undefined)
  return { ...self, id, fields: Object.fromEntries(patch), replace: relations }
}
