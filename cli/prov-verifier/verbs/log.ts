import { sha256 } from '../../../core/sha256.ts'
import { verifyLog } from '../../../proofs/verify-log.ts'
import { parsed, UsageError } from '../arguments.ts'
import { openLogDirectory } from '../files.ts'
import { FORM_OPTIONS, runForm } from '../form.ts'
import type { Verb } from '../run.ts'

/** `prov-verifier log DIR`: verifies a whole log by its files. */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, FORM_OPTIONS)
  const [directory, ...more] = positionals
  if (directory === undefined || more.length > 0) throw new UsageError('name one directory')
  return runForm(directory, values, {
    terminal,
    verify: (trust) => verifyLog({ sha256, read: openLogDirectory(directory), trust }),
  })
}
