import { failpoint } from '../../core/failpoint.ts'
import { appendLeaves, leafRow } from '../../ledger/append-leaves.ts'
import { laterOf } from '../../ledger/attempt.ts'
import type { Register } from '../../ledger/register.ts'
import type { Epoch } from '../../ledger/register-epochs.ts'
import { storedRoots } from '../../ledger/stored-roots.ts'
import { moveEpoch } from '../../lineage/epochs.ts'
import type { Database, Graph } from '../../lineage/graph.ts'
import { lockLog, readLog, readWholeLog } from '../../lineage/log.ts'
import { cutLog, type TimeOf } from './cut-log.ts'
import { type EpochPlan, examineLog, type Finding } from './plan.ts'
import { leavesUnsigned, logMoved, nothingKept } from './problems.ts'

/** What a restore works on. */
export interface Restoring {
  database: Database
  register: Register
  service: string
  timeOf: TimeOf
}

/** What became of one tenant's log. */
export type Restored =
  | { tenant: string; outcome: 'whole' }
  /** `size` is that of the log with the epoch leaf. */
  | ({ tenant: string; outcome: 'opened'; size: number; dropped: number } & Epoch)

/** What a restore would do with a tenant's log, without doing it. @throws {Problem} As `examineLog`. */
export async function planEpoch(
  { database, register, service }: Restoring,
  tenant: string,
): Promise<Finding> {
  const { read } = database.graph(tenant)
  let found: Finding | undefined
  await register.openEpoch({ service, tenant }, async (known) => {
    const head = await readLog(read)
    if (!head) throw nothingKept(tenant, 'there is no log')
    found = await examineLog(read, head, known)
    return null
  })
  return found!
}

/**
 * Opens a new origin for a log that is behind the register: the leaves that it has in common with what
 * was signed stay, an epoch leaf follows, and the register closes the old origin for good.
 *
 * The register is locked throughout, so nobody signs meanwhile. The log moves before the register
 * does: what dies in between is found and finished by the next run, and no server signs it till then.
 *
 * @param options `dropUnsigned`: whether stored leaves that nothing signed vouches for may be cut off;
 *   `anew`: as of `examineLog`.
 * @throws {Problem} `RESTORE_NOTHING_KEPT`, `RESTORE_LEAVES_UNSIGNED`, `RESTORE_LOG_MOVED`,
 *   `REGISTER_MISMATCH`, `REGISTER_BUSY`.
 */
export async function openEpoch(
  { database, register, service, timeOf }: Restoring,
  tenant: string,
  { dropUnsigned = false, anew = false } = {},
): Promise<Restored> {
  const graph = database.graph(tenant)
  let restored: Restored = { tenant, outcome: 'whole' }
  await register.openEpoch({ service, tenant }, async (known) => {
    const head = await readWholeLog(graph)
    if (!head) throw nothingKept(tenant, 'there is no log')
    const found = await examineLog(graph.read, head, known, { anew })
    if (found.is === 'whole') return null
    if (found.is === 'opened') {
      restored = { tenant, outcome: 'opened', size: head.written, dropped: 0, ...found.epoch }
      return found.epoch
    }
    const { plan } = found
    const dropped = plan.size - plan.keptSize
    if (dropped > 0 && !dropUnsigned) throw leavesUnsigned(tenant, plan.keptSize, plan.size)
    if (dropped > 0) await cutLog(graph, plan.keptSize, timeOf)
    const size = await beginEpoch(graph, plan)
    failpoint('after-epoch')
    const { origin, prevOrigin, keptSize } = plan
    restored = { tenant, outcome: 'opened', size, dropped, origin, prevOrigin, keptSize }
    return plan
  })
  failpoint('after-register')
  return restored
}

/** Appends the epoch leaf and moves the log to its origin, in one transaction; gives the log's size. */
function beginEpoch(graph: Graph, plan: EpochPlan): Promise<number> {
  const { tenant, origin, prevOrigin, prev, keptSize, epoch, past } = plan
  return graph.write(async ({ run }) => {
    const head = await lockLog(run)
    const [root] = await storedRoots(run, [keptSize])
    if (head?.size !== keptSize || root !== plan.keptRoot) throw logMoved(tenant)
    const leaf = leafRow({
      v: 'selvedge/epoch/1',
      tenant,
      seq: keptSize,
      at: laterOf(new Date().toISOString(), head.at),
      origin,
      prevOrigin,
      prevSize: prev.size,
      prevRoot: prev.root,
      keptSize,
    })
    const { size } = await appendLeaves(run, head, [leaf])
    await moveEpoch(run, { origin, epoch, past })
    failpoint('before-epoch')
    return size
  })
}
