import { Problem } from '../../core/problem.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import { type LineageEvent, mentionsOf } from './event.ts'
import { eventCommand, type Sender } from './event-command.ts'
import { mergeDeferred } from './problems.ts'

/**
 * Records an event and answers after the commit.
 *
 * An event with symlinks that fills a transaction merges datasets with many neighbours. Without any,
 * only a job event that takes outputs from thousands of datasets does (limits.ts).
 *
 * @throws {Problem} `MERGE_DEFERRED`, and whatever the ledger refuses.
 */
export const recordEvent = (
  ledger: Pick<Ledger, 'submit'>,
  event: LineageEvent,
  sender: Sender,
): Promise<Receipt> =>
  ledger.submit(eventCommand(event, sender)).catch((error: unknown) => {
    const full = error instanceof Problem && error.code === 'LEDGER_TRANSACTION_TOO_LARGE'
    const merges = mentionsOf(event).some(({ symlinks }) => symlinks.length > 0)
    throw full && merges ? mergeDeferred(error) : error
  })
