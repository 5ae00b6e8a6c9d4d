import type { Config } from '../config.ts'
import { type Meter, openMeter, type Standing } from './meter.ts'

/** How one request stands with one policy. */
export interface Measured {
  policy: string
  meter: Meter
  standing: Standing
}

/** Counts requests by what is known of who sends them; what is not within its quota stands last. */
export interface Rates {
  /** Before it is known who asks: by the address alone. */
  ofAddress(address: string): Measured[]
  /** Once it is known. */
  ofCaller(caller: { principal: string; tenant: string | undefined }): Measured[]
}

type RateSettings = Pick<Config, 'rateAddress' | 'ratePrincipal' | 'rateTenant'>

/**
 * Opens the meters of one server, each where its setting is not `off`. A refused request costs its
 * sender nothing in the policy that refused it; in those looked at before, it counts.
 */
export function openRates(
  { rateAddress, ratePrincipal, rateTenant }: RateSettings,
  now: () => number = () => performance.now(),
): Rates {
  const address = rateAddress && openMeter(rateAddress)
  const principal = ratePrincipal && openMeter(ratePrincipal)
  const tenant = rateTenant && openMeter(rateTenant)
  const measure = (asked: [string, Meter | null, string | undefined][]) => {
    const measured: Measured[] = []
    for (const [policy, meter, key] of asked) {
      if (meter === null || key === undefined) continue
      const standing = meter.take(key, now())
      measured.push({ policy, meter, standing })
      if (!standing.isWithin) break
    }
    return measured
  }
  return {
    ofAddress: (at) => measure([['address', address, blockOf(at)]]),
    ofCaller: (caller) =>
      measure([
        ['principal', principal, caller.principal],
        ['tenant', tenant, caller.tenant],
      ]),
  }
}

/** Who has one IPv6 address mostly has the 2^64 beside it too. */
export function blockOf(address: string): string {
  if (!address.includes(':')) return address
  if (address.startsWith('::ffff:')) return address.slice(7)
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...rest].slice(0, 4).join(':')
}

/** The header fields of draft-ietf-httpapi-ratelimit-headers, for the policies that were looked at. */
export function rateHeaders(measured: readonly Measured[]): Record<string, string> {
  if (measured.length === 0) return {}
  const policies = measured.map(
    ({ policy, meter: { quota } }) => `"${policy}";q=${quota.requests};w=${quota.seconds}`,
  )
  const standings = measured.map(
    ({ policy, standing }) => `"${policy}";r=${standing.remaining};t=${standing.resetSeconds}`,
  )
  return { 'ratelimit-policy': policies.join(', '), ratelimit: standings.join(', ') }
}
