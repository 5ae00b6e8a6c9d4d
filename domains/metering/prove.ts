import { sha256 } from '../../core/sha256.ts'
import type { Graph } from '../../lineage/graph.ts'
import { leavesFrom, sealOf, usageByKeys, windowById } from '../../lineage/usage.ts'
import { unb64 } from '../../proofs/base64.ts'
import { parseJson } from '../../proofs/json.ts'
import type { UsageEvent, UsageProof } from '../../proofs/usage-proof.ts'
import { BLOCK, usageInclusion, usageKey } from '../../proofs/usage-tree.ts'
import { eventErased, eventUnknown, windowNotSealed } from './problems.ts'

/**
 * Proves that an event is in its window, which is sealed.
 *
 * @throws {Problem} `METERING_EVENT_UNKNOWN`, `METERING_EVENT_ERASED`, `METERING_WINDOW_NOT_SEALED`
 */
export async function proveUsage(
  { read }: Pick<Graph, 'read'>,
  { source, id }: { source: string; id: string },
): Promise<UsageProof> {
  const key = usageKey(sha256, source, id)
  const [event] = await usageByKeys(read, [key])
  if (!event) throw eventUnknown()
  const [window, seal] = [await windowById(read, event.window), await sealOf(read, event.window)]
  if (!window || !seal) throw windowNotSealed(event.window)
  if (event.text === null || event.salt === null) throw eventErased()
  const at = seal.firsts.findLastIndex((first) => first <= key)
  const asked = { window: window.id, from: seal.firsts[at]!, first: BLOCK }
  const own = await leavesFrom(read, asked)
  const index = at * BLOCK + own.findIndex((leaf) => leaf.key === key)
  const tree = { blocks: seal.blocks.map(unb64), own }
  return {
    ...{ record: window.record!, event: parseJson(event.text) as UsageEvent, salt: event.salt },
    ...usageInclusion(sha256, { index, size: window.count }, tree),
  }
}
