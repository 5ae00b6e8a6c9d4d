import type { Ground } from '../../ledger/draft.ts'

/**
 * What the body of an `Erasure` says. It names an entity or an actor by id and pseudonym, and nobody
 * by name: it stays when what it is about is gone.
 */
export interface ErasureBody {
  ground: Ground
  reason: string
  /** `pending` while backups or transaction logs may still hold what was erased. */
  status: 'pending' | 'complete'
  pendingUntil: string
  confirmedAt?: string
  /** Of an erased entity: its id, how many records lost their bodies, and the records that erased them. */
  entity?: string
  records?: number
  by?: number[]
  /** Of an erased actor: the pseudonym that stands for nobody any more. */
  actor?: string
}
