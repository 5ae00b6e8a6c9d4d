import { b64 } from './base64.ts'
import { canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import { hmac, type Sha256 } from './hash.ts'

/** What a tenant's name may be. */
export const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/

/** 32 bytes in unpadded base64url: the last character carries four bits, the rest of it zero. */
export const HASH_TEXT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Who acted, without saying who: `p_` and 128 random bits in unpadded base64url. */
export const ACTOR = /^p_[A-Za-z0-9_-]{21}[AQgw]$/

const URN = /^urn:selvedge:([a-z][a-z0-9]{0,62}):(?:h:([A-Za-z0-9_-]+)|([0-9a-f-]+))$/
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** An id taken apart: what kind of thing it names, and by what: a name's HMAC or a random UUID. */
export type Urn =
  | { kind: string; form: 'name'; digest: string }
  | { kind: string; form: 'uuid'; uuid: string }

/** Writes a kind as ids do: in lower case, without separators (`XaiExport` becomes `xaiexport`). */
export const urnKind = (kind: string) => kind.toLowerCase().replace(/[^a-z0-9]/g, '')

/**
 * Gives the id of a thing that has a name of its own (record.md, "Ids"): opaque, because headers are
 * for ever, yet the same whenever the name is met again.
 *
 * Namespace and name are taken in NFC, so that one name typed on two systems is one thing.
 *
 * @param namingKey The tenant's 32 bytes; whoever holds them can confirm a guessed name.
 */
export function nameUrn(
  sha256: Sha256,
  namingKey: Uint8Array,
  kind: string,
  namespace: string,
  name: string,
) {
  const named = canonicalBytes([namespace.normalize('NFC'), name.normalize('NFC')])
  return `urn:selvedge:${urnKind(kind)}:h:${b64(hmac(sha256, namingKey, named))}`
}

/**
 * Takes an id apart.
 *
 * @throws {ProofError} `PROOF_URN` unless it is in one of the two forms of record.md, "Ids".
 */
export function parseUrn(urn: string): Urn {
  const [, kind, digest, uuid] = URN.exec(urn) ?? []
  if (kind && digest && HASH_TEXT.test(digest)) return { kind, form: 'name', digest }
  if (kind && uuid && UUID_V7.test(uuid)) return { kind, form: 'uuid', uuid }
  throw new ProofError('PROOF_URN', `not an id of ours: ${JSON.stringify(urn.slice(0, 120))}`)
}

/** Tells whether a text is an id of ours. */
export function isUrn(urn: string) {
  try {
    parseUrn(urn)
    return true
  } catch {
    return false
  }
}
