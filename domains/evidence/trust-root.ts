import { sha256 } from '../../core/sha256.ts'
import type { Keys, KeyUse } from '../../ledger/keys.ts'
import { b64 } from '../../proofs/base64.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import type { Trust } from '../../proofs/trust.ts'

/**
 * The trust root of one log: what a verifier must get by a way that he trusts, and then needs nothing
 * else of ours (docs/specs/bundle.md, "The trust root").
 */
export const trustRoot = (origin: string, keys: Keys): Trust => ({
  v: 'selvedge/trust/1',
  logs: [
    {
      origin,
      keys: (['checkpoint', 'manifest'] satisfies KeyUse[]).map((use) => ({
        use,
        kid: kidOf(sha256, keys[use].publicKey),
        x: b64(keys[use].publicKey),
        from: 0,
        until: null,
        compromised: false,
      })),
      anchors: [],
    },
  ],
  witnessPolicy: '',
  replayers: [],
})
