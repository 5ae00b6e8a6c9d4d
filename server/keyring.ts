import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '../core/problem.ts'
import type { Keys, KeyUse, SigningKey } from '../ledger/keys.ts'
import { unb64 } from '../proofs/base64.ts'
import { syncDirectory } from './sync-directory.ts'

/** A signing key as this process holds it: jose signs manifests with the private JWK. */
export interface StoredKey extends SigningKey {
  readonly privateKey: KeyObject
}

/**
 * Reads the service's two keys from `directory`, making them on the first run. A key is a private
 * JWK in a file of mode 0600; servers of one service share the directory.
 *
 * @throws {Problem} `KEY_FILE_INVALID` where a file is not an Ed25519 private key.
 */
export function openKeyring(directory: string): Keys & Record<KeyUse, StoredKey> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return {
    checkpoint: openKey(join(directory, 'checkpoint.json')),
    manifest: openKey(join(directory, 'manifest.json')),
  }
}

/** Reads the key of a file, making it where there is none. @throws {Problem} `KEY_FILE_INVALID` */
export function openKey(path: string): StoredKey {
  const privateKey = readKey(path) ?? makeKey(path)
  const publicKey = unb64(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '')
  return {
    privateKey,
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  }
}

function readKey(path: string): KeyObject | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const key = createPrivateKey({ key: JSON.parse(text), format: 'jwk' })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    throw invalid(path, error)
  }
  throw invalid(path)
}

const invalid = (path: string, cause?: unknown) =>
  new Problem(
    'KEY_FILE_INVALID',
    `${path} is not an Ed25519 private key as JWK: put the right file back from a backup.`,
    { status: 503, cause },
  )

/**
 * Writes the key whole and on disk under another name first; of two servers at once one wins. Its
 * name is on disk too before anybody is told of it: the database will know no other key.
 */
function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519')
  const draft = `${path}.${process.pid}.${Date.now()}`
  const file = openSync(draft, 'wx', 0o600)
  writeFileSync(file, `${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`)
  fsyncSync(file)
  closeSync(file)
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  syncDirectory(dirname(path))
  syncDirectory(dirname(dirname(path)))
  return readKey(path)!
}
