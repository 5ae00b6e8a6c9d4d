import { sha256 } from '../../../core/sha256.ts'
import { verifyState } from '../../../proofs/verify-state.ts'
import { parsed, UsageError } from '../arguments.ts'
import { readBundle } from '../files.ts'
import { FORM_OPTIONS, runForm } from '../form.ts'
import type { Verb } from '../run.ts'

/** `prov-verifier state FILE`: verifies what a state says of some ids, that there is no such entity included. */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, FORM_OPTIONS)
  const [proof, ...more] = positionals
  if (proof === undefined || more.length > 0) throw new UsageError('name one state proof')
  return runForm(proof, values, {
    terminal,
    // Not small: an in-set that is shown in full can be a hub's.
    verify: (trust) => verifyState({ sha256, bytes: readBundle(proof), trust }),
  })
}
