import type { Permission } from '../domains/access/permissions.ts'
import type { Strangers } from '../domains/log-files/strangers.ts'
import type { Database } from '../lineage/graph.ts'
import { type Context, openContext, type Services } from '../resolvers/context.ts'
import { receiveAttachment, serveAttachment } from './attachments.ts'
import { callerOf } from './caller.ts'
import { serveCatalogue, serveCatalogueOfLineage } from './catalogue.ts'
import { noteRequest } from './current-request.ts'
import { receiveUsage } from './events.ts'
import { serveExport } from './exports.ts'
import type { Identity } from './identity/identity.ts'
import { receiveImport } from './imports.ts'
import { serveJwks } from './jwks.ts'
import type { Door } from './limits/door.ts'
import type { Limits } from './limits/limits.ts'
import { serveLogFile } from './log-files.ts'
import type { Metrics } from './metrics/metrics.ts'
import { serveModelDocument } from './model-document.ts'
import { receiveBatch, receiveEvent } from './openlineage.ts'
import { methodNotAllowed, type Report, routeUnknown } from './problems.ts'
import { serveProvenance } from './provenance.ts'
import type { Readiness } from './readiness.ts'
import { serveVerifyPage } from './verify-page.ts'

/** What a route may need besides the request and the services. */
interface RouteMore {
  report: Report
  identity: Identity
  readiness: Readiness
  door: Door
  strangers: Strangers
  /** What an answer that has begun goes on with: a reader may take longer than a request. */
  patient: Database
  limits: Limits
  /**
   * The request once more, as one that needs another permission: each has the policies by which it was
   * permitted looked at under the log's lock.
   *
   * @throws {Problem} `PERMISSION_DENIED`
   */
  permitted(permission: Permission): Promise<Context>
  /** Nothing where nobody measures. */
  metrics: Metrics | undefined
  /** What the path has in the place of the braces. */
  part: string
}

/** A REST route. `path` is matched whole; a part in braces matches one segment, one with a star any number. */
export type Route = { method: 'GET' | 'POST'; path: string } & (
  | {
      /** What a caller needs to be permitted before the route is asked. */
      permission: Permission
      answer(request: Request, context: Context, more: RouteMore): Promise<Response>
    }
  | {
      /** Open to everyone, but for `unless`: what callers need where the route finds that it is not. */
      permission: null
      unless?: Permission
      answer(request: Request, services: Services, more: RouteMore): Promise<Response>
    }
)

