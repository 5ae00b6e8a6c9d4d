import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { promisify } from 'node:util'
import { b64, unb64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import { utf8 } from '../../proofs/utf8.ts'

export const VERSION = 'selvedge/backup/1'

/**
 * How much work one guess at the passphrase takes: scrypt with N = 2^17, r = 8, p = 1 needs 128 MB and
 * some tenths of a second.
 */
const LOG_N = 17
/** More would have a forged head take all memory; fewer would be no protection. */
const LOG_N_BOUNDS = [10, 20] as const

/** The longest head: two lines of a few values of fixed length. */
export const HEAD_BYTES = 512

const SALT_BYTES = 16
const TAG_BYTES = 16
/** What stands before the sealed bytes of a chunk: its salt, and their length. */
export const CHUNK_HEAD_BYTES = SALT_BYTES + 4
/** The most sealed bytes of one chunk: several times the largest record. */
export const MOST_SEALED = 64 * 2 ** 20

/** What seals and opens the chunks of one archive. */
export interface Sealer {
  /** The two lines that the file begins with. */
  head: Uint8Array
  /** Told to nobody: the random name of this archive. */
  id: string
  seal(plain: Uint8Array, place: ChunkPlace): Uint8Array
  /** `null` where these are not the bytes that were sealed for that place of this archive. */
  open(chunk: Uint8Array, place: ChunkPlace): Uint8Array | null
}

/** Where a chunk stands: its number from 0, and whether the archive ends with it. */
export interface ChunkPlace {
  number: number
  last: boolean
}

const derive = promisify(scrypt) as (
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>

/** Begins an archive: a key of its own, from the passphrase and a fresh salt (docs/specs/backup.md). */
export async function newSealer(passphrase: string, { logN = LOG_N } = {}): Promise<Sealer> {
  const [id, salt] = [b64(randomBytes(16)), b64(randomBytes(32))]
  const line = canonical({ id, logN, salt, v: VERSION })
  const keys = await keysOf(passphrase, { logN, salt })
  return sealerOf({ line, id, keys })
}

/**
 * Opens the head of an archive.
 *
 * @returns `not an archive` where it has another form; `wrong passphrase` where its code is not made with
 *   this passphrase, or not over these bytes.
 */
export async function openSealer(
  passphrase: string,
  head: Uint8Array,
): Promise<Sealer | 'not an archive' | 'wrong passphrase'> {
  const parsed = parseHead(head)
  if (!parsed) return 'not an archive'
  const keys = await keysOf(passphrase, parsed)
  const sealer = sealerOf({ line: parsed.line, id: parsed.id, keys })
  return timingSafeEqual(sealer.head, head) ? sealer : 'wrong passphrase'
}

/** A head has exactly one form: written again it must give the same bytes. */
function parseHead(head: Uint8Array) {
  const [line = '', code = '', ...rest] = Buffer.from(head).toString('latin1').split('\n')
  if (rest.length !== 1 || rest[0] !== '' || !/^[\w-]{43}$/.test(code)) return null
  try {
    const { v, id, logN, salt, ...more } = JSON.parse(line) as Record<string, unknown>
    const [least, most] = LOG_N_BOUNDS
    const isKnown = v === VERSION && Object.keys(more).length === 0
    if (!isKnown || typeof id !== 'string' || typeof salt !== 'string') return null
    if (typeof logN !== 'number' || !(logN >= least && logN <= most)) return null
    if (unb64(id).length !== 16 || unb64(salt).length !== 32) return null
    if (canonical({ id, logN, salt, v }) !== line) return null
    return { line, id, logN, salt }
  } catch {
    return null
  }
}

interface ArchiveKeys {
  head: Buffer
  chunks: Buffer
}

async function keysOf(
  passphrase: string,
  { logN, salt }: { logN: number; salt: string },
): Promise<ArchiveKeys> {
  const N = 2 ** logN
  const cost = { N, r: 8, p: 1, maxmem: 256 * N * 8 }
  const bytes = await derive(utf8(passphrase.normalize('NFC')), unb64(salt), 64, cost)
  return { head: bytes.subarray(0, 32), chunks: bytes.subarray(32) }
}

/**
 * Chunks are sealed by AES-256-GCM as in STREAM: the number of the chunk and whether it is the last are
 * the nonce, so that none can be left out, moved or cut off. Each chunk has a key of its own besides, by
 * a random salt: a chunk that was torn when the machine died is written again under the same number.
 */
function sealerOf({ line, id, keys }: { line: string; id: string; keys: ArchiveKeys }): Sealer {
  const code = createHmac('sha256', keys.head).update(`${VERSION} head\n${line}`).digest()
  const keyOf = (salt: Uint8Array) =>
    Buffer.from(hkdfSync('sha256', keys.chunks, salt, `${VERSION} chunk`, 32))
  return {
    id,
    head: utf8(`${line}\n${b64(new Uint8Array(code))}\n`),
    seal(plain, place) {
      const salt = randomBytes(SALT_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyOf(salt), nonceOf(place))
      cipher.setAAD(code)
      const sealed = [cipher.update(plain), cipher.final(), cipher.getAuthTag()]
      const length = Buffer.alloc(4)
      length.writeUInt32BE(plain.length + TAG_BYTES)
      return Buffer.concat([salt, length, ...sealed])
    },
    open(chunk, place) {
      const sealed = chunk.subarray(CHUNK_HEAD_BYTES)
      if (sealed.length < TAG_BYTES || sealed.length !== sealedLength(chunk)) return null
      const end = sealed.length - TAG_BYTES
      const key = keyOf(chunk.subarray(0, SALT_BYTES))
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(place), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(code)
      decipher.setAuthTag(sealed.subarray(end))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()])
      } catch {
        return null
      }
    },
  }
}

/** How many sealed bytes follow the head of a chunk, as that says. */
export const sealedLength = (chunk: Uint8Array) =>
  new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength).getUint32(SALT_BYTES)

function nonceOf({ number, last }: ChunkPlace) {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(Math.floor(number / 2 ** 32), 3)
  nonce.writeUInt32BE(number % 2 ** 32, 7)
  nonce[11] = last ? 1 : 0
  return nonce
}
