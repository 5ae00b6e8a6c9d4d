import { sha256 } from '../../../core/sha256.ts'
import { verifyGrowth } from '../../../proofs/verify-growth.ts'
import { parsed, UsageError } from '../arguments.ts'
import { readSmall } from '../files.ts'
import { FORM_OPTIONS, runForm } from '../form.ts'
import type { Verb } from '../run.ts'

/** `prov-verifier consistency OLD NEW`: verifies that a log's later checkpoint begins with an earlier one. */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, FORM_OPTIONS)
  const [old, proof, ...more] = positionals
  if (old === undefined || proof === undefined || more.length > 0) {
    throw new UsageError('name the old checkpoint, and the new one with what leads to it')
  }
  return runForm(`${old} → ${proof}`, values, {
    terminal,
    verify: (trust) =>
      verifyGrowth({ sha256, old: readSmall(old), proof: readSmall(proof), trust }),
  })
}