/** Every route but GraphQL's. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/livez',
    permission: null,
    answer: async () => Response.json({ status: 'alive' }),
  },
  {
    method: 'GET',
    path: '/readyz',
    permission: null,
    async answer(_request, _services, { readiness }) {
      const checks = await readiness.check()
      const isWhole = Object.values(checks).every((state) => state === 'ok')
      return Response.json({ status: isWhole ? 'ready' : 'degraded', checks })
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    permission: 'metrics:read',
    async answer(_request, _context, { metrics }) {
      if (!metrics) throw routeUnknown('/metrics')
      const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' }
      return new Response(await metrics.text(), { headers })
    },
  },
  {
    method: 'GET',
    path: '/verify.html',
    permission: null,
    answer: () => serveVerifyPage(),
  },
  {
    method: 'GET',
    path: '/.well-known/jwks.json',
    permission: null,
    answer: (_request, { ledger }) => serveJwks(ledger.keys.held),
  },
  {
    method: 'GET',
    path: '/exports/{id}',
    permission: 'export:read',
    answer: (request, context, { part, report }) =>
      serveExport(request, idIn(part), context, report),
  },
  {
    method: 'POST',
    path: '/attachments',
    permission: 'attachment:create',
    answer: (request, context, { door, limits }) =>
      receiveAttachment(request, context, { door, most: limits.attachmentMaxBytes }),
  },
  {
    method: 'GET',
    path: '/attachments/{id}',
    permission: 'attachment:read',
    answer: (request, context, { part, report }) =>
      serveAttachment(request, idIn(part), context, report),
  },
  {
    method: 'GET',
    path: '/log/{file*}',
    permission: null,
    unless: 'log:read',
    answer: async (request, services, { part, identity, patient, report, strangers }) =>
      serveLogFile(request, part, {
        database: services.database,
        patient,
        report,
        strangers,
        ...(await readingLogs(request, services, identity)),
      }),
  },
  {
    method: 'POST',
    path: '/api/v1/lineage',
    permission: 'event:write',
    answer: (request, context, more) =>
      receiveEvent(request, lineageCaller(request, context, more)),
  },
  {
    method: 'POST',
    path: '/api/v1/lineage/batch',
    permission: 'event:write',
    answer: (request, context, more) =>
      receiveBatch(request, lineageCaller(request, context, more)),
  },
  {
    method: 'POST',
    path: '/api/v1/import',
    permission: 'import:write',
    answer: (request, _context, { report, door, permitted }) =>
      receiveImport(request, { report, permitted, turns: door.turnsOf(request) }),
  },
  {
    method: 'POST',
    path: '/events',
    permission: 'usage:write',
    answer: (request, { graph }, { door }) =>
      receiveUsage(request, { graph, turns: door.turnsOf(request) }),
  },
  {
    method: 'GET',
    path: '/api/v1/lineage/prov-json',
    permission: 'lineage:read',
    answer: (request, context, { report }) =>
      serveProvenance(request, context, { notation: 'prov-json', report }),
  },
  {
    method: 'GET',
    path: '/api/v1/lineage/prov-n',
    permission: 'lineage:read',
    answer: (request, context, { report }) =>
      serveProvenance(request, context, { notation: 'prov-n', report }),
  },
  {
    method: 'GET',
    path: '/api/v1/lineage/dcat-ap',
    permission: 'lineage:read',
    answer: (request, context, { report }) => serveCatalogueOfLineage(request, context, report),
  },
  {
    method: 'GET',
    path: '/api/v1/catalogue/dcat-ap',
    permission: 'entity:read',
    answer: (request, context, { report }) => serveCatalogue(request, context, report),
  },
  {
    method: 'GET',
    path: '/api/v1/models/{id}/cyclonedx',
    permission: 'entity:read',
    answer: (request, context, { part, report }) =>
      serveModelDocument(request, { id: idIn(part), context, format: 'cyclonedx', report }),
  },
  {
    method: 'GET',
    path: '/api/v1/models/{id}/model-card',
    permission: 'entity:read',
    answer: (request, context, { part, report }) =>
      serveModelDocument(request, { id: idIn(part), context, format: 'model-card', report }),
  },
]

const lineageCaller = (
  request: Request,
  { tenant, caller, services }: Context,
  { report, door }: RouteMore,
) => ({
  ledger: services.ledger,
  tenant,
  subject: caller.subject,
  report,
  turns: door.turnsOf(request),
})

/** For a log that is public nobody need say who asks; any other is read for its own tenant alone. */
async function readingLogs(request: Request, services: Services, identity: Identity) {
  if (!(await identity.identify(request)))
    return { speaksFor: undefined, authorise: async () => {} }
  const context = openContext(services, await callerOf(request, identity))
  return { speaksFor: context.caller.tenant, authorise: () => context.authorise('log:read') }
}

/** A URN stands in a path as it is or percent-encoded; what cannot be decoded names nothing. */
function idIn(part: string) {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}

const patternOf = (path: string) =>
  new RegExp(
    `^${path
      .replaceAll('.', '\\.')
      .replace(/\{\w+\}/, '([^/]+)')
      .replace(/\{\w+\*\}/, '(.+)')}$`,
  )

const MATCHERS = ROUTES.map((route) => ({ route, pattern: patternOf(route.path) }))

/**
 * Answers a request by its route.
 *
 * @throws {Problem} `ROUTE_UNKNOWN`, `METHOD_NOT_ALLOWED`, and what the route throws.
 */
export async function answerByRoute(
  request: Request,
  services: Services,
  more: Omit<RouteMore, 'part' | 'permitted'>,
): Promise<Response> {
  const { pathname } = new URL(request.url)
  const matching = MATCHERS.filter(({ pattern }) => pattern.test(pathname))
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = matching.find(({ route }) => route.method === method)
  if (!found) {
    const allowed = matching.map(({ route }) => route.method)
    throw allowed.length > 0 ? methodNotAllowed(method, allowed) : routeUnknown(pathname)
  }
  const { route, pattern } = found
  noteRequest({ route: route.path })
  const part = pattern.exec(pathname)?.[1] ?? ''
  const answer = () => answerRoute(request, services, { ...more, route, part })
  if (isForEveryone(route)) return answer()
  await more.door.admit(request, route.permission === null)
  // What is sent is read before it has a turn: nobody holds one by sending slowly.
  return method === 'GET' ? more.door.inTurn(request, 'read', answer) : answer()
}

async function answerRoute(
  request: Request,
  services: Services,
  { route, ...rest }: Omit<RouteMore, 'permitted'> & { route: Route },
) {
  const permitted = async (permission: Permission) => {
    const context = openContext(services, await callerOf(request, rest.identity))
    await context.authorise(permission)
    return context
  }
  const more = { ...rest, permitted }
  if (route.permission === null) return route.answer(request, services, more)
  return route.answer(request, await permitted(route.permission), more)
}

/** Neither counted nor queued: what probes and verifiers ask for costs little, and must be there under load. */
const isForEveryone = (route: Route) => route.permission === null && !route.unless
