import { originOf, partsOfOrigin } from '../../ledger/origin.ts'
import { registerMismatch } from '../../ledger/problems.ts'
import type { Signed } from '../../ledger/register.ts'
import type { Epoch, Known } from '../../ledger/register-epochs.ts'
import { storedRoots } from '../../ledger/stored-roots.ts'
import type { PastEpoch } from '../../lineage/epochs.ts'
import type { Ask } from '../../lineage/graph.ts'
import { type LogHead, readLeaves } from '../../lineage/log.ts'
import { parseLeaf } from '../../proofs/leaf.ts'
import { keptByEpoch, largestCommon, sharedLeaves, vouchedSizes } from './common-leaves.ts'
import { nothingKept } from './problems.ts'

/** The new origin of a log that was set back, and what becomes of what is stored. */
export interface EpochPlan extends Epoch {
  tenant: string
  /** What was signed last for `prevOrigin`. */
  prev: Signed
  epoch: number
  /** The root over the leaves that stay. */
  keptRoot: string
  /** What stays of each earlier epoch, and what was signed last for it. */
  past: PastEpoch[]
  /** How many leaves are stored; those from `keptSize` on are vouched for by nothing that was signed. */
  size: number
}

/** A stored log as the register sees it. */
export type Finding =
  /** It begins with all that was signed: there is nothing to restore. */
  | { is: 'whole' }
  /** An epoch that was opened here, and died before the register had it. */
  | { is: 'opened'; epoch: Epoch; prev: Signed }
  | { is: 'behind'; plan: EpochPlan }

/** The least that an epoch keeps: the two keys and the tenant's own record. */
const LEAST_KEPT = 3

/**
 * Holds a stored log against the register, and says what a new epoch would keep of it: the most leaves
 * that it has in common with what was signed (docs/specs/log.md, "After a restore").
 *
 * @param anew Whether an epoch follows also where the log begins with all that was signed: what was
 *   acknowledged and not signed yet may be lost all the same.
 * @throws {Problem} `RESTORE_NOTHING_KEPT` where it has nothing in common with that;
 *   `REGISTER_MISMATCH` where it is of an epoch that the register does not know.
 */
export async function examineLog(
  ask: Ask,
  head: LogHead,
  known: Known,
  { anew = false } = {},
): Promise<Finding> {
  const { service, tenant } = partsOfOrigin(head.origin)
  const origins = [originOf(service, tenant), ...known.epochs.map(({ origin }) => origin)]
  const inForce = origins.at(-1)!
  const rootAt = async (size: number) => (await storedRoots(ask, [size]))[0] ?? null
  const isWhole = head.origin === inForce && (await beginsWith(known.last(inForce), head, rootAt))
  if (isWhole && !anew) return { is: 'whole' }
  const epoch = partsOfOrigin(inForce).epoch + 1
  const prevOrigin = origins.findLast((origin) => known.last(origin) !== null)
  if (prevOrigin === undefined) throw nothingKept(tenant, 'nothing was ever signed for it')
  const prev = known.last(prevOrigin)!
  const opening = { tenant, origin: originOf(service, tenant, epoch), prevOrigin, prev, epoch }
  if (!origins.includes(head.origin))
    return { is: 'opened', epoch: await adopt(ask, head, opening), prev }
  const vouched = vouchedSizes(known, head.origin).filter(({ size }) => size <= head.written)
  const common = (await largestCommon(vouched, rootAt)) ?? 0
  const keptSize = Math.min(common, sharedLeaves(known.epochs, head.origin, prevOrigin))
  if (keptSize < LEAST_KEPT) throw nothingKept(tenant, 'the stored leaves are others')
  const keptRoot = (await rootAt(keptSize))!
  const kept = keptByEpoch([...known.epochs, { ...opening, keptSize }], opening.origin)
  const past = kept.map((stays, i) => {
    const last = known.last(originOf(service, tenant, i)) ?? { size: 0, root: '' }
    return { epoch: i, kept: stays, ...last }
  })
  return { is: 'behind', plan: { ...opening, keptSize, keptRoot, past, size: head.written } }
}

const beginsWith = async (
  last: Signed | null,
  { written }: LogHead,
  rootAt: (size: number) => Promise<string | null>,
) => !last || (last.size <= written && (await rootAt(last.size)) === last.root)

/** An epoch that stands in the log and not in the register: it must be the one that was to be opened. */
async function adopt(
  ask: Ask,
  head: LogHead,
  { origin, prevOrigin, prev }: Pick<EpochPlan, 'origin' | 'prevOrigin' | 'prev'>,
): Promise<Epoch> {
  const keptSize = head.kept[partsOfOrigin(prevOrigin).epoch] ?? 0
  const [row] = await readLeaves(ask, keptSize, keptSize + 1)
  const leaf = row && parseLeaf(row.header)
  const isOurs =
    head.origin === origin &&
    // What was published under it went through a register, which was another one then.
    head.signed === 0 &&
    leaf?.v === 'selvedge/epoch/1' &&
    leaf.origin === origin &&
    leaf.prevOrigin === prevOrigin &&
    leaf.prevSize === prev.size &&
    leaf.prevRoot === prev.root
  if (!isOurs) throw registerMismatch(`it does not know ${head.origin}, which a restore opened`)
  return { origin, prevOrigin, keptSize }
}
