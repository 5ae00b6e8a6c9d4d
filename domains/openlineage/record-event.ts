import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import type { LineageEvent } from './event.ts'
import { eventCommand, type Sender } from './event-command.ts'

/**
 * Records an event and answers after the commit.
 *
 * @param mostOwners As `applyEvent` takes it.
 * @throws {Problem} Whatever the ledger refuses; `LEDGER_TRANSACTION_TOO_LARGE` for a job event that
 *   takes outputs from thousands of datasets (limits.ts).
 */
export const recordEvent = (
  ledger: Pick<Ledger, 'submit'>,
  event: LineageEvent,
  sender: Sender,
  mostOwners?: number,
): Promise<Receipt> => ledger.submit(eventCommand(event, sender, mostOwners))
