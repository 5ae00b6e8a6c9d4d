import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/sha256.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import { createFile, privateKeyIn, publicKeyOf } from '../key-file.ts'
import { keyFileInvalid } from '../problems.ts'

/** The key of the development issuer, as a JWK set shows it. */
export interface PublicJwk {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  kid: string
  alg: 'EdDSA'
  use: 'sig'
  [member: string]: string
}

const FILE = 'key.json'

/** The private key in the directory of the development issuer, made on first use with mode 0600. */
export function openDevelopmentKey(directory: string): { key: KeyObject; jwk: PublicJwk } {
  const path = join(directory, FILE)
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const { privateKey } = generateKeyPairSync('ed25519')
    createFile(path, `${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`)
  }
  const key = keyIn(path)
  return { key, jwk: publicJwkOf(key) }
}

/** The public half; `undefined` where no token has been made yet. @throws {Problem} `KEY_FILE_INVALID` */
export function readPublicJwk(directory: string): PublicJwk | undefined {
  const path = join(directory, FILE)
  return existsSync(path) ? publicJwkOf(keyIn(path)) : undefined
}

function keyIn(path: string) {
  try {
    return privateKeyIn(path, JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw error instanceof SyntaxError ? keyFileInvalid(path, error) : error
  }
}

function publicJwkOf(key: KeyObject): PublicJwk {
  const { x } = createPublicKey(key).export({ format: 'jwk' }) as { x: string }
  const kid = kidOf(sha256, publicKeyOf(key))
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }
}
