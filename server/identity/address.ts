import { isLocal } from '../host.ts'

/**
 * Whether keys may be fetched from an address: over TLS, or from this machine. Over plain HTTP anybody
 * on the way could say which keys an issuer has.
 */
export function isSafeAddress(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || url.username || url.password || url.hash) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url.hostname))
}

/** An issuer of this machine may keep its keys here; one from elsewhere would have us ask ourselves. */
export const isWithinReach = (address: string, issuer: string) =>
  isSafeAddress(address) &&
  (isLocal(new URL(issuer).hostname) || !isLocal(new URL(address).hostname))

/** OpenID Connect Discovery 1.0 section 4: a slash at the end of the issuer is dropped first. */
export const discoveryOf = (issuer: string) =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
