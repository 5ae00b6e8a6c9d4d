import { boundedText } from './bounded-text.ts'
import { canonical, canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { verifyKeyItself } from './keyleaf.ts'
import { hashLeaf, type KeyLeaf, parseLeaf } from './leaf.ts'
import { closed, listOf, oneOf, parseCanonical } from './members.ts'

/** A key record as a bundle shows it, and its leaf as computed from it. */
export interface ReadKeyRecord {
  leaf: KeyLeaf
  hash: Uint8Array
}

/** A log's first key records, which no bundle shows: what they say, the trust root must say itself. */
const FIRST = 2

/** The most that one file may show: each takes two signatures to verify, and anyone can make them. */
const MOST = 10_000

/** Gives the bytes of `keys.json`: key records in the order given, which must be that of `seq`. */
export const keyRecordsBytes = (leaves: readonly KeyLeaf[]): Uint8Array =>
  canonicalBytes({ v: 'selvedge/keys/1', keys: leaves as unknown as Json[] })

/**
 * Reads `keys.json` (docs/specs/keys.md): key records after a log's first two, each sound by itself
 * and, where it adds a key, signed by that key. Whether any of those keys is to be trusted,
 * `chainKeys` says.
 *
 * @throws {ProofError} `PROOF_KEY_RECORDS` for too many, a leaf that is no key record or one of the first
 * two, records out of order, or a key that is added twice for one use; what `parseLeaf` throws;
 * `PROOF_KEY_ID`, `PROOF_KEY_SIGNATURE`, `PROOF_JSON_*`, `PROOF_MEMBERS`, `PROOF_VALUE`
 */
export function parseKeyRecords(sha256: Sha256, bytes: Uint8Array): ReadKeyRecord[] {
  const members = closed(parseCanonical(boundedText(bytes)), 'the keys', ['v', 'keys'])
  oneOf('selvedge/keys/1')(members.v, 'v')
  const keys = listOf((value) => value!)(members.keys, 'keys')
  if (keys.length > MOST) {
    throw new ProofError('PROOF_KEY_RECORDS', `${keys.length} key records; ${MOST} are allowed`)
  }
  const records = keys.map((value) => readRecord(sha256, value))
  const added = new Set<string>()
  records.forEach(({ leaf }, i) => {
    if (leaf.seq < FIRST || leaf.seq <= (records[i - 1]?.leaf.seq ?? 0)) {
      throw new ProofError('PROOF_KEY_RECORDS', `key record ${leaf.seq} is out of place`)
    }
    if (leaf.event !== 'add') return
    const key = `${leaf.use} ${leaf.kid}`
    if (added.has(key)) throw new ProofError('PROOF_KEY_RECORDS', `${key} is added twice`)
    added.add(key)
  })
  return records
}

function readRecord(sha256: Sha256, value: Json): ReadKeyRecord {
  const leaf = parseLeaf(canonical(value))
  if (leaf.v !== 'selvedge/key/1') {
    throw new ProofError('PROOF_KEY_RECORDS', `leaf ${leaf.seq} is no key record`)
  }
  verifyKeyItself(sha256, leaf)
  return { leaf, hash: hashLeaf(sha256, leaf) }
}
