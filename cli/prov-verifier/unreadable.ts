import { EXIT } from '../../proofs/report.ts'
import { UnreadableError } from './files.ts'
import { failureJson } from './json.ts'
import type { Terminal } from './run.ts'
import { safe } from './text.ts'

/** Tells that a file could not be read, and gives the exit code. @throws Every other error, as it is. */
export function tellUnreadable(error: unknown, { json }: { json: boolean }, terminal: Terminal) {
  if (!(error instanceof UnreadableError)) throw error
  if (json) terminal.out(failureJson(error, EXIT.unreadable))
  else terminal.err(`prov-verifier: ${safe(error.message)}\n`)
  return EXIT.unreadable
}
