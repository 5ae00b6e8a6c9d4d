import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { Verified } from './verify-token.ts'

/** How long a token that was found good is believed unread: for so long a withdrawn key lives on. */
export const LONGEST_BELIEVED_MS = 60_000
export const MOST_TOKENS = 10_000

/** The tokens that were found good a moment ago, by their hashes: no token is kept itself. */
export interface VerifiedTokens {
  get(token: string, now: number): Verified | undefined
  set(token: string, verified: Verified, now: number): void
  readonly size: number
}

/** Opens a memory of at most `most` tokens; the oldest makes room. */
export function openVerifiedTokens(most = MOST_TOKENS): VerifiedTokens {
  const known = new Map<string, { verified: Verified; until: number; since: number }>()
  const keyOf = (token: string) => b64(sha256(utf8(token)))
  return {
    get(token, now) {
      const key = keyOf(token)
      const found = known.get(key)
      // A clock that was set back would make a moment ago last for hours.
      if (found && found.since <= now && now < found.until) return found.verified
      known.delete(key)
    },
    set(token, verified, now) {
      const until = Math.min(verified.expires, now + LONGEST_BELIEVED_MS)
      if (until <= now) return
      if (known.size >= most) known.delete(known.keys().next().value!)
      known.set(keyOf(token), { verified, until, since: now })
    },
    get size() {
      return known.size
    },
  }
}
