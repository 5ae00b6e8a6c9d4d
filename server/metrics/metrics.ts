import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { QueryStarted } from '../../lineage/graph.ts'
import type { CurrentRequest } from '../current-request.ts'
import type { RequestEnd } from '../observed.ts'
import type { Outcome } from '../webhooks/turn.ts'
import {
  type Depths,
  openGauges,
  openQueueGauges,
  openSubscriptionGauge,
  type Queues,
} from './gauges.ts'

/** What whoever watches the service counts and measures. */
export interface Metrics {
  readonly contentType: string
  /** Everything in Prometheus' text format, the gauges as they are now. */
  text(): Promise<string>
  requestStarted(): void
  requestEnded(request: CurrentRequest, end: RequestEnd): void
  /** Measures every Cypher text that runs. */
  onQuery: QueryStarted
  /** Counts what came of each attempt to deliver an event. */
  onDelivery(outcome: Outcome): void
  /** Says where the gauges are read, once there is something to read. */
  watch(depths: Depths): void
  /** Says where requests wait; once, as well. */
  watchQueues(queues: Queues): void
  /** Says where subscriptions are counted; once, as well. */
  watchSubscriptions(subscriptions: { readonly open: number; readonly told: number }): void
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** There are more than a hundred texts: few steps each. */
const QUERY_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5]

/** A caller may make up methods; these alone are told apart. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS'])
const CODE = /^[A-Z][A-Z0-9_]{1,60}$/

/**
 * Opens the metrics. Every label is bounded by the program: routes by their template, operations by
 * the schema's root fields, texts by their names. No label is a tenant, nor a word of a caller's.
 */
export function openMetrics({ version }: { version: string }): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register, prefix: 'selvedge_' })
  new Gauge({
    name: 'selvedge_info',
    help: 'The version that runs.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)
  const requests = new Counter({
    name: 'selvedge_requests_total',
    help: 'Requests that ended, by route, root field and class of status.',
    labelNames: ['method', 'route', 'operation', 'status'],
    registers,
  })
  const problems = new Counter({
    name: 'selvedge_problems_total',
    help: 'Requests that were told a problem, by its code; GraphQL tells many with status 200.',
    labelNames: ['route', 'operation', 'code'],
    registers,
  })
  const seconds = new Histogram({
    name: 'selvedge_request_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['route', 'operation'],
    buckets: SECONDS,
    registers,
  })
  const inFlight = new Gauge({
    name: 'selvedge_requests_in_flight',
    help: 'Requests that are being answered.',
    registers,
  })
  const querySeconds = new Histogram({
    name: 'selvedge_query_seconds',
    help: 'How long a Cypher text took, with its retries.',
    labelNames: ['query', 'access'],
    buckets: QUERY_SECONDS,
    registers,
  })
  const queryFailures = new Counter({
    name: 'selvedge_query_failures_total',
    help: 'Cypher texts that failed for good.',
    labelNames: ['query', 'access'],
    registers,
  })
  const deliveries = new Counter({
    name: 'selvedge_webhook_deliveries_total',
    help: 'Attempts to deliver events to webhooks, and to have endpoints agree, by what came of them.',
    labelNames: ['outcome'],
    registers,
  })
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    requestStarted: () => inFlight.inc(),
    requestEnded({ method, route, field, code }, { status, milliseconds }) {
      inFlight.dec()
      const asked = { route: route ?? 'none', operation: field ?? 'none' }
      requests.inc({
        ...asked,
        method: METHODS.has(method) ? method : 'other',
        status: `${Math.floor(status / 100)}xx`,
      })
      if (code) problems.inc({ ...asked, code: CODE.test(code) ? code : 'other' })
      seconds.observe(asked, milliseconds / 1000)
    },
    onQuery({ name }, access) {
      const end = querySeconds.startTimer({ query: name, access })
      return (error) => {
        end()
        if (error !== undefined) queryFailures.inc({ query: name, access })
      }
    },
    onDelivery: (outcome) => deliveries.inc({ outcome }),
    watch: (depths) => openGauges(register, depths),
    watchQueues: (queues) => openQueueGauges(register, queues),
    watchSubscriptions: (subscriptions) => openSubscriptionGauge(register, subscriptions),
  }
}
