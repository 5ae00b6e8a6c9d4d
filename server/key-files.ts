import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { sha256 } from '../core/sha256.ts'
import type { HeldUse } from '../ledger/keys.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import { kidOf } from '../proofs/keyleaf.ts'
import { utf8 } from '../proofs/utf8.ts'
import { createFile, privateKeyIn, publicKeyOf, replaceFile } from './key-file.ts'
import type { HeldKey, KeyStore } from './key-store.ts'
import { keyFileEncrypted, keyFileInvalid, passphraseWrong } from './problems.ts'

/** `checkpoint.json` for the first key of a use, `checkpoint-<kid>.json` for any later one. */
const FILE = /^(checkpoint|manifest|webhook)(?:-[A-Za-z0-9_-]{43})?\.json$/

/** RFC 7518 section 4.8, with the iterations that OWASP asks for with SHA-512. */
const WRAPPING = 'PBES2-HS512+A256KW'
const CONTENT = 'A256GCM'
const ITERATIONS = 210_000
/** What somebody else's file may ask for: more would only keep the server from starting. */
const MOST_ITERATIONS = 2_000_000

/** A private JWK, as the first release wrote it; `made` orders the keys of one use. */
interface PlainFile {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  d: string
  made?: string
}

/** The same, encrypted as a JWE, with the public half beside it. */
interface EncryptedFile {
  x: string
  made?: string
  jwe: string
}

interface Loaded extends HeldKey {
  made: string
  /** `null` where it is encrypted and nobody is to sign. */
  privateKey: KeyObject | null
}

export interface KeyFilesOptions {
  /** The file whose first line is the passphrase; with one, every key is kept encrypted. */
  passphraseFile: string | null
  /** Without it only public halves are asked for, which takes no passphrase. */
  signing: boolean
}

/**
 * Keys as files of mode 0600 in a directory that the servers of a service share. With a passphrase
 * they are encrypted, those that were not before too.
 */
export function openKeyFiles(
  directory: string,
  { passphraseFile, signing }: KeyFilesOptions,
): KeyStore {
  const passphrase = signing && passphraseFile !== null ? readPassphrase(passphraseFile) : null
  const loaded = new Map<string, Loaded>()

  const list = async () => {
    const names = existsSync(directory)
      ? readdirSync(directory).filter((one) => FILE.test(one))
      : []
    for (const name of names.filter((one) => !loaded.has(one))) {
      loaded.set(name, await load(join(directory, name), { passphrase, signing }))
    }
    const present = names.map((name) => loaded.get(name)!)
    return present.sort((a, b) => (a.made < b.made ? -1 : Number(a.made > b.made)))
  }

  return {
    list,
    async makeFirst(use) {
      const path = join(directory, `${use}.json`)
      const { privateKey } = generateKeyPairSync('ed25519')
      // Of two servers at once one wins the name, and both read what it wrote.
      createFile(path, await written(privateKey, { made: '', passphrase }))
      return load(path, { passphrase, signing })
    },
    async make(use) {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const path = join(directory, `${use}-${kidOf(sha256, rawOf(publicKey))}.json`)
      const made = new Date().toISOString()
      createFile(path, await written(privateKey, { made, passphrase }))
      return load(path, { passphrase, signing })
    },
    async sign(kid, message) {
      const key = (await list()).find(({ publicKey }) => kidOf(sha256, publicKey) === kid)
      if (!key?.privateKey) throw keyFileEncrypted(directory)
      return new Uint8Array(sign(null, message, key.privateKey))
    },
  }
}

const rawOf = (publicKey: KeyObject) =>
  unb64((publicKey.export({ format: 'jwk' }) as { x: string }).x)

function readPassphrase(path: string) {
  const [line = ''] = readFileSync(path, 'utf8').split(/\r?\n/)
  if (line === '') throw passphraseWrong(path, 'its first line is empty')
  return { path, bytes: utf8(line.normalize('NFC')) }
}

type Passphrase = ReturnType<typeof readPassphrase>

async function load(
  path: string,
  { passphrase, signing }: { passphrase: Passphrase | null; signing: boolean },
): Promise<Loaded> {
  const file = parse(path)
  const use = FILE.exec(path.slice(dirname(path).length + 1))![1] as HeldUse
  const { made = '', x } = file
  if (!('jwe' in file)) {
    const privateKey = privateKeyIn(path, file)
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    if (passphrase) replaceFile(path, await written(privateKey, { made, passphrase }))
    return { use, made, publicKey: publicKeyOf(privateKey), privateKey }
  }
  const publicKey = unb64(x)
  if (!signing) return { use, made, publicKey, privateKey: null }
  if (!passphrase) throw keyFileEncrypted(path)
  const privateKey = privateKeyIn(path, await decrypted(path, file.jwe, passphrase))
  if (b64(publicKeyOf(privateKey)) !== x) throw keyFileInvalid(path)
  return { use, made, publicKey, privateKey }
}

function parse(path: string): PlainFile | EncryptedFile {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof file?.x === 'string' && unb64(file.x).length === 32) return file
  } catch (error) {
    throw keyFileInvalid(path, error)
  }
  throw keyFileInvalid(path)
}

async function decrypted(path: string, jwe: string, { path: from, bytes }: Passphrase) {
  try {
    const { plaintext } = await compactDecrypt(jwe, bytes, {
      keyManagementAlgorithms: [WRAPPING],
      contentEncryptionAlgorithms: [CONTENT],
      maxPBES2Count: MOST_ITERATIONS,
    })
    return JSON.parse(new TextDecoder().decode(plaintext)) as object
  } catch (error) {
    throw passphraseWrong(from, `it does not open ${path}`, error)
  }
}

/** The text of a key's file; the public half is read from it without the passphrase. */
async function written(
  privateKey: KeyObject,
  { made, passphrase }: { made: string; passphrase: Passphrase | null },
) {
  const jwk = privateKey.export({ format: 'jwk' })
  const dated = made === '' ? {} : { made }
  if (!passphrase) return `${JSON.stringify({ ...jwk, ...dated })}\n`
  const jwe = await new CompactEncrypt(utf8(JSON.stringify(jwk)))
    .setProtectedHeader({ alg: WRAPPING, enc: CONTENT, cty: 'jwk+json' })
    .setKeyManagementParameters({ p2c: ITERATIONS })
    .encrypt(passphrase.bytes)
  return `${JSON.stringify({ x: jwk.x, ...dated, jwe })}\n`
}
