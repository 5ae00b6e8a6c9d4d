import type { GraphQLError } from 'graphql'
import { createGraphQLError, maskError } from 'graphql-yoga'
import { Problem } from '../core/problem.ts'
import { currentRequest, noteRequest } from './current-request.ts'
import { challengeOf } from './identity/problems.ts'

export const hostNotLocal = (host: string) =>
  new Problem(
    'HOST_NOT_LOCAL',
    'This server trusts whoever can reach it on this machine, and so answers to localhost alone.',
    { status: 421, details: { host: host.slice(0, 200) } },
  )

export const hostNotPublic = (host: string) =>
  new Problem(
    'HOST_NOT_PUBLIC',
    'This server does not answer to that name (SELVEDGE_PUBLIC_HOSTS).',
    {
      status: 421,
      details: { host: host.slice(0, 200) },
    },
  )

export const listenNotLocal = (host: string) =>
  new Problem(
    'LISTEN_NOT_LOCAL',
    `Without issuers of tokens Selvedge listens on this machine alone, and not on ${host}: set SELVEDGE_ISSUERS, or leave SELVEDGE_HOST at 127.0.0.1.`,
    { details: { host } },
  )

export const portTaken = (port: number, cause: unknown) =>
  new Problem('PORT_TAKEN', `Port ${port} is in use; set SELVEDGE_PORT to another one, or 0.`, {
    cause,
  })

export const tlsFilesInvalid = (cert: string, key: string, because: string, cause?: unknown) =>
  new Problem(
    'TLS_FILES_INVALID',
    `${cert} and ${key} are no certificate and its key (${because}): put the right ones there.`,
    { status: 503, cause },
  )

export const tlsHalfGiven = () =>
  new Problem(
    'TLS_HALF_GIVEN',
    'Set both SELVEDGE_TLS_CERT and SELVEDGE_TLS_KEY, or neither: nothing is served in the clear by mistake.',
  )

export const routeUnknown = (path: string) =>
  new Problem('ROUTE_UNKNOWN', 'There is nothing at this path; /graphql has the API.', {
    status: 404,
    details: { path: path.slice(0, 200) },
  })

export const methodNotAllowed = (method: string, allowed: readonly string[]) =>
  new Problem('METHOD_NOT_ALLOWED', `This path takes ${allowed.join(' and ')}, not ${method}.`, {
    status: 405,
    details: { allowed },
  })

export const contentTypeUnsupported = () =>
  new Problem('REQUEST_CONTENT_TYPE', 'Send a GraphQL request as application/json in UTF-8.', {
    status: 415,
  })

export const bodyTooLarge = (most: number) =>
  new Problem('REQUEST_TOO_LARGE', `A request is at most ${most} bytes long; send it in parts.`, {
    status: 413,
    details: { most },
  })

export const bodyTooDense = (most: number) =>
  new Problem(
    'REQUEST_TOO_LARGE',
    `The JSON of a request has at most ${most} commas and opening brackets; send it in parts.`,
    { status: 413, details: { most } },
  )

export const bodyInvalid = (because: string, cause?: unknown) =>
  new Problem('REQUEST_BODY_INVALID', `The request cannot be read: ${because}.`, { cause })

export const operationTooLarge = (what: string, found: number, most: number) =>
  new Problem(
    'OPERATION_TOO_LARGE',
    `The operation has ${what} of ${found}; at most ${most} is taken. Split it up.`,
    { details: { what, found, most } },
  )

export const operationTooCostly = (price: number, most: number) =>
  new Problem(
    'OPERATION_TOO_COSTLY',
    `The operation costs up to ${price}; at most ${most} is taken. Ask for smaller pages or fewer fields.`,
    { details: { price, most } },
  )

export const timeoutInvalid = () =>
  new Problem('TIMEOUT_INVALID', 'x-request-timeout is a whole number of milliseconds, at least 1.')

export const rateLimited = (policy: string, retryAfterSeconds: number) =>
  new Problem(
    'RATE_LIMITED',
    `There are more requests than the policy "${policy}" takes; come again in ${retryAfterSeconds} s.`,
    { status: 429, details: { 'violated-policies': [policy], retryAfterSeconds } },
  )

export const serverBusy = () =>
  new Problem('SERVER_BUSY', 'More waits to be done here than is taken; try again.', {
    status: 503,
    details: { retryAfterSeconds: 1 },
  })

export const requestMalformed = (because: string) =>
  new Problem('REQUEST_MALFORMED', `The request cannot be read: ${because}.`)

export const headersTooLarge = (most: number) =>
  new Problem('REQUEST_HEADERS_TOO_LARGE', `The headers of a request are at most ${most} bytes.`, {
    status: 431,
    details: { most },
  })

