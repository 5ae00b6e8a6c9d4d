import { useGraphQlJit } from '@envelop/graphql-jit'
import { type DocumentNode, type ExecutionArgs, getOperationAST } from 'graphql'
import { createLRUCache, createYoga, type Plugin } from 'graphql-yoga'
import { formatPosition } from '../lineage/position.ts'
import { type Context, openContext, type Services } from '../resolvers/context.ts'
import { schema } from '../schema/index.ts'
import { callerOf } from './caller.ts'
import { isCompilable } from './compilable.ts'
import { noteRequest } from './current-request.ts'
import { type GraphQLRequest, readGraphQLAddress, readGraphQLRequest } from './graphql-request.ts'
import type { Identity } from './identity/identity.ts'
import { useCost } from './limits/cost.ts'
import { untilOf, withinTime } from './limits/deadline.ts'
import type { Door } from './limits/door.ts'
import type { Limits } from './limits/limits.ts'
import { checkLimits, checkNesting, introspects, MOST_TOKENS } from './limits/operation.ts'
import { openPersisted, type Persisted } from './limits/persisted.ts'
import { openSavedDocuments, type Taking } from './limits/saved-documents.ts'
import { minPositionOf } from './min-position.ts'
import { noteOperation } from './operation-notes.ts'
import { introspectionOff, type Report, tellProblem, withRequestId } from './problems.ts'
import { type NamedQueries, openNamedQueries } from './saved-queries.ts'
import type { Subscriptions } from './subscriptions/subscriptions.ts'
import { useSubscriptions } from './subscriptions/use-subscriptions.ts'
import type { Tracing } from './tracing/tracing.ts'

export const GRAPHQL_PATH = '/graphql'

/** Texts above this are parsed each time: a batch written out comes once, and would fill the cache. */
const LONGEST_CACHED = 8_192

/**
 * The GraphQL server: yoga with our request parser, our limits, our context and our error mapper.
 *
 * @param answer Answers every request that is not for GraphQL, and refuses those for GraphQL that may
 *   not go further; `undefined` lets a request pass.
 * @param finish Adds to the headers of every answer.
 */
export function openYoga(
  given: Services,
  {
    report,
    identity,
    limits,
    door,
    tracing,
    subscriptions,
    answer,
    finish,
  }: {
    report: Report
    identity: Identity
    limits: Limits
    door: Door
    tracing: Tracing | null
    subscriptions: Subscriptions
    answer(request: Request): Promise<Response> | undefined
    finish(request: Request, headers: Headers): void
  },
) {
  quietenCompiler()
  const persisted = openPersisted(limits)
  const checkDocument = openSavedDocuments(() => yoga.getEnveloped({}) as unknown as Taking, {
    persisted,
    mostPrice: limits.mostPrice,
  })
  const services = { ...given, checkDocument }
  const named = openNamedQueries(services, { identity, limits, door })
  const yoga = createYoga({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    // No URL ends so: yoga would answer any that does, before anything is checked. /livez is a route.
    healthCheckEndpoint: ' ',
    graphiql: false,
    landingPage: false,
    logging: false,
    cors: false,
    multipart: false,
    batching: false,
    // Our own parser counts; yoga's way of counting copies every request.
    maxRequestBodySize: false,
    maskedErrors: { maskError: tellProblem(report) },
    parserAndValidationCache: { documentCache: documentCache(), errorCache: noCache() },
    plugins: [
      useRoutes({ answer, finish }),
      useDoor(door, { named, persisted }),
      useLimits({ mayIntrospect: mayIntrospect(limits, identity) }),
      useCost(limits.mostPrice),
      useGraphQlJit({}, { enableIf: ({ document }) => isWorthCompiling(document) }),
      useOwnContext(services, { identity, limits, door }),
      useSubscriptions(services, { identity, limits, door, subscriptions, minPositionOf }),
      ...(tracing ? [useTracing(tracing)] : []),
      useRequestIds(),
    ],
  })
  return yoga
}

/** Whether callers may ask for the schema. */
export const mayIntrospect = (
  { introspection }: Pick<Limits, 'introspection'>,
  { isDevelopment }: Pick<Identity, 'isDevelopment'>,
) => (introspection === 'auto' ? isDevelopment : introspection === 'on')

