import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Batches } from '../../ledger/batches.ts'
import type { QueryStarted } from '../../lineage/graph.ts'
import { type CurrentRequest, currentRequest } from '../current-request.ts'
import type { RequestEnd } from '../observed.ts'
import { formatTraceparent, parseTraceparent } from './traceparent.ts'

/** The spans of a request that are not over. */
export interface RequestTrace {
  request: Span
  operation: Span | null
}

/** Follows a request from HTTP by its GraphQL operation to every Cypher text that it has run. */
export interface Tracing {
  requestStarted(request: CurrentRequest, traceparent: unknown): void
  requestEnded(request: CurrentRequest, end: RequestEnd): void
  /** Begins the operation of the request under way; what is returned ends it. */
  operationStarted(): () => void
  onQuery: QueryStarted
  batches: Batches
  /** Asks others, who are told from which span. */
  fetch: typeof fetch
  /** Sends what is left, for a moment at most. */
  close(): Promise<void>
}

/**
 * Follows requests by a tracer. No span holds anything that a caller wrote but the id of the request:
 * routes are told by their template, operations by the schema's words, texts by their names.
 */
export function followBy(tracer: Tracer, close: () => Promise<void>): Tracing {
  /** The span of a transaction, which several requests share. */
  const batch = new AsyncLocalStorage<Span>()

  const current = () => {
    const traced = currentRequest()?.trace
    return batch.getStore() ?? traced?.operation ?? traced?.request
  }
  const below = (parent: Span | undefined): Context =>
    parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT
  const start = (name: string, kind: SpanKind, attributes: Attributes, parent?: Span) =>
    tracer.startSpan(name, { kind, attributes }, below(parent))

  return {
    requestStarted(request, traceparent) {
      const caller = parseTraceparent(traceparent)
      const context = caller ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT
      const attributes = { 'selvedge.request_id': request.id }
      const span = tracer.startSpan('request', { kind: SpanKind.SERVER, attributes }, context)
      request.trace = { request: span, operation: null }
    },

    requestEnded({ trace: traced, method, route, code }, { status, aborted }) {
      if (!traced) return
      traced.operation?.end()
      const known = KNOWN_METHODS.has(method) ? method : '_OTHER'
      traced.request.updateName(`${known} ${route ?? ''}`.trim())
      traced.request.setAttributes({
        'http.request.method': known,
        'http.response.status_code': status,
        ...(route && { 'http.route': route }),
        ...(code && { 'selvedge.problem': code }),
        ...(aborted && { 'selvedge.aborted': true }),
      })
      if (status >= 500) traced.request.setStatus({ code: SpanStatusCode.ERROR })
      traced.request.end()
    },

    operationStarted() {
      const request = currentRequest()
      const traced = request?.trace
      if (!traced) return () => {}
      const field = request.field ?? 'operation'
      const attributes = { 'graphql.operation.type': field.split(' ')[0]! }
      const span = start(field, SpanKind.INTERNAL, attributes, traced.request)
      traced.operation = span
      return () => {
        span.end()
        traced.operation = null
      }
    },

    onQuery({ name }, access) {
      const parent = current()
      // Work in the background goes round without end, and nobody asked for it.
      if (!parent) return () => {}
      const attributes = { 'db.system.name': 'neo4j', 'db.operation.name': access }
      const span = start(name, SpanKind.CLIENT, attributes, parent)
      return (error) => {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      }
    },

    batches: {
      caller: current,
      async run(callers, work) {
        const spans = [...new Set(callers as (Span | undefined)[])].filter((span) =>
          span?.isRecording(),
        )
        const [first] = spans
        if (!first) return work()
        const links = spans.slice(0, MOST_LINKS).map((span) => ({ context: span!.spanContext() }))
        const attributes = { 'selvedge.commands': callers.length }
        const kind = SpanKind.INTERNAL
        const span =
          spans.length === 1
            ? tracer.startSpan('transaction', { kind, attributes }, below(first))
            : tracer.startSpan('transaction', { kind, attributes, links }, ROOT_CONTEXT)
        try {
          return await batch.run(span, work)
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR })
          throw error
        } finally {
          span.end()
        }
      },
    },

    async fetch(input, init) {
      const parent = current()
      if (!parent) return fetch(input, init)
      const { hostname } = new URL(input instanceof Request ? input.url : String(input))
      const span = start(
        'ask another service',
        SpanKind.CLIENT,
        { 'server.address': hostname },
        parent,
      )
      const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}))
      headers.set('traceparent', formatTraceparent(span.spanContext()))
      try {
        return await fetch(input, { ...init, headers })
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    },

    close,
  }
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS'])

/** What a span is linked to beyond this is left out by whoever receives it. */
const MOST_LINKS = 128
