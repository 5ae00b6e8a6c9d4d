import type { Field } from './body.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { hashLeaf, leafWithin, type RecordHeader } from './leaf.ts'
import { type Check, closed, hash, id, listOf, orNull, parseCanonical, pattern } from './members.ts'
import { ndjsonBytes, ndjsonLines } from './ndjson.ts'
import { compareLinks, type Link } from './outset.ts'

/** A record as a bundle shows it; `null` stands for a part that is not shown. */
export interface ShownRecord {
  header: RecordHeader
  /** All out-edges in force, sorted by (rel, id). */
  out: readonly Link[] | null
  /** Every field of the body, sorted by name. */
  fields: readonly Field[] | null
}

/** A shown record and its leaf, computed from the header. */
export interface ReadRecord extends ShownRecord {
  leaf: Uint8Array
}

/** Gives the bytes of `records.ndjson`: a line of JCS a record, in the order given, which must be that of `seq`. */
export const recordsBytes = (records: readonly ShownRecord[]): Uint8Array =>
  ndjsonBytes(
    records.map(({ header, out, fields }) => ({
      header: header as unknown as Json,
      out: out?.map(({ rel, id, leaf }) => [rel, id, leaf]) ?? null,
      fields: fields as Json[] | null,
    })),
  )

/**
 * Reads `records.ndjson` and hashes every header.
 *
 * @throws {ProofError} `PROOF_RECORDS` for a file that does not end with a newline, a leaf that is no
 * record, records or an out-set out of order; what `leafWithin` and `hashLeaf` throw; `PROOF_JSON_*`,
 * `PROOF_MEMBERS`, `PROOF_VALUE`, `PROOF_TEXT_TOO_LARGE`
 */
export function parseRecords(sha256: Sha256, bytes: Uint8Array): ReadRecord[] {
  const records: ReadRecord[] = []
  for (const line of ndjsonLines(bytes, 'PROOF_RECORDS')) {
    const record = parseLine(sha256, line, records.length + 1)
    if (record.header.seq <= (records.at(-1)?.header.seq ?? -1)) {
      throw new ProofError('PROOF_RECORDS', `line ${records.length + 1} is out of order`)
    }
    records.push(record)
  }
  return records
}

function parseLine(sha256: Sha256, line: string, number: number): ReadRecord {
  const what = `line ${number}`
  const members = closed(parseCanonical(line), what, ['header', 'out', 'fields'])
  const { leaf: header, bytes } = leafWithin(members.header!)
  if (header.v !== 'selvedge/record/1') {
    throw new ProofError('PROOF_RECORDS', `${what} is no record`)
  }
  const out = orNull(listOf(link))(members.out, `${what}, out`)
  if (out?.some((edge, i) => i > 0 && compareLinks(out[i - 1]!, edge) >= 0)) {
    throw new ProofError('PROOF_RECORDS', `the out-set in ${what} is out of order`)
  }
  const fields = orNull(listOf(field))(members.fields, `${what}, fields`)
  return { header, out, fields, leaf: hashLeaf(sha256, header, bytes) }
}

const rel = pattern('a relation', /^[A-Z][A-Z_]{0,62}$/)

const link: Check<Link> = (value, what) => {
  if (!Array.isArray(value) || value.length !== 3) {
    throw new ProofError('PROOF_MEMBERS', `${what} is not [rel, id, leaf]`)
  }
  return {
    rel: rel(value[0], `${what}, rel`),
    id: id(value[1], `${what}, id`),
    leaf: orNull(hash)(value[2], `${what}, leaf`),
  }
}

/** Any text: facets bring names of their own, and the body's root binds them as they are. */
const fieldName = pattern('text', /^/)

const field: Check<Field> = (value, what) => {
  const withheld = typeof value === 'object' && value !== null && Object.hasOwn(value, 'c')
  const members = closed(value, what, withheld ? ['name', 'c'] : ['name', 'salt', 'value'])
  const named = fieldName(members.name, `${what}.name`)
  if (withheld) return { name: named, c: hash(members.c, `${what}.c`) }
  return { name: named, salt: hash(members.salt, `${what}.salt`), value: members.value! }
}
