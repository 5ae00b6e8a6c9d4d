import { CompactSign, type CryptoKey, type JWK } from 'jose'
import { jwsHeader } from './manifest.ts'
import { utf8 } from './utf8.ts'

/** The key that signs manifests, and its RFC 7638 thumbprint, by which readers look it up. */
export interface ManifestSigner {
  kid: string
  /** A private Ed25519 key: a `CryptoKey`, or a JWK of type OKP. */
  key: CryptoKey | JWK
}

/**
 * Signs a manifest and gives the bytes of `manifest.jws`: compact, without a newline.
 *
 * The header goes in as parsed from its canonical text, since jose writes members in the order in
 * which it finds them, and verifiers take this one text and no other.
 *
 * @param manifest The bytes of `manifest.json`: the payload, byte for byte.
 */
export async function signManifest(manifest: Uint8Array, { kid, key }: ManifestSigner) {
  const header = JSON.parse(jwsHeader(kid)) as { alg: string }
  return utf8(await new CompactSign(manifest).setProtectedHeader(header).sign(key))
}
