import type { HeldUse, Keys, SigningKey } from '../ledger/keys.ts'
import { b64 } from '../proofs/base64.ts'

/** Readers may keep it for five minutes: a new key signs nothing before its record is published anyway. */
const CACHE = 'public, max-age=300'
/** How long an answer is given again without asking whoever holds the keys, which may be a program. */
const FRESH_MS = 5_000

interface Answered {
  at: number
  body: Promise<string>
}

const answers = new WeakMap<Keys, Answered>()

/**
 * Answers with the public halves of all keys that are held, as a JWK Set (RFC 7517, RFC 8037): retired
 * ones too, until they are gone; of those that sign events, none that is compromised. It says who the keys are of and not which log they may speak for; that
 * is in a trust root. `selvedge_use` tells the uses apart, since `use` is `sig` for all.
 */
export async function serveJwks(keys: Keys, now = performance.now()): Promise<Response> {
  let known = answers.get(keys)
  if (!known || now - known.at > FRESH_MS) {
    const held = Promise.all([keys.list(), eventKeys(keys)])
    known = { at: now, body: held.then((all) => JSON.stringify(jwks(all.flat()))) }
    answers.set(keys, known)
    known.body.catch(() => answers.delete(keys))
  }
  const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': CACHE }
  return new Response(await known.body, { headers })
}

/**
 * Receivers take an event for genuine by what is published here alone: there is no log by which they
 * could know of a key that somebody else may have.
 */
const eventKeys = async ({ webhook, isBanned }: Keys) =>
  ((await webhook?.list()) ?? []).filter(({ kid }) => !isBanned(kid))

/** The JWK Set of some keys. */
export const jwks = (held: readonly Pick<SigningKey<HeldUse>, 'use' | 'kid' | 'publicKey'>[]) => ({
  keys: held.map(({ use, kid, publicKey }) => ({
    ...{ kty: 'OKP', crv: 'Ed25519', x: b64(publicKey) },
    ...{ kid, use: 'sig', alg: 'EdDSA', selvedge_use: use },
  })),
})
