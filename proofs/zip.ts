import { crc32 } from './crc32.ts'
import { ProofError } from './error.ts'

/** One file of a bundle: its path and its bytes (a view, never a copy, where it was read from a zip). */
export interface ZipEntry {
  path: string
  bytes: Uint8Array
}

/** The limits of the canonical form: without zip64 a count has 16 bits and an offset 32, one of them kept for a sign. */
export const ZIP_LIMITS = { entries: 65_534, pathBytes: 200, bytes: 2 ** 31 - 1 } as const

const LOCAL = { signature: 0x04034b50, bytes: 30 }
const CENTRAL = { signature: 0x02014b50, bytes: 46 }
const END = { signature: 0x06054b50, bytes: 22 }
const VERSION = 20
const UTF8_NAMES = 0x0800
const FIRST_OF_1980 = 0x0021
const PATH = /^[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/

/**
 * Says whether `path` may name an entry: lower-case ASCII segments, none of them `.` or `..`, so that
 * unpacking can neither leave its folder nor meet itself on a file system that folds case.
 */
export const isZipPath = (path: string) =>
  path.length <= ZIP_LIMITS.pathBytes &&
  PATH.test(path) &&
  !path.split('/').some((segment) => segment === '.' || segment === '..')

/**
 * Writes the one zip that has these entries (`docs/specs/bundle.md`), in path order
 * whatever order they come in.
 *
 * @throws {ProofError} `PROOF_ZIP_PATH` for a path outside the pattern or given twice, `PROOF_ZIP_LIMIT`
 * beyond `ZIP_LIMITS`.
 */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))
  checkEntries(sorted)
  const zip = new Uint8Array(sizeOf(sorted))
  let at = 0
  for (const { bytes } of partsOf(sorted)) {
    zip.set(bytes, at)
    at += bytes.length
  }
  return zip
}

/**
 * Reads a zip that is byte for byte what `writeZip` makes of its entries, and refuses any other.
 *
 * A zip can say one thing in its local headers and another in its directory, and hide bytes between
 * them; two readers then see two files. So the whole file is written again, piece by piece and in
 * place, and compared: nothing is allocated by a number that the file states.
 *
 * @throws {ProofError} `PROOF_ZIP_NOT_ONE` where neither end of the file looks like a zip;
 * `PROOF_ZIP_FORM`, `PROOF_ZIP_PATH`, `PROOF_ZIP_LIMIT` for a zip of another form.
 */
export function readZip(zip: Uint8Array): ZipEntry[] {
  if (!looksLikeZip(zip)) throw new ProofError('PROOF_ZIP_NOT_ONE', 'the file is not a zip')
  if (zip.length > ZIP_LIMITS.bytes) throw limit(`${zip.length} bytes`)
  const entries = localEntries(zip)
  checkEntries(entries)
  if (sizeOf(entries) !== zip.length) {
    throw form(`${zip.length} bytes, and its entries make ${sizeOf(entries)}`)
  }
  let at = 0
  for (const { what, bytes } of partsOf(entries)) {
    // An entry's own bytes are a view of this very place: every header before has had its canonical length.
    const wrong = what === null ? -1 : bytes.findIndex((byte, i) => byte !== zip[at + i])
    if (wrong >= 0) throw form(`byte ${at + wrong}, in the ${what}, is not canonical`)
    at += bytes.length
  }
  return entries
}

const form = (what: string) => new ProofError('PROOF_ZIP_FORM', `the zip is not canonical: ${what}`)
const limit = (what: string) => new ProofError('PROOF_ZIP_LIMIT', `the zip is too large: ${what}`)

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** True if either end is a zip's, so that a damaged bundle still counts as a bundle that fails its checks. */
function looksLikeZip(zip: Uint8Array) {
  const signatureAt = (at: number) =>
    at >= 0 && at + 4 <= zip.length ? viewOf(zip).getUint32(at, true) : 0
  return signatureAt(0) === LOCAL.signature || signatureAt(zip.length - END.bytes) === END.signature
}

