import { b64, unb64 } from './base64.ts'
import { canonical, canonicalBytes } from './canonical.ts'
import { verifyEd25519 } from './ed25519.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import type { KeyLeaf } from './leaf.ts'
import { utf8 } from './utf8.ts'

/** Gives a key's id: its RFC 7638 thumbprint, base64url. @param x The 32 bytes of the public key. */
export const kidOf = (sha256: Sha256, x: Uint8Array) =>
  b64(sha256(canonicalBytes({ crv: 'Ed25519', kty: 'OKP', x: b64(x) })))

/** Gives what a key record's signatures are over: `"selvedge/key/1\n" ‖ JCS(leaf without sigs)`. */
export function keyLeafMessage(leaf: Omit<KeyLeaf, 'sigs'>): Uint8Array {
  const { sigs: _, ...unsigned } = leaf as KeyLeaf
  return utf8(`selvedge/key/1\n${canonical(unsigned as unknown as Json)}`)
}

/**
 * Checks that a key record's `kid` is its key's, and that it is signed by the keys that must sign it
 * (record.md, "Keys"): the new key itself, where it is added; the key `prev`, where there is one.
 *
 * It says nothing of whether the keys are to be trusted: that comes from the trust root alone. The
 * leaf's own rules are those of `parseLeaf`.
 *
 * @param prev The key whose id is `leaf.prev`; not asked for by a log's first two leaves.
 * @throws {ProofError} `PROOF_KEY_ID`, `PROOF_KEY_PREVIOUS` where `prev` is missing or another key,
 * `PROOF_KEY_SIGNATURE`
 */
export function verifyKeyLeaf(sha256: Sha256, leaf: KeyLeaf, prev?: Uint8Array) {
  verifyKeyItself(sha256, leaf)
  if (leaf.prev !== null) verifyKeyBefore(sha256, leaf, prev)
}

/**
 * Checks what a key record shows by itself: that `kid` is its key's, and the new key's own signature
 * where it is added.
 *
 * @throws {ProofError} `PROOF_KEY_ID`, `PROOF_KEY_SIGNATURE`
 */
export function verifyKeyItself(sha256: Sha256, leaf: KeyLeaf) {
  const key = unb64(leaf.x)
  if (kidOf(sha256, key) !== leaf.kid) {
    throw new ProofError('PROOF_KEY_ID', `${leaf.kid} is not the thumbprint of its key`)
  }
  if (leaf.event === 'add') requireSignature(key, leaf, leaf.sigs[1])
}

/**
 * Checks the signature of the key `prev` on a key record.
 *
 * @throws {ProofError} `PROOF_KEY_PREVIOUS`, `PROOF_KEY_SIGNATURE`
 */
export function verifyKeyBefore(sha256: Sha256, leaf: KeyLeaf, prev?: Uint8Array) {
  if (!prev || kidOf(sha256, prev) !== leaf.prev) {
    throw new ProofError('PROOF_KEY_PREVIOUS', `the key ${leaf.prev} is not at hand`)
  }
  requireSignature(prev, leaf, leaf.sigs[0])
}

function requireSignature(key: Uint8Array, leaf: KeyLeaf, signature: string | null) {
  if (signature === null || !verifyEd25519(key, keyLeafMessage(leaf), unb64(signature))) {
    throw new ProofError('PROOF_KEY_SIGNATURE', `key record ${leaf.seq} is not signed by its key`)
  }
}
