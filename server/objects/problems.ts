import { Problem } from '../../core/problem.ts'

/** Which store, without anything secret: a folder, or an endpoint and a bucket. */
type Store = string

const RETRY_SECONDS = 5

export const storeUnavailable = (store: Store, because: string, cause?: unknown) =>
  new Problem(
    'OBJECT_STORE_UNAVAILABLE',
    `The store of object files does not answer (${store}: ${because}); ask again later.`,
    { status: 503, details: { retryAfterSeconds: RETRY_SECONDS }, cause },
  )

export const storeRefused = (store: Store, because: string, cause?: unknown) =>
  new Problem(
    'OBJECT_STORE_REFUSED',
    `The store of object files refuses this server (${store}: ${because}); its operator must mend permissions, credentials or settings.`,
    { status: 503, cause },
  )

export const storeFull = (store: Store, because: string, cause?: unknown) =>
  new Problem(
    'OBJECT_STORE_FULL',
    `The store of object files is full (${store}: ${because}); make room, for instance with \`selvedge objects collect\`.`,
    { status: 507, cause },
  )

export const objectContested = (address: string) =>
  new Problem(
    'OBJECT_CONTESTED',
    'The very same file is being collected as an orphan; ask again in a minute.',
    { status: 503, details: { address, retryAfterSeconds: 60 } },
  )

export const objectDamaged = (address: string, because: string) =>
  new Problem('OBJECT_DAMAGED', `A stored file is not what was put there: ${because}.`, {
    status: 500,
    details: { address },
  })
