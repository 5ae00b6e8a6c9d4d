import type { SignedCheckpoint } from '../../ledger/ledger.ts'
import { tenantUnknown } from '../../ledger/problems.ts'
import { readLog } from '../../lineage/log.ts'
import { formatPosition } from '../../lineage/position.ts'
import { positionNotReached } from '../../lineage/problems.ts'
import { stateAt } from '../../lineage/state-log.ts'
import { parseLeaf, type StateLeaf } from '../../proofs/leaf.ts'
import { coveringCheckpoint } from './covering-checkpoint.ts'
import type { Exporting } from './export.ts'

/** At which position an answer is read, and what proves it. */
export interface AskedState {
  origin: string
  /** The position asked for. */
  asOf: number
  /** The last state record at or before it; `null` in a log that had none then. */
  leaf: StateLeaf | null
  /** Covers it. */
  checkpoint: SignedCheckpoint
}

/**
 * Finds the state that an answer as of a position rests on. Without a position it is that of a
 * checkpoint over all that is known now, so that nothing is missing that the caller may have seen.
 *
 * @param asked.least What the caller has seen already, by whatever server.
 * @throws {Problem} `TENANT_UNKNOWN`, `POSITION_NOT_REACHED`, `CHECKPOINT_NOT_READY`.
 */
export async function askedState(
  exporting: Omit<Exporting, 'objects' | 'signer'>,
  tenant: string,
  { asked, least = 0 }: { asked: number | null; least?: number },
): Promise<AskedState> {
  const { read } = exporting.database.graph(tenant)
  const head = await readLog(read)
  if (!head) throw tenantUnknown(tenant)
  const { origin, epoch, size } = head
  if (asked !== null && asked > size) {
    throw positionNotReached(
      formatPosition({ epoch, seq: asked }),
      formatPosition({ epoch, seq: size }),
    )
  }
  const known = Math.max(size, least)
  const checkpoint = await coveringCheckpoint(exporting, tenant, asked ?? known)
  if (asked === null) {
    const leaf = await stateUnder(exporting, tenant, checkpoint)
    return { origin, asOf: Math.max(known, leaf?.size ?? 0), leaf, checkpoint }
  }
  const row = await stateAt(read, asked)
  if (!row) return { origin, asOf: asked, leaf: null, checkpoint }
  const leaf = stateLeafOf(row)
  // The state may be the last leaf before the position: then the checkpoint has to cover one more.
  const covering =
    checkpoint.size > leaf.seq
      ? checkpoint
      : await coveringCheckpoint(exporting, tenant, leaf.seq + 1)
  return { origin, asOf: asked, leaf, checkpoint: covering }
}

/** The state record that a checkpoint ends in; `null` under one from before there were any. */
async function stateUnder(
  { database }: Pick<Exporting, 'database'>,
  tenant: string,
  { size }: SignedCheckpoint,
): Promise<StateLeaf | null> {
  const row = await stateAt(database.graph(tenant).read, size - 1)
  return row?.seq === size - 1 ? stateLeafOf(row) : null
}

/** The state record that a checkpoint ends in, where it is another than the one that an answer rests on. */
export async function otherEnd(
  exporting: Pick<Exporting, 'database'>,
  tenant: string,
  { leaf, checkpoint }: Pick<AskedState, 'checkpoint'> & { leaf: StateLeaf },
): Promise<StateLeaf | null> {
  const end = await stateUnder(exporting, tenant, checkpoint)
  return end && end.seq > leaf.seq ? end : null
}

/** Reads a state record as it stands in the log. */
const stateLeafOf = ({ header }: { header: string }) => parseLeaf(header) as StateLeaf
