import type { Command } from '../../ledger/ledger.ts'
import { applyEvent } from './apply-event.ts'
import type { LineageEvent } from './event.ts'
import { namesOf } from './names.ts'

/** Who sends an event, and the key that tells a repetition from another event. */
export interface Sender {
  tenant: string
  subject: string
  key?: string
}

/** One event as one command of the ledger: it is carried out whole or not at all. */
export const eventCommand = (
  event: LineageEvent,
  sender: Sender,
  mostOwners?: number,
): Command => ({
  ...sender,
  request: `openlineage ${event.text}`,
  names: namesOf(event),
  run: (draft) => applyEvent(draft, event, mostOwners),
})
