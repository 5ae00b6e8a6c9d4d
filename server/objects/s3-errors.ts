import { Problem } from '../../core/problem.ts'
import { storeFull, storeRefused, storeUnavailable } from './problems.ts'

interface ServiceError {
  name?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
}

const REFUSALS = new Set([
  'AccessDenied',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidBucketName',
  'NoSuchBucket',
  'PermanentRedirect',
  'SignatureDoesNotMatch',
])
const FULL = new Set(['InsufficientStorage', 'QuotaExceeded', 'StorageFull', 'XMinioStorageFull'])

const statusOf = (error: unknown) => (error as ServiceError)?.$metadata?.httpStatusCode

export const isMissing = (error: unknown) =>
  statusOf(error) === 404 && (error as ServiceError).name !== 'NoSuchBucket'

/** Something is there already. */
export const isTaken = (error: unknown) => statusOf(error) === 412

/** Somebody writes or deletes the same at this moment. */
export const isConflict = (error: unknown) => statusOf(error) === 409

/**
 * Tells what a store answered, or that it did not; 404 where a file may be missing is looked at before. The SDK's own error is left behind: it carries the
 * request, and with it keys and session tokens that belong in no log.
 */
export function s3Problem(error: unknown, store: string): unknown {
  // The second is a fault of ours.
  if (error instanceof Problem || error instanceof TypeError) return error
  const { name = 'Error', code } = error as ServiceError
  const status = statusOf(error)
  const because = [name === 'Error' ? code : name, status].filter(Boolean).join(' ') || 'no answer'
  if (FULL.has(name) || status === 507) return storeFull(store, because)
  if (REFUSALS.has(name) || [301, 401, 403, 404].includes(status ?? 0)) {
    return storeRefused(store, because)
  }
  return storeUnavailable(store, because)
}
