import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../core/sync-directory.ts'
import { unb64 } from '../proofs/base64.ts'
import { keyFileInvalid } from './problems.ts'

/** A key in a file of its own, held by this process. */
export interface FileKey {
  publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/** Reads the key of a file, making it where there is none. @throws {Problem} `KEY_FILE_INVALID` */
export function openKey(path: string): FileKey {
  const privateKey = readKey(path) ?? makeKey(path)
  return {
    publicKey: publicKeyOf(privateKey),
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
    return privateKeyIn(path, JSON.parse(text))
  } catch (error) {
    throw keyFileInvalid(path, error)
  }
}

function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519')
  createFile(path, `${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`)
  return readKey(path)!
}

/** The private key that a JWK is. @throws {Problem} `KEY_FILE_INVALID`, naming the file */
export function privateKeyIn(path: string, jwk: object): KeyObject {
  try {
    const key = createPrivateKey({ key: jwk as never, format: 'jwk' })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    throw keyFileInvalid(path, error)
  }
  throw keyFileInvalid(path)
}

/** The 32 bytes of a private key's public half. */
export const publicKeyOf = (privateKey: KeyObject) =>
  unb64((createPublicKey(privateKey).export({ format: 'jwk' }) as { x: string }).x)

/**
 * Writes a file of mode 0600 whole and on disk under another name first; of two processes at once one
 * wins. Its name is on disk too before anybody is told of it: the database will know no other key.
 */
export function createFile(path: string, text: string) {
  const draft = writeDraft(path, text)
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  syncDirectory(dirname(path))
  syncDirectory(dirname(dirname(path)))
}

/** Puts another text in the place of a file's, whole or not at all. */
export function replaceFile(path: string, text: string) {
  renameSync(writeDraft(path, text), path)
  syncDirectory(dirname(path))
}

function writeDraft(path: string, text: string) {
  const draft = `${path}.${randomUUID()}`
  const file = openSync(draft, 'wx', 0o600)
  writeFileSync(file, text)
  fsyncSync(file)
  closeSync(file)
  return draft
}
