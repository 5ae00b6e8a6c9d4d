import type { Ask } from '../../lineage/graph.ts'
import { LEVEL_OF, type Relation } from '../../lineage/kinds.ts'
import { idsWithin } from '../../lineage/within.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import type { Under } from './changes.ts'

/** How often the lineage is looked at for one page; a page that needs it more often ends there. */
const MOST_LOOKS = 50

/**
 * Says which of some consecutive records lie under a root: those whose entity belongs to its lineage
 * just before the record, or just after it. So what comes into the lineage is told, and what goes too.
 *
 * The lineage is looked at anew only behind a record that may have changed it.
 *
 * @param headers All records of a stretch of the log, in order.
 * @returns The places of those that do, and where it stopped, if it did.
 */
export async function changesUnder(
  ask: Ask,
  under: Under,
  headers: readonly RecordHeader[],
): Promise<{ seqs: Set<number>; stopped: number | undefined }> {
  const seqs = new Set<number>()
  let lineage: ReadonlySet<string> | undefined
  let looks = 0
  const look = (from: number, n: number) => {
    looks += 1
    return idsWithin(ask, { ...under, ids: namedFrom(headers, from) }, n)
  }
  for (const [i, header] of headers.entries()) {
    // Before it and after it, at the most.
    if (looks + 2 > MOST_LOOKS) return { seqs, stopped: header.seq }
    lineage ??= await look(i, header.seq)
    const wasUnder = lineage.has(header.id)
    if (wasUnder) seqs.add(header.seq)
    if (!mayTurn(header, lineage, under)) continue
    lineage = undefined
    if (wasUnder) continue
    lineage = await look(i, header.seq + 1)
    if (lineage.has(header.id)) seqs.add(header.seq)
  }
  return { seqs, stopped: undefined }
}

/** What the records from a place on are about, and link to: what must be known of the lineage for them. */
const namedFrom = (headers: readonly RecordHeader[], from: number) => [
  ...new Set(headers.slice(from).flatMap(({ id, links }) => [id, ...links.map((link) => link.id)])),
]

/** Whether the lineage may be another after a record. Too often yes costs a look, and nothing else. */
function mayTurn(
  { id, version, action, links, unlinks }: RecordHeader,
  lineage: ReadonlySet<string>,
  { root, direction }: Under,
): boolean {
  if (id === root && version === 1) return true
  if (action !== 'retire' && ![...links, ...unlinks].some(isWalked)) return false
  if (id === root || lineage.has(id)) return true
  return direction !== 'UPSTREAM' && links.some((link) => lineage.has(link.id))
}

/** An edge of lineage, or one by which a root is another name of something. */
const isWalked = ({ rel }: { rel: string }) => LEVEL_OF[rel as Relation] !== 'run'
