import { Problem } from '../../core/problem.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import type { LineageEvent } from './event.ts'
import { eventCommand, type Sender } from './event-command.ts'
import { mergeDeferred } from './problems.ts'

/**
 * Records an event and answers after the commit.
 *
 * Without its merges no event within our limits fills a transaction (limits.ts), so one that does
 * is a merge of datasets with many neighbours.
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
    throw full ? mergeDeferred(error) : error
  })
