import type { Json } from '../../proofs/json.ts'
import type { Stamp } from './stamp.ts'

/** What a job or dataset is called: OpenLineage identifies both by a pair of texts. */
export interface Name {
  namespace: string
  name: string
}

/** A facet as a field of a body: what the event says it is now, or that it is gone. */
export interface FacetWrite {
  /** `facet:<group>:<name>`, group one of run, job, dataset, input, output. */
  field: string
  /** The facet untouched; `undefined` where the event deletes it. */
  value: Json | undefined
  /** Where in the value a text stands for a number (docs/specs/record.md). */
  numbersAsText: readonly string[]
}

/** A dataset as one event names it. */
export interface DatasetMention {
  name: Name
  facets: FacetWrite[]
  /** Other names of the same dataset. */
  symlinks: Name[]
  /** The datasets that its `columnLineage` facet says its columns come from, each once. */
  columnInputs: Name[]
}

/** A job as one event names it. */
export interface JobMention {
  name: Name
  facets: FacetWrite[]
}

/** The words for a run's transitions, in the standard's order. */
export const EVENT_TYPES = ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'] as const

/** A run's transition. */
export type EventType = (typeof EVENT_TYPES)[number]

/** A run as one event names it. */
export interface RunMention {
  /** A UUID in lower case. */
  id: string
  facets: FacetWrite[]
  transition: EventType | undefined
  /** What started this run, and at the root of that: of an old and a new facet, where they differ. */
  parents: { run: string; job: Name }[]
}

/** What an event carries of itself. */
export interface Stamped {
  /** When it happened, and the hash that decides between events of the same time. */
  stamp: Stamp
  /** The event's canonical form: what tells one request from another. */
  text: string
}

interface RunParts {
  type: 'run'
  run: RunMention
  job: JobMention
  inputs: DatasetMention[]
  outputs: DatasetMention[]
}

interface JobParts {
  type: 'job'
  job: JobMention
  inputs: DatasetMention[] | undefined
  outputs: DatasetMention[] | undefined
}

interface DatasetParts {
  type: 'dataset'
  dataset: DatasetMention
}

/** What an event is about. */
export type EventParts = RunParts | JobParts | DatasetParts

/** Says what one execution of a job read and wrote. */
export type RunEvent = Stamped & RunParts

/** Says what a job reads and writes by design; a list that is left out says nothing. */
export type JobEvent = Stamped & JobParts

/** Says something of one dataset. */
export type DatasetEvent = Stamped & DatasetParts

/** An OpenLineage event, checked, with its facets laid out as fields. */
export type LineageEvent = RunEvent | JobEvent | DatasetEvent

/** Every dataset that the event names, in its order, inputs first. */
export const mentionsOf = (event: EventParts): DatasetMention[] =>
  event.type === 'dataset' ? [event.dataset] : [...(event.inputs ?? []), ...(event.outputs ?? [])]
