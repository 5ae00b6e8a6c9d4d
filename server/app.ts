import type { RequestListener } from 'node:http'
import { openAccess, type ToldDecision } from '../domains/access/access.ts'
import { openStrangers } from '../domains/log-files/strangers.ts'
import type { Services } from '../resolvers/context.ts'
import { refuseUnaddressable } from './addressable.ts'
import { breakable } from './break-off.ts'
import { noteRequest } from './current-request.ts'
import { graphiql } from './graphiql.ts'
import { GRAPHQL_PATH, mayIntrospect, openYoga } from './graphql.ts'
import { localHostsOnly, publicHosts } from './host.ts'
import type { Identity } from './identity/identity.ts'
import { openHeaderIdentity } from './identity/open.ts'
import { limitAddresses } from './limits/address.ts'
import { openCrossSite } from './limits/cross-site.ts'
import { untilOf, withinTime } from './limits/deadline.ts'
import { openDoor } from './limits/door.ts'
import { refuseOddRequests } from './limits/http.ts'
import { defaultLimits, type Limits } from './limits/limits.ts'
import { openLog, reportTo } from './log.ts'
import type { Metrics } from './metrics/metrics.ts'
import {
  observedFetch,
  observedListener,
  type RequestEnded,
  type RequestObservers,
} from './observed.ts'
import { methodNotAllowed, problemOf, problemResponse, type Report } from './problems.ts'
import { behindProxies, type Proxies } from './proxies.ts'
import { openReadiness, type Readiness } from './readiness.ts'
import { answerByRoute } from './routes.ts'
import { securedFetch, securedListener } from './security-headers.ts'
import { openSubscriptions } from './subscriptions/subscriptions.ts'
import { decisionEngine } from './surface.ts'
import type { Tracing } from './tracing/tracing.ts'

export interface AppOptions extends Omit<Services, 'access'> {
  /** Told of every fault that is ours, under the number that the caller is told. */
  report?: Report
  /** Who says who asks; without it, the headers do (the development identity). */
  identity?: Identity
  /** Whether requests should be sent here; without it, one that never drains. */
  readiness?: Readiness
  /** The host names that are answered to, where the identity is none for development; any otherwise. */
  hosts?: readonly string[] | null
  metrics?: Metrics
  tracing?: Tracing | null
  /** Who is believed in saying for whom it asks; nobody, where it is left out. */
  proxies?: Proxies | null
  /** Told of every request that was answered. */
  onEnded?: RequestEnded
  /** What requests may ask for; the defaults of the settings where it is left out. */
  limits?: Limits
  /** Told of every denial, and of the sampled share of what is permitted. */
  onDecision?(decision: ToldDecision): void
  /** That share, from 0 to 1. */
  decisionSample?: number
}

/** The whole service as a function from requests to responses: no socket, no port. */
export interface App {
  fetch(request: Request): Promise<Response>
  /** The same for `node:http`. */
  listener: RequestListener
  /** Whether only this machine may be listened to. */
  isLocal: boolean
  /** Ends what would last, each stream with where to go on, and takes no more of it. */
  endSubscriptions(): void
}

const TAKEN_BY_GRAPHQL = ['GET', 'POST']

const pathOf = ({ url }: Request) => url.slice(url.indexOf('/', url.indexOf('//') + 2))

/** Wires the routes together. What `options` names stays the caller's to close. */
export function createApp({
  identity = openHeaderIdentity(),
  report = reportToStderr(),
  hosts = null,
  onEnded = () => {},
  limits = defaultLimits(),
  onDecision,
  decisionSample,
  readiness: givenReadiness,
  metrics,
  tracing = null,
  proxies = null,
  ...given
}: AppOptions): App {
  const access = openAccess({
    engine: decisionEngine(),
    graphOf: (tenant) => given.database.graph(tenant),
    onDecision,
    sample: decisionSample,
  })
  const services = { ...given, access }
  const readiness = givenReadiness ?? usualReadiness(given)
  const checkHost = identity.isDevelopment ? localHostsOnly : publicHosts(hosts)
  const door = openDoor({ limits, identity })
  metrics?.watchQueues(door)
  const subscriptions = openSubscriptions(limits)
  metrics?.watchSubscriptions(subscriptions)
  const strangers = openStrangers()
  const crossSite = openCrossSite(limits.corsOrigins, {
    believesHeaders: identity.isDevelopment,
  })
  // It begins by asking for the schema.
  const hasPage = mayIntrospect(limits, identity)
  const answer = (request: Request): Promise<Response> | undefined => {
    try {
      const path = pathOf(request)
      checkHost(request.headers.get('host') ?? new URL(request.url).host, path)
      const preflight = crossSite.preflight(request)
      if (preflight) return Promise.resolve(preflight)
      const isGraphql = path === GRAPHQL_PATH || path.startsWith(`${GRAPHQL_PATH}?`)
      if (isGraphql) {
        noteRequest({ route: GRAPHQL_PATH })
        if (!TAKEN_BY_GRAPHQL.includes(request.method)) {
          throw methodNotAllowed(request.method, TAKEN_BY_GRAPHQL)
        }
        untilOf(request, limits)
        const page = hasPage ? graphiql(request, identity) : undefined
        if (!page) crossSite.check(request, { isGraphql })
        return page
      }
      crossSite.check(request, { isGraphql })
      const within = withinTime(services, untilOf(request, limits))
      const more = {
        report,
        identity,
        readiness,
        door,
        strangers,
        limits,
        metrics,
        patient: services.database,
      }
      return answerByRoute(request, within, more).catch(tell)
    } catch (error) {
      return Promise.resolve(tell(error))
    }
  }
  const observers: RequestObservers = {
    onStarted(request, traceparent) {
      metrics?.requestStarted()
      tracing?.requestStarted(request, traceparent)
    },
    onEnded(request, end) {
      metrics?.requestEnded(request, end)
      tracing?.requestEnded(request, end)
      onEnded(request, end)
    },
  }
  const tell = (error: unknown) => problemResponse(problemOf(error, report))
  const yoga = openYoga(services, {
    ...{ report, identity, limits, door, tracing, subscriptions, answer },
    finish: (request, headers) => {
      door.leave(request, headers)
      crossSite.tell(request, headers)
    },
  })
  const addressed = refuseUnaddressable(breakable(yoga as RequestListener), checkHost)
  const counted = behindProxies(limitAddresses(addressed, door), proxies)
  return {
    fetch: observedFetch(
      securedFetch((request) => yoga.fetch(request)),
      observers,
    ),
    listener: observedListener(securedListener(refuseOddRequests(counted)), observers),
    isLocal: identity.isDevelopment,
    endSubscriptions: subscriptions.end,
  }
}

const usualReadiness = ({ database, ledger }: Pick<Services, 'database' | 'ledger'>) =>
  openReadiness({ database, keys: () => ledger.keys, withinMs: 2_000 })

/** Where no log is given: faults of ours are told all the same. */
const reportToStderr = () => reportTo(openLog({ logLevel: 'error', logFormat: 'auto' }))
