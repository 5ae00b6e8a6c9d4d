import { b64, unb64 } from './base64.ts'
import { boundedText } from './bounded-text.ts'
import { canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import { closed, hash, listOf, name, oneOf, parseCanonical } from './members.ts'
import { utf8 } from './utf8.ts'
import { isZipPath } from './zip.ts'

/** What a file handed on alone is called behind its own name. */
export const STITCH_SUFFIX = '.stitch.json'

/** What lets one entry of a bundle be verified without the others (docs/specs/bundle.md, "One entry alone"). */
export interface EntryProof {
  /** The entry's path in the bundle. */
  path: string
  /** The sibling hashes from the entry's stitch leaf up to the stitch root. */
  hashes: readonly Uint8Array[]
  /** `manifest.jws`, whose payload is the manifest. */
  jws: string
}

/** Gives the bytes of `<entry>.stitch.json`. */
export const entryProofBytes = ({ path, hashes, jws }: EntryProof): Uint8Array =>
  canonicalBytes({ v: 'selvedge/stitch/1', path, hashes: hashes.map((one) => b64(one)), jws })

/**
 * Reads `<entry>.stitch.json`; whether it proves anything, `verifyEntry` says.
 *
 * @throws {ProofError} `PROOF_ZIP_PATH`; `PROOF_JSON_*`, `PROOF_MEMBERS`, `PROOF_VALUE`,
 * `PROOF_TEXT_TOO_LARGE`
 */
export function parseEntryProof(bytes: Uint8Array): EntryProof {
  const members = closed(parseCanonical(boundedText(bytes)), 'the proof', [
    ...['v', 'path', 'hashes', 'jws'],
  ])
  oneOf('selvedge/stitch/1')(members.v, 'v')
  const path = name(members.path, 'path')
  if (!isZipPath(path)) throw new ProofError('PROOF_ZIP_PATH', 'the path can be no entry’s')
  return {
    path,
    hashes: listOf(hash)(members.hashes, 'hashes').map(unb64),
    jws: name(members.jws, 'jws'),
  }
}

/** Gives the bytes that a compact JWS signs, unchecked. @throws {ProofError} `PROOF_ENCODING` */
export const payloadOf = (jws: string) => unb64(jws.split('.')[1] ?? '')

/** Gives the bytes of `manifest.jws` as an entry has them. */
export const jwsBytes = ({ jws }: EntryProof) => utf8(jws)
