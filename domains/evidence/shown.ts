import { sha256 } from '../../core/sha256.ts'
import { eraseHeaders } from '../../lineage/erasures.ts'
import type { Ask } from '../../lineage/graph.ts'
import type { RecordSlice } from '../../lineage/record-slice.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { sealFields } from '../../proofs/body.ts'
import { emptyHash } from '../../proofs/hash.ts'
import type { Json } from '../../proofs/json.ts'
import { parseLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import { compareLinks } from '../../proofs/outset.ts'
import type { ShownRecord } from '../../proofs/records.ts'

const EMPTY_BODY = b64(emptyHash(sha256))

/** A record as the bundle shows it before anything is withheld: all that there is of it. */
export function shownRecord({ header, fields, secret, out }: RecordSlice): ShownRecord {
  const parsed = parseLeaf(header) as RecordHeader
  return {
    header: parsed,
    out: out.map(([rel, id, leaf]) => ({ rel, id, leaf })).sort(compareLinks),
    fields: shownFields(parsed, fields, secret),
  }
}

/** A retired or erased entity's record has the body of no fields at all; an erased body is not there. */
function shownFields(
  { body }: RecordHeader,
  fields: RecordSlice['fields'],
  secret: RecordSlice['secret'],
) {
  if (fields !== null && secret !== null) {
    return sealFields(sha256, unb64(secret), JSON.parse(fields) as Record<string, Json>)
  }
  return body === EMPTY_BODY ? [] : null
}

/**
 * The records that erased the bodies of records of which nothing is shown, in order: they prove that
 * nothing is held back.
 */
export async function readErasures(
  ask: Ask,
  hidden: readonly RecordSlice[],
): Promise<RecordHeader[]> {
  const seqs = [...new Set(hidden.flatMap(({ erased }) => (erased === null ? [] : [erased])))]
  const rows = await eraseHeaders(ask, seqs)
  return rows.map(({ header }) => parseLeaf(header) as RecordHeader)
}
