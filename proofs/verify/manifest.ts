import { b64, unb64 } from '../base64.ts'
import { boundedText } from '../bounded-text.ts'
import { ProofError } from '../error.ts'
import { equal, HASH_BYTES, type Sha256 } from '../hash.ts'
import { hex } from '../hex.ts'
import { parseJson } from '../json.ts'
import { jwsHeader, MANIFEST, MANIFEST_JWS, type Manifest, parseManifest } from '../manifest.ts'
import { stitchRoot } from '../stitch.ts'
import { readZip } from '../zip.ts'

/** The entries of a bundle, in path order. */
export type Entries = ReadonlyMap<string, Uint8Array>

/** A JWS taken apart; the signature not yet checked. */
export interface Jws {
  kid: string
  text: string
}

/** Reads the file as a zip in its one form. @throws {ProofError} `PROOF_ZIP_*` */
export function openZip(bytes: Uint8Array) {
  const entries = readZip(bytes)
  const value: Entries = new Map(entries.map((entry) => [entry.path, entry.bytes]))
  return { value, detail: `${entries.length} entries, ${bytes.length} bytes, in canonical form` }
}

/** Gives the bytes of an entry. @throws {ProofError} `PROOF_ENTRY_MISSING` */
export function entry(entries: Entries, path: string) {
  const bytes = entries.get(path)
  if (bytes === undefined) throw new ProofError('PROOF_ENTRY_MISSING', `there is no ${path}`)
  return bytes
}

/** Reads `manifest.json`. @throws {ProofError} As `parseManifest`, and `PROOF_ENTRY_MISSING`. */
export function readManifest(entries: Entries) {
  const value = parseManifest(entry(entries, MANIFEST))
  const { root, direction, depth } = value.predicate.question
  return { value, detail: `${direction} of ${root} to depth ${depth}` }
}

/**
 * Reads `manifest.jws`: three parts, the one header that its `kid` makes, the bytes of `manifest.json`
 * as payload, 64 bytes of signature. Keys or addresses of keys in a header have no place to be.
 *
 * @throws {ProofError} `PROOF_JWS`, `PROOF_JWS_HEADER`, `PROOF_JWS_PAYLOAD`, `PROOF_ENCODING`, `PROOF_ENTRY_MISSING`
 */
export function readJws(entries: Entries) {
  const text = boundedText(entry(entries, MANIFEST_JWS))
  const [header = '', payload = '', signature = '', ...more] = text.split('.')
  if (more.length > 0 || unb64(signature).length !== 64) {
    throw new ProofError('PROOF_JWS', 'the JWS is not three parts with an Ed25519 signature')
  }
  const kid = kidIn(boundedText(unb64(header)))
  if (!equal(unb64(payload), entry(entries, MANIFEST))) {
    throw new ProofError('PROOF_JWS_PAYLOAD', 'what is signed is not manifest.json')
  }
  return { value: { kid, text } satisfies Jws, detail: `over manifest.json, by the key ${kid}` }
}

function kidIn(header: string) {
  const { kid } = Object(parseJson(header)) as { kid?: unknown }
  const sound = typeof kid === 'string' && unb64(kid).length === HASH_BYTES
  if (!sound || jwsHeader(kid) !== header) {
    throw new ProofError('PROOF_JWS_HEADER', 'the protected header is not exactly the one allowed')
  }
  return kid
}

/** Requires the entries to be the manifest, its signature and its subjects. @throws {ProofError} `PROOF_ENTRY_MISSING`, `PROOF_ENTRY_UNLISTED` */
export function checkEntryList(entries: Entries, { subject }: Manifest) {
  const listed = new Set([MANIFEST, MANIFEST_JWS, ...subject.map(({ name }) => name)])
  for (const path of listed) entry(entries, path)
  const stranger = [...entries.keys()].find((path) => !listed.has(path))
  if (stranger !== undefined) {
    throw new ProofError('PROOF_ENTRY_UNLISTED', `the manifest does not list ${stranger}`)
  }
  return `the manifest, its signature and ${subject.length} subjects`
}

/** Requires every subject that is there to have its digest. @throws {ProofError} `PROOF_ENTRY_DIGEST` */
export function checkDigests(sha256: Sha256, entries: Entries, { subject }: Manifest) {
  for (const { name, digest } of subject) {
    const bytes = entries.get(name)
    if (bytes !== undefined && hex(sha256(bytes)) !== digest.sha256) {
      throw new ProofError('PROOF_ENTRY_DIGEST', `${name} has another SHA-256`)
    }
  }
  return `${subject.length} subjects have their SHA-256`
}

/** Requires the stitch root to be that of the subjects. @throws {ProofError} `PROOF_STITCH`, `PROOF_ENTRY_MISSING` */
export function checkStitch(sha256: Sha256, entries: Entries, { subject, predicate }: Manifest) {
  const subjects = subject.map(({ name }) => ({ path: name, bytes: entry(entries, name) }))
  if (b64(stitchRoot(sha256, subjects)) !== predicate.stitch) {
    throw new ProofError('PROOF_STITCH', 'the stitch root is not that of the subjects')
  }
  return predicate.stitch
}