export const headersTooMany = (most: number) =>
  new Problem('REQUEST_HEADERS_TOO_MANY', `A request has at most ${most} headers.`, {
    status: 431,
    details: { most },
  })

export const requestTooSlow = () =>
  new Problem('REQUEST_TOO_SLOW', 'The rest of the request did not come in time; send it again.', {
    status: 408,
  })

export const expectationUnknown = () =>
  new Problem('EXPECTATION_UNKNOWN', 'Of expectations, 100-continue alone is met; leave it out.', {
    status: 417,
  })

export const crossSite = () =>
  new Problem(
    'CROSS_SITE',
    'A page of another site sent this; its origin is not among SELVEDGE_CORS_ORIGINS.',
    { status: 403 },
  )

export const originNotAllowed = () =>
  new Problem('ORIGIN_NOT_ALLOWED', 'This origin is not among SELVEDGE_CORS_ORIGINS.', {
    status: 403,
  })

export const requestMayBeForged = () =>
  new Problem(
    'REQUEST_MAY_BE_FORGED',
    'A page of another site could have sent this. Send a POST, or a header such as x-selvedge-tenant.',
    { status: 403 },
  )

export const operationNotListed = () =>
  new Problem('OPERATION_NOT_LISTED', 'This server runs listed operations alone; this is none.', {
    status: 403,
  })

/** The message is a word of Apollo's protocol: its clients then send the text with the hash. */
export const persistedQueryNotFound = () =>
  new Problem('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', { status: 404 })

export const persistedQueryInvalid = (because: string) =>
  new Problem('PERSISTED_QUERY_INVALID', `extensions.persistedQuery cannot be taken: ${because}.`)

export const operationsInvalid = (name: string, because: string, cause?: unknown) =>
  new Problem('OPERATIONS_INVALID', `${name} cannot be taken as an operation: ${because}.`, {
    details: { name },
    cause,
  })

export const introspectionOff = () =>
  new Problem(
    'INTROSPECTION_OFF',
    'The schema cannot be asked for here; SELVEDGE_INTROSPECTION=on lets it.',
    { status: 403 },
  )

export const costAskedWrongly = () =>
  new Problem('COST_INVALID', 'extensions.cost is "report", with the answer, or "only", without.')

export const rangeNotSatisfiable = (size: number) =>
  new Problem(
    'RANGE_NOT_SATISFIABLE',
    `The file has ${size} bytes, and the range is beyond them.`,
    {
      status: 416,
      details: { size },
    },
  )

export const notReady = (missing: readonly string[]) =>
  new Problem('SERVER_NOT_READY', `This server is not ready (${missing.join(', ')}); try again.`, {
    status: 503,
    details: { missing, retryAfterSeconds: 1 },
  })

export const shutdownTooLong = (milliseconds: number) =>
  new Problem(
    'SHUTDOWN_TOO_LONG',
    `What was accepted could not be brought to its end within ${milliseconds} ms; what was acknowledged is kept.`,
    { status: 503, details: { milliseconds } },
  )

export const queryInvalid = (parameter: string, because: string) =>
  new Problem(
    'QUERY_INVALID',
    `The parameter ${JSON.stringify(parameter)} cannot be taken: ${because}.`,
    {
      details: { parameter },
    },
  )

/** What a caller is told where the fault is ours; the number finds it in the server's log. */
const internal = (incident: string) =>
  new Problem('INTERNAL_ERROR', `Something went wrong on our side (incident ${incident}).`, {
    status: 500,
    details: { incident },
  })

/** Is told of every fault that is not the caller's. */
export type Report = (error: unknown, incident: string) => void

/** Makes whatever was thrown a `Problem`: a caller's mistake as it is, anything else reported and masked. */
export function problemOf(error: unknown, report: Report): Problem {
  if (error instanceof Problem) return error
  const incident = crypto.randomUUID()
  report(error, incident)
  return internal(incident)
}

const retryAfter = ({ status, details }: Problem): Record<string, string> =>
  status === 503 || status === 429 ? { 'retry-after': String(details.retryAfterSeconds ?? 1) } : {}

/** The id of the request under way, by which a caller and whoever runs the server mean the same one. */
const requestIdMember = () => {
  const request = currentRequest()
  return request ? { requestId: request.id } : {}
}

