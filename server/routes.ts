import type { Services } from '../resolvers/context.ts'
import { openContext } from '../resolvers/context.ts'
import { callerOf } from './caller.ts'
import { noteRequest } from './current-request.ts'
import { serveExport } from './exports.ts'
import type { Identity } from './identity/identity.ts'
import { serveJwks } from './jwks.ts'
import { serveLogFile } from './log-files.ts'
import { receiveBatch, receiveEvent } from './openlineage.ts'
import { methodNotAllowed, notReady, type Report, routeUnknown } from './problems.ts'
import { serveVerifyPage } from './verify-page.ts'

/** What a route may need besides the request and the services. */
interface RouteMore {
  report: Report
  identity: Identity
  /** What the path has in the place of the braces. */
  part: string
}

/** A REST route. `path` is matched whole; a part in braces matches one segment, one with a star any number. */
export interface Route {
  method: 'GET' | 'POST'
  path: string
  answer(request: Request, services: Services, more: RouteMore): Promise<Response>
}

/** Every route but GraphQL's. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/livez',
    answer: async () => Response.json({ status: 'alive' }),
  },
  {
    method: 'GET',
    path: '/readyz',
    answer: async (_request, { database }) => {
      await database.verify().catch((error: unknown) => {
        throw notReady(error)
      })
      return Response.json({ status: 'ready' })
    },
  },
  {
    method: 'GET',
    path: '/verify.html',
    answer: () => serveVerifyPage(),
  },
  {
    method: 'GET',
    path: '/.well-known/jwks.json',
    answer: (_request, { ledger }) => serveJwks(ledger.keys.held),
  },
  {
    method: 'GET',
    path: '/exports/{id}',
    answer: async (request, services, { part, identity }) =>
      serveExport(request, idIn(part), openContext(services, await callerOf(request, identity))),
  },
  {
    method: 'GET',
    path: '/log/{file*}',
    answer: async (request, { database }, { part, identity }) =>
      serveLogFile(request, part, { database, tenant: await speakingFor(request, identity) }),
  },
  {
    method: 'POST',
    path: '/api/v1/lineage',
    answer: async (request, services, more) =>
      receiveEvent(request, await lineageCaller(request, services, more)),
  },
  {
    method: 'POST',
    path: '/api/v1/lineage/batch',
    answer: async (request, services, more) =>
      receiveBatch(request, await lineageCaller(request, services, more)),
  },
]

async function lineageCaller(
  request: Request,
  services: Services,
  { report, identity }: RouteMore,
) {
  const { tenant, caller } = openContext(services, await callerOf(request, identity))
  return { ledger: services.ledger, tenant, subject: caller.subject, report }
}

/** For a log that is public nobody need say who asks. */
async function speakingFor(request: Request, identity: Identity) {
  return (await identity.identify(request)) && (await callerOf(request, identity)).tenant
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
  more: Omit<RouteMore, 'part'>,
): Promise<Response> {
  const { pathname } = new URL(request.url)
  const matching = MATCHERS.filter(({ pattern }) => pattern.test(pathname))
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = matching.find(({ route }) => route.method === method)
  if (!found) {
    const allowed = matching.map(({ route }) => route.method)
    throw allowed.length > 0 ? methodNotAllowed(method, allowed) : routeUnknown(pathname)
  }
  noteRequest({ route: found.route.path })
  const part = found.pattern.exec(pathname)?.[1] ?? ''
  return found.route.answer(request, services, { ...more, part })
}
