import { AsyncLocalStorage } from 'node:async_hooks'
import { TENANT } from '../proofs/ids.ts'
import type { RequestTrace } from './tracing/tracing.ts'

/** What is known so far of the request under way: for its log line, its metrics and its trace. */
export interface CurrentRequest {
  /** Told to the caller, and found in every log line about the request. */
  readonly id: string
  readonly method: string
  /** The template of the path, never the path itself: `/exports/{id}`. */
  route: string | null
  /** The name that the caller gave the GraphQL operation. */
  operation: string | null
  /** The type of the operation and the field at its root, which the schema names: `query lineage`. */
  field: string | null
  tenant: string | null
  /** From where it comes, for counting; it is not logged. */
  address: string | null
  /** The code of the first problem that the caller was told. */
  code: string | null
  /** Its spans, where it is traced. */
  trace?: RequestTrace
}

/** What a caller may choose as id: it goes into log lines and headers as it is. */
const WELL_FORMED = /^[A-Za-z0-9._-]{1,128}$/

const storage = new AsyncLocalStorage<CurrentRequest>()

/**
 * Opens what is noted of a request.
 *
 * @param given The caller's `x-request-id`; where it is not well-formed, one is made.
 */
export const openRequest = (method: string, given: string | null | undefined): CurrentRequest => ({
  id: given && WELL_FORMED.test(given) ? given : crypto.randomUUID(),
  method,
  route: null,
  operation: null,
  field: null,
  tenant: null,
  address: null,
  code: null,
})

/** Does the work of a request: all that it starts knows by `currentRequest` which it is. */
export const withinRequest = <T>(request: CurrentRequest, work: () => T): T =>
  storage.run(request, work)

/** The request whose work this is; `undefined` for work in the background. */
export const currentRequest = () => storage.getStore()

/** Adds to what is known of the request under way. A tenant that can be none is left out. */
export function noteRequest({ tenant, ...notes }: Partial<Omit<CurrentRequest, 'id' | 'method'>>) {
  const request = storage.getStore()
  if (!request) return
  Object.assign(request, notes)
  if (tenant && TENANT.test(tenant)) request.tenant = tenant
}
