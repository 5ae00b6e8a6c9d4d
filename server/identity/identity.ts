import type { Role } from '../../domains/access/roles.ts'
import type { KeysState } from './issuer.ts'

/** Who is asking, as far as an identity vouches for it. */
export interface Who {
  /** The URL of the issuer that vouches, or `development`. */
  readonly issuer: string
  /** Unique in the whole service: two issuers may each have an `alice`, and those are two. */
  readonly subject: string
  readonly roles: readonly Role[]
  /** The one tenant that this caller speaks for; `*` for any, named by the request. */
  readonly tenant: string
}

/** How this server comes to know who asks. Opened once, and asked for every request. */
export interface Identity {
  /**
   * Says who asks; `undefined` where the request says nothing of it. A request is looked at once,
   * however often this is called for it.
   *
   * @throws {Problem} Where what the request says is not good. It may not go on as if it had said
   *   nothing.
   */
  identify(request: Request): Promise<Who | undefined>
  /**
   * Whether it is for development: what this machine says of itself is believed, so that no other may
   * be listened to.
   */
  readonly isDevelopment: boolean
  /** How it stands with the keys of each issuer, by its name in the settings. */
  states(): Readonly<Record<string, KeysState>>
  /** Sees to it that the keys of each are held, also while nobody asks; called now and then. */
  keep(): Promise<void>
}

/** The tenant of those who serve all of them. No tenant can have this name. */
export const ANY_TENANT = '*'
