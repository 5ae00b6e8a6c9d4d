import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'

/** A moment as GraphQL takes it. */
export type Moment = { position: string } | { instant: string } | { checkpoint: string }

/** How a moment is given on a command line, for the help of the commands that take one. */
export const MOMENT_HELP =
  'A moment is a position of the log (0:42), an instant with an offset (2026-03-31T00:00:00Z), or a\n' +
  'file that holds the signed note of a checkpoint.'

/** Reads what was given for a moment. */
export function momentOf(given: string): Moment {
  if (/^\d+:\d+$/.test(given)) return { position: given }
  if (/^\d{4}-\d\d-\d\d[Tt]/.test(given)) return { instant: given }
  try {
    return { checkpoint: readFileSync(given, 'utf8') }
  } catch {
    throw new InvalidArgumentError(
      'It must be a position such as 0:42, an instant with an offset, or a file with a checkpoint.',
    )
  }
}

/** Reads a day of the calendar, as the instant that GraphQL takes for it. */
export function dayOf(given: string): string {
  const at = `${given}T00:00:00Z`
  if (/^\d{4}-\d\d-\d\d$/.test(given) && !Number.isNaN(Date.parse(at))) return at
  throw new InvalidArgumentError('It must be a day such as 2026-03-31.')
}

/** Reads how many things are to be shown. */
export function countOf(given: string): number {
  if (/^[1-9]\d{0,5}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('It must be a whole number from 1 to 999999.')
}