function useRoutes({
  answer,
  finish,
}: {
  answer(request: Request): Promise<Response> | undefined
  finish(request: Request, headers: Headers): void
}): Plugin {
  return {
    onRequest({ request, endResponse }) {
      const answered = answer(request)
      if (answered) return answered.then(endResponse)
    },
    onResponse({ request, response }) {
      finish(request, response.headers)
    },
  }
}

/**
 * Lets a request in before anything of it is read, and reads it with a parser of ours: other media
 * types are refused, since a form could be sent from any page without asking.
 */
function useDoor(
  door: Door,
  { named, persisted }: { named: NamedQueries; persisted: Persisted },
): Plugin {
  return {
    async onRequestParse({ request, setRequestParser }) {
      await door.admit(request)
      const turns = door.turnsOf(request)
      setRequestParser(async (sent) => {
        const read = sent.method === 'POST' ? readGraphQLRequest : readGraphQLAddress
        return persisted(await named(sent, await read(sent, turns)))
      })
    },
  }
}

/** A document is checked once, also where it comes from the cache. */
function useLimits({ mayIntrospect }: { mayIntrospect: boolean }): Plugin {
  const checked = new WeakSet<DocumentNode>()
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => {
        checkNesting(source)
        return parseFn(source, { ...options, maxTokens: MOST_TOKENS })
      })
      return ({ result }) => {
        if (!result || result instanceof Error || checked.has(result)) return
        checkLimits(result)
        if (!mayIntrospect && introspects(result)) throw introspectionOff()
        checked.add(result)
      }
    },
  }
}

/** Hands resolvers the request's own context, and takes the position that was read into the answer. */
function useOwnContext(
  services: Services,
  { identity, limits, door }: { identity: Identity; limits: Limits; door: Door },
): Plugin {
  return {
    async onExecute({ context: given, args, executeFn, setExecuteFn }) {
      noteOperation(args.document, args.operationName)
      const { request, params } = given as unknown as { request: Request; params: GraphQLRequest }
      const within = withinTime(services, untilOf(request, limits))
      const context = openContext(within, await callerOf(request, identity, minPositionOf(params)))
      const isMutation =
        getOperationAST(args.document, args.operationName)?.operation === 'mutation'
      setExecuteFn((args: ExecutionArgs) =>
        door.inTurn(request, isMutation ? 'write' : 'read', () =>
          executeFn({ ...args, contextValue: context }),
        ),
      )
      return {
        onExecuteDone({ result }) {
          if (!(Symbol.asyncIterator in result)) tellPosition(result, context)
        },
      }
    },
  }
}

/** Comes after the context: what is refused there is no operation yet. */
function useTracing(tracing: Tracing): Plugin {
  return {
    onExecute() {
      const end = tracing.operationStarted()
      return { onExecuteDone: () => end() }
    },
  }
}

/** What validation finds passes no error mapper, and is kept between requests: hence the copies. */
function useRequestIds(): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result || !result.errors) return
      noteRequest({ code: String(result.errors[0]?.extensions.code) })
      setResult({ ...result, errors: result.errors.map(withRequestId) })
    },
  }
}

function tellPosition(result: { extensions?: object }, { position }: Context) {
  if (position) result.extensions = { ...result.extensions, position: formatPosition(position) }
}

/** A document must have been seen before, since compiling costs more than running once. */
const compilable = new WeakMap<DocumentNode, boolean>()
function isWorthCompiling(document: DocumentNode) {
  const known = compilable.get(document)
  if (known !== undefined) return known
  const isShort = (document.loc?.end ?? 0) <= LONGEST_CACHED
  compilable.set(document, isShort && isCompilable(document, schema))
  return false
}

/**
 * The compiler tells by a parser's number of parameters whether it may see variables, and says so on
 * stderr each time. GraphQL 17 gives every parser two; only JSON's uses the second, in mutations.
 */
function quietenCompiler() {
  for (const type of Object.values(schema.getTypeMap())) {
    if ('parseLiteral' in type) Object.defineProperty(type.parseLiteral, 'length', { value: 1 })
  }
}

function documentCache() {
  const cache = createLRUCache<DocumentNode>({ max: 500 })
  return {
    get: (text: string) => (text.length <= LONGEST_CACHED ? cache.get(text) : undefined),
    set: (text: string, document: DocumentNode) => {
      if (text.length <= LONGEST_CACHED) cache.set(text, document)
    },
  }
}

const noCache = () => ({ get: () => undefined, set: () => {} })
