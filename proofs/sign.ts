import { b64 } from './base64.ts'
import { jwsHeader } from './manifest.ts'
import { utf8 } from './utf8.ts'

/** Whoever signs manifests: the key's RFC 7638 thumbprint, by which readers look it up, and Ed25519. */
export interface ManifestSigner {
  kid: string
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/**
 * Signs a manifest and gives the bytes of `manifest.jws`: compact (RFC 7515 section 7.1), without a
 * newline.
 *
 * It asks for a signature and not for a key, since the key may be held by another program; so the
 * three parts are put together here. Readers verify them with jose.
 *
 * @param manifest The bytes of `manifest.json`: the payload, byte for byte.
 */
export async function signManifest(manifest: Uint8Array, { kid, sign }: ManifestSigner) {
  const signed = `${b64(utf8(jwsHeader(kid)))}.${b64(manifest)}`
  return utf8(`${signed}.${b64(await sign(utf8(signed)))}`)
}
