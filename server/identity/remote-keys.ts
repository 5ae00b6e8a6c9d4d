import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import { discoveryOf, isWithinReach } from './address.ts'
import { fetchJson, Unusable } from './fetch-json.ts'
import type { KeySource } from './issuer.ts'
import { identityUnavailable, tokenInvalid } from './problems.ts'

/** Keys older than this are asked for anew, while those that are held go on being used. */
export const FRESH_MS = 600_000
/** Keys older than this are not used: an issuer may have withdrawn one that leaked. */
export const LIFE_MS = 3_600_000
/** How often at most a key that nobody knows makes us ask. */
export const COOLDOWN_MS = 30_000
/** How long an issuer that did not answer is left alone. */
export const RETRY_MS = 5_000
/** How long an issuer may take for both its answers. */
export const TIMEOUT_MS = 5_000
const MOST_KEYS = 100

export interface RemoteOptions {
  /** A clock that nobody sets, in milliseconds. */
  now?: () => number
  timeoutMs?: number
  /** Told why keys could not be had, once while it stays the same. */
  onError?: (error: unknown) => void
}

type Held = { keys: ReturnType<typeof createLocalJWKSet>; at: number }

/**
 * The keys that an issuer publishes, found by OpenID Connect Discovery and held for a while. However
 * many requests wait for them, the issuer is asked once.
 */
export function openRemoteKeys(
  { name, issuer }: { name: string; issuer: string },
  { now = () => performance.now(), timeoutMs = TIMEOUT_MS, onError = () => {} }: RemoteOptions = {},
): KeySource {
  let held: Held | undefined
  let failure: { at: number; error: unknown } | undefined
  let loading: Promise<void> | undefined

  const load = () => {
    loading ??= fetchKeys(issuer, AbortSignal.timeout(timeoutMs))
      .then(
        (keys) => {
          held = { keys, at: now() }
          failure = undefined
        },
        (error: unknown) => {
          // An issuer that is away is asked every few seconds; its operator need not be told as often.
          if (String(error) !== String(failure?.error)) onError(error)
          failure = { at: now(), error }
        },
      )
      .finally(() => {
        loading = undefined
      })
    return loading
  }
  const isOver = (since: number | undefined, lasting: number) =>
    since === undefined || now() - since >= lasting
  const mayRetry = () => loading !== undefined || isOver(failure?.at, RETRY_MS)
  const unavailable = () => identityUnavailable(name, RETRY_MS / 1000, failure?.error)

  /** What is held, or what can be had now. Keys that are no longer fresh are renewed on the side. */
  const holding = async (): Promise<Held> => {
    const isSpent = isOver(held?.at, LIFE_MS)
    if (isOver(held?.at, FRESH_MS) && mayRetry()) {
      const loaded = load()
      if (isSpent) await loaded
    }
    if (!held || isOver(held.at, LIFE_MS)) throw unavailable()
    return held
  }

  return {
    async keyFor(header) {
      const { keys, at } = await holding()
      const found = await find(keys, header)
      if (found) return found
      // The token may be signed by a key that was made since: but not at the price of asking each time.
      if (!isOver(at, COOLDOWN_MS)) throw tokenInvalid('key')
      if (mayRetry()) await load()
      if (failure) throw unavailable()
      const again = await find(held!.keys, header)
      if (!again) throw tokenInvalid('key')
      return again
    },
    state: () => (isOver(held?.at, LIFE_MS) ? 'unreachable' : failure ? 'stale' : 'ready'),
    async keep() {
      if ((failure || isOver(held?.at, FRESH_MS)) && mayRetry()) await load()
    },
    refresh: load,
  }
}

/** @returns `undefined` where there is none. @throws {Problem} `TOKEN_INVALID` where more than one fits. */
async function find(keys: Held['keys'], header: JWSHeaderParameters) {
  try {
    return await keys(header)
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined
    throw tokenInvalid('key', error)
  }
}

async function fetchKeys(issuer: string, signal: AbortSignal) {
  const discovery = await fetchJson(discoveryOf(issuer), signal)
  // Section 4.3: otherwise one issuer could have another's tokens checked by its own keys.
  if (discovery.issuer !== issuer) throw new Unusable(`${issuer} says that it is another issuer`)
  const { jwks_uri: address } = discovery
  if (typeof address !== 'string' || !isWithinReach(address, issuer)) {
    throw new Unusable(`${issuer} keeps its keys at no address that may be asked`)
  }
  const set = (await fetchJson(address, signal)) as unknown as JSONWebKeySet
  if (!Array.isArray(set.keys) || set.keys.length > MOST_KEYS) {
    throw new Unusable(`${address} lists no keys, or more than ${MOST_KEYS}`)
  }
  return createLocalJWKSet(set)
}