/** Follows the local headers from offset 0 by their sizes; everything else they say is compared later. */
function localEntries(zip: Uint8Array): ZipEntry[] {
  const view = viewOf(zip)
  const entries: ZipEntry[] = []
  let at = 0
  while (at + LOCAL.bytes <= zip.length && view.getUint32(at, true) === LOCAL.signature) {
    if (entries.length === ZIP_LIMITS.entries)
      throw limit(`more than ${ZIP_LIMITS.entries} entries`)
    const pathAt = at + LOCAL.bytes
    const bytesAt = pathAt + view.getUint16(at + 26, true)
    const end = bytesAt + view.getUint32(at + 22, true)
    if (bytesAt - pathAt > ZIP_LIMITS.pathBytes || end > zip.length) {
      throw form(`the local header at byte ${at} points outside of the file`)
    }
    const path = String.fromCharCode(...zip.subarray(pathAt, bytesAt))
    entries.push({ path, bytes: zip.subarray(bytesAt, end) })
    at = end
  }
  return entries
}

function checkEntries(sorted: readonly ZipEntry[]) {
  if (sorted.length > ZIP_LIMITS.entries) throw limit(`${sorted.length} entries`)
  sorted.forEach(({ path }, i) => {
    if (!isZipPath(path)) throw new ProofError('PROOF_ZIP_PATH', 'an entry has a forbidden path')
    const before = sorted[i - 1]?.path
    if (before !== undefined && before >= path) {
      throw new ProofError('PROOF_ZIP_PATH', `${path} is there twice or out of order`)
    }
  })
  if (sizeOf(sorted) > ZIP_LIMITS.bytes) throw limit(`${sizeOf(sorted)} bytes`)
}

const sizeOf = (entries: readonly ZipEntry[]) =>
  entries.reduce(
    (sum, { path, bytes }) => sum + LOCAL.bytes + bytes.length + CENTRAL.bytes + 2 * path.length,
    END.bytes,
  )

/** The zip from its first byte to its last; the pieces that are made here have a name, an entry's own bytes none. */
function* partsOf(
  entries: readonly ZipEntry[],
): Generator<{ what: string | null; bytes: Uint8Array }> {
  const directory: { what: string; bytes: Uint8Array }[] = []
  let at = 0
  for (const { path, bytes } of entries) {
    const shared = { path, length: bytes.length, crc: crc32(bytes) }
    const local = localHeader(shared)
    directory.push({ what: `directory entry of ${path}`, bytes: centralHeader(shared, at) })
    yield { what: `local header of ${path}`, bytes: local }
    yield { what: null, bytes }
    at += local.length + bytes.length
  }
  yield* directory
  const size = directory.reduce((sum, { bytes }) => sum + bytes.length, 0)
  yield { what: 'end record', bytes: endRecord(entries.length, size, at) }
}

interface Described {
  path: string
  length: number
  crc: number
}

/** What a local header and its directory entry have in common, from "version needed" to the extra field's length. */
function describe(view: DataView, at: number, { path, length, crc }: Described) {
  view.setUint16(at, VERSION, true)
  view.setUint16(at + 2, UTF8_NAMES, true)
  view.setUint16(at + 8, FIRST_OF_1980, true)
  view.setUint32(at + 10, crc, true)
  view.setUint32(at + 14, length, true)
  view.setUint32(at + 18, length, true)
  view.setUint16(at + 22, path.length, true)
}

function headerFor(path: string, { signature, bytes }: typeof LOCAL) {
  const header = new Uint8Array(bytes + path.length)
  for (let i = 0; i < path.length; i++) header[bytes + i] = path.charCodeAt(i)
  const view = viewOf(header)
  view.setUint32(0, signature, true)
  return { header, view }
}

function localHeader(described: Described) {
  const { header, view } = headerFor(described.path, LOCAL)
  describe(view, 4, described)
  return header
}

function centralHeader(described: Described, localAt: number) {
  const { header, view } = headerFor(described.path, CENTRAL)
  view.setUint16(4, VERSION, true)
  describe(view, 6, described)
  view.setUint32(42, localAt, true)
  return header
}

function endRecord(count: number, directoryBytes: number, directoryAt: number) {
  const record = new Uint8Array(END.bytes)
  const view = viewOf(record)
  view.setUint32(0, END.signature, true)
  view.setUint16(8, count, true)
  view.setUint16(10, count, true)
  view.setUint32(12, directoryBytes, true)
  view.setUint32(16, directoryAt, true)
  return record
}
