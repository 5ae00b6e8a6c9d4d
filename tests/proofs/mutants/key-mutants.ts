import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { b64, unb64 } from '../../../proofs/base64.ts'
import type { Trust, TrustKey } from '../../../proofs/trust.ts'
import { utf8 } from '../../../proofs/utf8.ts'
import type { Changes } from '../../make/bundle.ts'
import { makeKey } from '../../make/keys.ts'
import { type Mutant, mutant, otherOrigin, small } from './mutant.ts'

const { log } = small

/** Changes what the trust root says of the key for one use. */
const trustedKey = (use: TrustKey['use'], change: Partial<TrustKey>): Changes => ({
  trust: (trust: Trust) => ({
    ...trust,
    logs: trust.logs.map((log) => ({
      ...log,
      keys: log.keys.map((key) => (key.use === use ? { ...key, ...change } : key)),
    })),
  }),
})

const keyMutants = (use: TrustKey['use']): Mutant[] => [
  mutant('a key that is not listed', 'PROOF_TRUST_KEY_UNLISTED', {
    [`${use}Key`]: makeKey('stranger'),
  }),
  mutant('a key that is listed for the other use', 'PROOF_TRUST_KEY_UNLISTED', {
    [`${use}Key`]: use === 'manifest' ? log.keys.checkpoint : log.keys.manifest,
  }),
  mutant('a key from a later size on', 'PROOF_TRUST_KEY_SIZE', trustedKey(use, { from: 22 })),
  mutant('a retired key', 'PROOF_TRUST_KEY_RETIRED', trustedKey(use, { until: 21 })),
  mutant(
    'a compromised key',
    'PROOF_TRUST_KEY_COMPROMISED',
    trustedKey(use, { compromised: true }),
  ),
]

/** Signs with R the neutral point: the equation holds, and a verifier that allows small orders accepts. */
function signedWithSmallOrder(jws: string) {
  const [head, payload] = jws.split('.') as [string, string]
  const { x, jwk } = log.keys.manifest
  const neutral = ed25519.Point.ZERO.toBytes()
  const { scalar } = ed25519.utils.getExtendedPublicKey(unb64(jwk.d))
  const digest = sha512(Uint8Array.of(...neutral, ...unb64(x), ...utf8(`${head}.${payload}`)))
  const k = BigInt(`0x${Buffer.from(digest.toReversed()).toString('hex')}`)
  const s = ed25519.Point.Fn.create(k * scalar)
  const last = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
  return `${head}.${payload}.${b64(Uint8Array.of(...neutral, ...last))}`
}

/** Bundles that only a check of authenticity can refuse. */
export const KEY_MUTANTS = {
  'origin-listed': [
    mutant('a trust root that does not know the log', 'PROOF_ORIGIN_UNLISTED', {
      trust: (trust) => ({ ...trust, logs: [{ ...trust.logs[0]!, origin: otherOrigin }] }),
    }),
  ],
  'origin-tenant': [
    mutant('a log of another tenant', 'PROOF_ORIGIN_TENANT', {}, { ...log, origin: otherOrigin }),
    mutant(
      'an epoch of another tenant’s log',
      'PROOF_ORIGIN_TENANT',
      {},
      { ...log, origin: `${otherOrigin}/1` },
    ),
  ],
  'manifest-key': keyMutants('manifest'),
  'manifest-signature': [
    mutant('a signature over something else', 'PROOF_MANIFEST_SIGNATURE', {
      jws: (text) => text.replace(/[^.]*$/, b64(log.keys.manifest.sign(utf8('else')))),
    }),
    mutant('a signature of small order whose equation holds', 'PROOF_MANIFEST_SIGNATURE', {
      jws: signedWithSmallOrder,
    }),
  ],
  'checkpoint-key': keyMutants('checkpoint'),
  'checkpoint-signature': [
    mutant('a signature over something else', 'PROOF_NOTE_SIGNATURE', {
      note: (note) => note.replace(/.{8}\n$/, 'AAAAAAA=\n'),
    }),
  ],
} satisfies Record<string, Mutant[]>
