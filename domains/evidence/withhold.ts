import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import {
  idlePatterns,
  parseWithholding,
  type Withholding,
  withheldNames,
  withholdFields,
} from '../../proofs/withhold.ts'
import { withholdIdle, withholdInvalid } from './problems.ts'

/**
 * Reads what an export is to keep back; no patterns are no rule at all.
 *
 * @throws {Problem} `EXPORT_WITHHOLD_INVALID`
 */
export function readWithholding(patterns: readonly string[]): Withholding | null {
  if (patterns.length === 0) return null
  try {
    return parseWithholding(patterns)
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    throw withholdInvalid(error.message)
  }
}

/**
 * Shows the records without what is to be kept back.
 *
 * A pattern that meets no field is refused: most likely it is misspelt, and what it was meant to keep
 * back would be handed out.
 *
 * @throws {Problem} `EXPORT_WITHHOLD_UNMATCHED`
 */
export function withholdFrom(
  withholding: Withholding | null,
  records: readonly ShownRecord[],
): ShownRecord[] {
  if (withholding === null) return [...records]
  const named = records.map(({ header, fields }) => ({
    kind: header.kind,
    names: fields?.map(({ name }) => name) ?? [],
  }))
  const idle = idlePatterns(withholding, named)
  if (idle.length > 0) throw withholdIdle(idle)
  return records.map((record, i) => {
    const { kind, names } = named[i]!
    const kept = withheldNames(withholding, kind, names)
    return { ...record, fields: record.fields && withholdFields(sha256, record.fields, kept) }
  })
}
