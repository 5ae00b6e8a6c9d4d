import type { CryptoKey, JWSHeaderParameters } from 'jose'
import type { Role } from '../../domains/access/roles.ts'

/** The signatures that may be taken. No secret is ever shared with an issuer, so no HMAC is among them. */
export const ALGORITHMS = [
  ...['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
] as const

/** The types of a token that may be taken; `none` is a token that says none. */
export const TYPES = ['at+jwt', 'JWT', 'none'] as const

/** Which tenant a token is for: always the same, or as one of its claims says. */
export type TenantRule =
  | { readonly fixed: string }
  | {
      /** The way to the claim, member by member. */
      readonly claim: readonly string[]
      /** The tenants that this issuer may speak for; any, where there is no list. */
      readonly only: ReadonlySet<string> | null
      /** Whether a token may be for all tenants. */
      readonly serviceWide: boolean
    }

/** What one issuer is trusted with. */
export interface IssuerRule {
  /** The short name that its subjects carry. */
  readonly name: string
  /** The value of `iss`, exactly. */
  readonly issuer: string
  readonly audience: readonly string[]
  readonly algorithms: readonly string[]
  readonly types: readonly (typeof TYPES)[number][]
  readonly tenant: TenantRule
  readonly roles: {
    readonly claim: readonly string[]
    /** Their names for our roles; without it theirs are ours. */
    readonly map: ReadonlyMap<string, Role> | null
  }
}

/** `stale`: what is held is still used, but the issuer was last asked in vain. */
export type KeysState = 'ready' | 'stale' | 'unreachable'

/** Where the keys of an issuer come from. */
export interface KeySource {
  /**
   * The one key that a token's header asks for.
   *
   * @throws {Problem} `TOKEN_INVALID` where there is no such key, `IDENTITY_UNAVAILABLE` where nobody
   *   can say.
   */
  keyFor(header: JWSHeaderParameters): Promise<CryptoKey>
  state(): KeysState
  /**
   * Gets the keys anew where they are not fresh, or were last asked for in vain; no more often than
   * tokens could make it. Never fails: `state` tells what came of it.
   */
  keep(): Promise<void>
  /** Gets the keys anew, if they are kept elsewhere. Never fails: `state` tells what came of it. */
  refresh(): Promise<void>
}

/** An issuer that this server trusts, and its keys. */
export interface TrustedIssuer extends IssuerRule {
  readonly keys: KeySource
  /** What callers of this issuer are said to come from, and how its subjects are told apart. */
  whoIs(subject: string): { issuer: string; subject: string }
}

/**
 * A configured issuer: its subjects carry its name, so that `alice` of one is not `alice` of another.
 * What is recorded, limited and remembered goes by that.
 */
export const trusting = (rule: IssuerRule, keys: KeySource): TrustedIssuer => ({
  ...rule,
  keys,
  whoIs: (subject) => ({ issuer: rule.issuer, subject: `${rule.name}:${subject}` }),
})
