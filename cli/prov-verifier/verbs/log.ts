import { sha256 } from '../../../core/sha256.ts'
import { verifyLog } from '../../../proofs/verify-log.ts'
import { parsed, UsageError } from '../arguments.ts'
import { openLogDirectory } from '../files.ts'
import { FORM_OPTIONS, runForm } from '../form.ts'
import type { Verb } from '../run.ts'

/** `prov-verifier log DIR [--state]`: verifies a whole log by its files, with `--state` by replay too. */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, {
    ...FORM_OPTIONS,
    state: { type: 'boolean', default: false },
  })
  const [directory, ...more] = positionals
  if (directory === undefined || more.length > 0) throw new UsageError('name one directory')
  return runForm(directory, values, {
    terminal,
    verify: (trust) =>
      verifyLog({ sha256, read: openLogDirectory(directory), trust, state: values.state }),
  })
}
