import { Problem } from '../core/problem.ts'
import { coloursOn } from './colours.ts'

/**
 * Tells why a command failed and gives its exit code. A `Problem` says itself how to mend it, and the
 * system says itself which file or folder it could not open, make or write; for anything else the
 * trace is shown, since it is our own fault and a report of it needs one.
 */
export function tellFailure(error: unknown): number {
  const { red } = coloursOn(process.stderr)
  if (error instanceof Problem) {
    process.stderr.write(`${red(error.code)}: ${error.message}\n`)
  } else if (isOfFiles(error)) {
    process.stderr.write(`${red('FILE_REFUSED')}: ${error.message}\n`)
  } else {
    process.stderr.write(`${red('internal error')}: ${(error as Error)?.stack ?? error}\n`)
  }
  return 1
}

const isOfFiles = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'path' in error && 'errno' in error && 'syscall' in error
