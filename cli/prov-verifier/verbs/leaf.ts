import { sha256 } from '../../../core/sha256.ts'
import { verifyLeaf } from '../../../proofs/verify-leaf.ts'
import { parsed, UsageError } from '../arguments.ts'
import { readSmall } from '../files.ts'
import { FORM_OPTIONS, runForm } from '../form.ts'
import type { Verb } from '../run.ts'

/** `prov-verifier FILE.tlog-proof --leaf FILE`: verifies that one leaf is in a signed log. */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, { ...FORM_OPTIONS, leaf: { type: 'string' } })
  const [proof, ...more] = positionals
  const { leaf } = values
  if (proof === undefined || more.length > 0) throw new UsageError('name one .tlog-proof file')
  if (leaf === undefined) throw new UsageError('name the leaf that it proves with --leaf')
  return runForm(proof, values, {
    terminal,
    verify: (trust) =>
      verifyLeaf({ sha256, proof: readSmall(proof), leaf: readSmall(leaf), trust }),
  })
}
