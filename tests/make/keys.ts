import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import { utf8 } from '../../proofs/utf8.ts'

/** An Ed25519 key of a test, the same for the same name, so that fixtures do not change from run to run. */
export interface TestKey {
  kid: string
  x: string
  jwk: { kty: 'OKP'; crv: 'Ed25519'; x: string; d: string }
  sign(message: Uint8Array): Uint8Array
}

/** The DER of a PKCS #8 Ed25519 key up to its 32 bytes of seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

export const makeKey = (name: string): TestKey => keyOfSeed(sha256(utf8(`test key ${name}`)))

/** The key whose 32 bytes of seed these are. */
export function keyOfSeed(seed: Uint8Array): TestKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const x = createPublicKey(key).export({ format: 'jwk' }).x as string
  return {
    kid: kidOf(sha256, unb64(x)),
    x,
    jwk: { kty: 'OKP', crv: 'Ed25519', x, d: b64(seed) },
    sign: (message) => sign(null, message, key),
  }
}
