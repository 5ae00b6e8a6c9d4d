import { hash } from 'node:crypto'
import { canonical } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'

/** An event as it is sent. */
// biome-ignore lint/suspicious/noExplicitAny: events are foreign JSON, and tests reach into them
export type RawEvent = any

/** The current state of a tenant, with every id replaced by what the thing is called. */
export interface World {
  nodes: string[]
  edges: string[]
  bodies: Record<string, unknown>
}

interface Said {
  event: RawEvent
  time: string
  hash: string
}

/**
 * Says what a list of events must lead to, whatever order they come in: written from docs/specs/record.md
 * over the whole list at once, and sharing no rule with the code under test.
 */
export function expectedWorld(events: readonly RawEvent[]): World {
  const said = events.map((event) => ({
    event,
    time: exactTime(event.eventTime),
    hash: hash('sha256', canonical(event), 'hex'),
  }))
  const labels = classLabels(events)
  const dataset = (named: RawEvent) => labels.get(key(named))!
  const nodes = new Set<string>(labels.values())
  const edges = new Set<string>()
  const bodies = new Map<string, Record<string, unknown>>()
  for (const job of new Set(said.filter(isOfJob).map(({ event }) => jobOf(event)))) {
    const mine = said.filter((one) => isOfJob(one) && jobOf(one.event) === job)
    nodes.add(job)
    const [used, lastInputs] = designEdges(mine, 'inputs', dataset)
    const [generated, lastOutputs] = designEdges(mine, 'outputs', dataset)
    for (const end of used) edges.add(`${job} USED ${end}`)
    for (const end of generated) edges.add(`${end} WAS_GENERATED_BY ${job}`)
    for (const parent of mine.flatMap(({ event }) => parentsOf(event))) {
      nodes.add(jobLabel(parent.job))
      edges.add(`${job} PART_OF ${jobLabel(parent.job)}`)
    }
    bodies.set(job, {
      ...facetFields(mine, ({ event }) => [['job', event.job.facets]]),
      ...(lastInputs && { 'at USED': stamp(lastInputs) }),
      ...(lastOutputs && { 'at WAS_GENERATED_BY': stamp(lastOutputs) }),
    })
  }
  for (const run of new Set(said.filter(isOfRun).map(({ event }) => runOf(event)))) {
    const mine = said.filter((one) => isOfRun(one) && runOf(one.event) === run)
    nodes.add(run)
    for (const { event } of mine) {
      edges.add(`${run} RUN_OF ${jobOf(event)}`)
      for (const parent of parentsOf(event)) {
        nodes.add(runLabel(parent.run))
        edges.add(`${run} CHILD_OF ${runLabel(parent.run)}`)
      }
    }
    const levels = { ...runEdges(mine, 'inputs', dataset), ...runEdges(mine, 'outputs', dataset) }
    for (const name of Object.keys(levels)) edges.add(`${run} ${name.split(' of ')[0]!.slice(3)}`)
    bodies.set(run, {
      ...facetFields(mine, ({ event }) => [['run', event.run.facets]]),
      ...levels,
      ...transitions(mine),
    })
  }
  for (const label of new Set(labels.values())) {
    const facets = facetFields(said, ({ event }) =>
      mentions(event)
        .filter(([, named]) => dataset(named) === label)
        .flatMap(([part, named]) => [
          ['dataset', named.facets],
          [part, named[`${part}Facets`]],
        ]),
    )
    bodies.set(label, { ...facets, ...columnStatements(said, label, facets, dataset) })
  }
  for (const event of events) {
    for (const [, named] of mentions(event)) {
      for (const input of columnInputs(named)) {
        nodes.add(dataset(input))
        if (dataset(input) === dataset(named)) continue
        edges.add(`${dataset(named)} WAS_DERIVED_FROM ${dataset(input)}`)
      }
    }
  }
  for (const label of nodes) if (!bodies.has(label)) bodies.set(label, {})
  return {
    nodes: [...nodes].sort(),
    edges: [...edges].sort(),
    bodies: Object.fromEntries([...bodies].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const isOfJob = ({ event }: Said) => event.job !== undefined
const isOfRun = ({ event }: Said) => event.run !== undefined
const key = ({ namespace, name }: RawEvent) => JSON.stringify([namespace, name])
export const jobLabel = (job: RawEvent) => `job ${key(job)}`
export const runLabel = (run: RawEvent) => `run ${JSON.stringify(['run', run.runId.toLowerCase()])}`
const jobOf = (event: RawEvent) => jobLabel(event.job)
const runOf = (event: RawEvent) => runLabel(event.run)
const stamp = ({ time, hash: digest }: Said) => `${time} ${digest}`
const isLater = (a: Said, b: Said) => stamp(a) > stamp(b)
const latest = (some: readonly Said[]) =>
  some.reduce<Said | undefined>((best, one) => (best && isLater(best, one) ? best : one), undefined)

function parentsOf(event: RawEvent): RawEvent[] {
  const { parent, parentRun } = event.run?.facets ?? {}
  return [parent, parentRun]
    .filter((facet) => facet && facet._deleted !== true)
    .flatMap(({ root, ...started }) => [
      started,
      ...(root && runLabel(root.run) !== runLabel(event.run) ? [root] : []),
    ])
}

function mentions(event: RawEvent): [part: string, named: RawEvent][] {
  if (!event.job) return [['none', event.dataset]]
  return [
    ...(event.inputs ?? []).map((named: RawEvent) => ['input', named]),
    ...(event.outputs ?? []).map((named: RawEvent) => ['output', named]),
  ] as [string, RawEvent][]
}

/** Every dataset that the columns of a mentioned one are said to come from. */
function columnInputs(named: RawEvent): RawEvent[] {
  const facet = named.facets?.columnLineage
  if (!facet || facet._deleted === true) return []
  const fields = Object.values<RawEvent>(facet.fields)
  return [...fields.flatMap(({ inputFields }) => inputFields), ...(facet.dataset ?? [])]
}

/** What each job last said of the columns; what the facet in force says too stands there alone. */
function columnStatements(
  said: readonly Said[],
  label: string,
  facets: Record<string, unknown>,
  dataset: (named: RawEvent) => string,
) {
  const jobs = new Set(said.map(({ event }) => (event.job ? jobOf(event) : '')))
  return Object.assign(
    {},
    ...[...jobs].map((job) => {
      const mine = said.filter(({ event }) => (event.job ? jobOf(event) : '') === job)
      const of = facetFields(mine, ({ event }) =>
        mentions(event)
          .filter(([, named]) => dataset(named) === label && named.facets?.columnLineage)
          .map(([, named]) => ['dataset', { columnLineage: named.facets.columnLineage }]),
      )
      const at = of['at facet:dataset:columnLineage']
      if (at === undefined) return {}
      const field = `facet:columnLineage:${job}`
      const value = of['facet:dataset:columnLineage']
      const isShared = facets['at facet:dataset:columnLineage'] === at
      return { [`at ${field}`]: at, ...(!isShared && value !== undefined && { [field]: value }) }
    }),
  )
}

/** Every dataset name by the smallest name of its class, over all symlinks of all events. */
function classLabels(events: readonly RawEvent[]): Map<string, string> {
  const smallest = new Map<string, string>()
  const pairs: [string, string][] = []
  for (const [, named] of events.flatMap(mentions)) {
    smallest.set(key(named), key(named))
    for (const input of columnInputs(named)) smallest.set(key(input), key(input))
    const symlinks = named.facets?.symlinks
    for (const other of symlinks?._deleted === true ? [] : (symlinks?.identifiers ?? [])) {
      smallest.set(key(other), key(other))
      pairs.push([key(named), key(other)])
    }
  }
  for (let moved = true; moved; ) {
    moved = false
    for (const [a, b] of pairs) {
      const least = [smallest.get(a)!, smallest.get(b)!].sort()[0]!
      moved ||= smallest.get(a) !== least || smallest.get(b) !== least
      smallest.set(a, least).set(b, least)
    }
  }
  return new Map([...smallest].map(([name, label]) => [name, `dataset ${label}`]))
}

/** In force: what the last replacement states, and what a run has named since its time. */
function designEdges(
  ofJob: readonly Said[],
  part: 'inputs' | 'outputs',
  dataset: (named: RawEvent) => string,
): [ends: Set<string>, last: Said | undefined] {
  const last = latest(ofJob.filter(({ event }) => !event.run && event[part]))
  const since = ofJob.filter(({ event, time }) => event.run && time > (last?.time ?? ''))
  const all = [...(last ? [last] : []), ...since].flatMap(({ event }) => event[part] ?? [])
  return [new Set(all.map(dataset)), last]
}

/** What the runs named, with the latest event of each job that said so. */
function runEdges(
  ofRun: readonly Said[],
  part: 'inputs' | 'outputs',
  dataset: (named: RawEvent) => string,
) {
  const rel = part === 'inputs' ? 'RUN_USED' : 'RUN_GENERATED'
  const named: Record<string, Said> = {}
  for (const one of ofRun) {
    for (const end of (one.event[part] ?? []).map(dataset)) {
      const name = `at ${rel} ${end} of ${jobOf(one.event)}`
      if (!named[name] || isLater(one, named[name])) named[name] = one
    }
  }
  return Object.fromEntries(Object.entries(named).map(([name, one]) => [name, stamp(one)]))
}

function transitions(ofRun: readonly Said[]) {
  const of = (...types: string[]) => ofRun.filter(({ event }) => types.includes(event.eventType))
  const last = latest(of('START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL'))
  const times = (some: readonly Said[]) => some.map(({ time }) => time).sort()
  const startedAt = times(of('START'))[0]
  const endedAt = times(of('COMPLETE', 'ABORT', 'FAIL')).at(-1)
  return {
    ...(last && { state: last.event.eventType, 'at state': stamp(last) }),
    ...(startedAt && { startedAt }),
    ...(endedAt && { endedAt }),
  }
}

/** Every facet's last word, with its stamp; a deleted one has a stamp alone. */
function facetFields(
  said: readonly Said[],
  groups: (one: Said) => [group: string, facets: RawEvent][],
): Record<string, unknown> {
  const best = new Map<string, { order: string; value: Json | undefined; by: Said }>()
  for (const by of said) {
    for (const [group, facets] of groups(by)) {
      for (const [name, value] of Object.entries<RawEvent>(facets ?? {})) {
        const gone = value._deleted === true
        const order = `${stamp(by)} ${gone ? '' : canonical(value)}`
        const field = `facet:${group}:${name}`
        const before = best.get(field)
        if (before && before.order >= order) continue
        best.set(field, { order, value: gone ? undefined : value, by })
      }
    }
  }
  return Object.fromEntries(
    [...best].flatMap(([field, { value, by }]) => [
      ...(value === undefined ? [] : [[field, value]]),
      [`at ${field}`, stamp(by)],
    ]),
  )
}

/** The instant in UTC with nine fraction digits. */
function exactTime(text: string): string {
  const [, seconds, fraction = '', zone] = /^(.{19})(?:\.(\d+))?(.+)$/.exec(text)!
  const whole = new Date(`${seconds}${zone}`).toISOString().slice(0, 19)
  return `${whole}.${fraction.padEnd(9, '0')}Z`
}