/** A problem as REST answers it (RFC 9457), for whatever sends it. */
export function problemParts(problem: Problem) {
  const { code, message, status, details } = problem
  const { allowed } = details
  noteRequest({ code })
  const body = {
    type: `urn:selvedge:problem:${code}`,
    title: code.toLowerCase().replaceAll('_', ' '),
    status,
    detail: message,
    code,
    ...details,
    ...requestIdMember(),
  }
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    // A 404 may be kept by default, and what is not there yet may be there in a moment.
    'cache-control': 'no-store',
    ...retryAfter(problem),
    ...challengeOf(problem),
    ...(Array.isArray(allowed) && { allow: allowed.join(', ') }),
  }
  return { status, headers, body: JSON.stringify(body) }
}

/** A problem as REST routes answer it. */
export function problemResponse(problem: Problem): Response {
  const { status, headers, body } = problemParts(problem)
  return new Response(body, { status, headers })
}

/**
 * The one place where an error becomes a GraphQL error. Whatever comes before or instead of an answer
 * (`atRequest`) sets the HTTP status too; of what resolvers throw, only that the server is unable now.
 * The path says where it happened: compiled and interpreted operations do not give the same places.
 */
export const tellProblem =
  (report: Report): typeof maskError =>
  (error, message) => {
    const told = tell(report, error, message)
    Object.assign(told.extensions, requestIdMember())
    return told
  }

function tell(report: Report, error: unknown, message: string): GraphQLError {
  const told = error as GraphQLError | undefined
  const cause = told?.originalError ?? error
  if (!(cause instanceof Problem) && maskError(error, message, false) === error) {
    if (!isOurFault(told!)) return withCode(told!)
  }
  const problem = problemOf(rootOf(cause), report)
  const atRequest = told?.path === undefined
  return createGraphQLError(problem.message, {
    path: told?.path,
    extensions: {
      ...problem.details,
      code: problem.code,
      ...((atRequest || problem.status >= 429) && {
        http: {
          status: problem.status,
          headers: { ...retryAfter(problem), ...challengeOf(problem) },
        },
      }),
    },
  })
}

/** The same error, with the id of the request under way. */
export function withRequestId(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path, originalError } = error
  const extensions = { ...error.extensions, ...requestIdMember() }
  return createGraphQLError(message, { nodes, source, positions, path, originalError, extensions })
}

/** What the executor itself finds wrong below a field is what a resolver gave it, or an argument. */
const isOurFault = ({ path, message }: GraphQLError) =>
  path !== undefined && !message.startsWith('Argument ')

/** An error may come wrapped in a GraphQL error more than once. */
function rootOf(error: unknown): unknown {
  const inner = (error as { originalError?: unknown } | null)?.originalError
  return inner === undefined ? error : rootOf(inner)
}

/** What GraphQL itself refuses: a text that is none, names that do not exist, values of a wrong type. */
function withCode(error: GraphQLError) {
  const { code: given, http: said } = (error.extensions ?? {}) as {
    code?: string
    http?: { status?: number }
  }
  // A mutation by GET, which yoga tells under the code of a request that is malformed.
  if (said?.status === 405) return withExtensions(error, { code: 'METHOD_NOT_ALLOWED' })
  if (given) return error
  const code = /^Syntax Error/.test(error.message) ? 'GRAPHQL_PARSE_FAILED' : 'BAD_USER_INPUT'
  const http = { status: 400, spec: code === 'GRAPHQL_PARSE_FAILED' }
  return withExtensions(error, { code, ...(!error.path && { http }) })
}

const withExtensions = (
  { message, nodes, source, positions, path, extensions }: GraphQLError,
  more: object,
) =>
  createGraphQLError(message, {
    ...{ nodes, source, positions, path },
    extensions: { ...extensions, ...more },
  })

export const verifyPageNotBuilt = () =>
  new Problem(
    'VERIFY_PAGE_NOT_BUILT',
    'The page that verifies bundles is not built here; `npm run build:verify` builds it.',
    { status: 404 },
  )

export const keyFileInvalid = (path: string, cause?: unknown) =>
  new Problem(
    'KEY_FILE_INVALID',
    `${path} is not an Ed25519 private key as JWK: put the right file back from a backup.`,
    { status: 503, cause },
  )

export const keyFileEncrypted = (path: string) =>
  new Problem(
    'KEY_FILE_ENCRYPTED',
    `${path} is encrypted: set SELVEDGE_KEYS_PASSPHRASE_FILE to the file with its passphrase.`,
    { status: 503 },
  )

export const passphraseWrong = (path: string, because: string, cause?: unknown) =>
  new Problem('KEY_PASSPHRASE_WRONG', `${path} holds no passphrase of ours: ${because}.`, {
    status: 503,
    cause,
  })

export const keyCommandFailed = (op: string, because: string, cause?: unknown) =>
  new Problem('KEY_COMMAND_FAILED', `SELVEDGE_KEYS_COMMAND did not ${op}: ${because}.`, {
    status: 503,
    details: { op },
    cause,
  })
