import { sha256 } from '../core/sha256.ts'
import { b64 } from '../proofs/base64.ts'
import { keyLeafMessage, kidOf } from '../proofs/keyleaf.ts'
import type { KeyLeaf } from '../proofs/leaf.ts'

export type KeyUse = 'checkpoint' | 'manifest'

/** A private key that signs with Ed25519; what it is made of never leaves the one who made it. */
export interface SigningKey {
  /** The 32 bytes of the public key. */
  publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/** The service's keys: one set for all its servers. */
export type Keys = Record<KeyUse, SigningKey>

/**
 * The leaf that adds a key at the start of a log, signed by itself: trust in it comes from the trust
 * root alone (docs/specs/record.md, "Key leaves").
 */
export function firstKeyLeaf(
  key: SigningKey,
  { tenant, seq, at, use }: { tenant: string; seq: number; at: string; use: KeyUse },
): KeyLeaf {
  const leaf = {
    v: 'selvedge/key/1' as const,
    tenant,
    seq,
    at,
    event: 'add' as const,
    use,
    kid: kidOf(sha256, key.publicKey),
    x: b64(key.publicKey),
    from: 0,
    prev: null,
  }
  return { ...leaf, sigs: [null, b64(key.sign(keyLeafMessage(leaf)))] }
}
