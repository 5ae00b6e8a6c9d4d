import type { RecordedChange } from '../domains/changes/changes.ts'
import { bodyIn } from '../domains/kinds/read-body.ts'
import { holdsAt } from '../domains/terms/assessment.ts'
import { EMPTY_BODY } from '../ledger/versions.ts'
import type { Relation } from '../lineage/kinds.ts'
import { formatPosition } from '../lineage/position.ts'
import { type RecordSlice, recordsAsOf } from '../lineage/record-slice.ts'
import type { Json } from '../proofs/json.ts'
import { parseLeaf, type RecordHeader } from '../proofs/leaf.ts'
import type { Said } from '../proofs/terms/statement.ts'
import type { Context } from './context.ts'
import { findImpact, type Impact } from './impact.ts'
import type { Change } from './impact-strand.ts'
import type { GivenTerms } from './impact-terms.ts'

/**
 * What a change did to everything downstream: what a dry run of the same change would have told just
 * before it was recorded, first page. `null` where it is none that a dry run can be asked about. Of what
 * is erased by now nobody knows what it said: all is told that its end may have done.
 *
 * @throws {Problem} `PERMISSION_DENIED` without `impact:read`; as `findImpact`.
 */
export async function impactOfChange(
  change: RecordedChange,
  { first }: { first: number },
  context: Context,
): Promise<Impact | null> {
  await context.authorise('impact:read')
  const asked = await dryRunOf(change, context)
  if (!asked) return null
  const { id, seq, at } = change.header
  const asOf = { position: formatPosition({ ...change.position, seq }) }
  return findImpact({ ...asked, id, at, first, asOf }, context)
}

interface DryRun {
  change: Change
  terms?: GivenTerms
  isLost?: boolean
}

async function dryRunOf(
  { header, entity }: RecordedChange,
  { graph }: Context,
): Promise<DryRun | null> {
  const { id, seq, action, version, body, links } = header
  const { kind } = entity
  if (version === 1 || kind === 'Tenant' || kind === 'Grant') return null
  const before = () => recordsAsOf(graph.read, [id], seq).then(([was]) => was!)
  if (action === 'retire') {
    // Another name of something that is still there.
    if (links.some(({ rel }) => rel === 'ALIAS_OF')) return null
    return { change: 'RETIRE', isLost: isLost(await before()) }
  }
  if (action === 'erase') {
    return body === EMPTY_BODY ? { change: 'ERASE', isLost: isLost(await before()) } : null
  }
  if (!['License', 'Clause', 'Source', 'DpiaPacket'].includes(kind)) return null
  const [was, [is]] = await Promise.all([before(), recordsAsOf(graph.read, [id], seq + 1)])
  const [then, after] = [saidIn(was), saidIn(is!)]
  if (kind === 'DpiaPacket') {
    const ended = holdsAt(then, header.at) && !holdsAt(after, header.at)
    return ended && after.fields !== null ? { change: 'EXPIRE' } : null
  }
  const terms =
    after.fields === null ? null : termsOf(kind, { header, before: then, after, is: is! })
  return terms && { change: 'TERMS', terms }
}

/** Whether a record had a body, and has none any more. An erasure itself takes what it was about. */
const isLost = ({ header, fields }: RecordSlice) =>
  fields === null && (parseLeaf(header) as RecordHeader).body !== EMPTY_BODY

const saidIn = ({ fields }: RecordSlice): Said => ({
  action: 'assert',
  fields: fields === null ? null : (JSON.parse(fields) as Record<string, Json>),
})

/** The terms as they are now, in the words in which a dry run is asked about them. */
function termsOf(
  kind: RecordedChange['entity']['kind'],
  {
    header: { links, unlinks },
    before,
    after,
    is,
  }: { header: RecordedChange['header']; before: Said; after: Said; is: RecordSlice },
): GivenTerms | null {
  const isTurned = (rel: Relation) => [...links, ...unlinks].some((edge) => edge.rel === rel)
  const ends = (rel: Relation) => is.out.flatMap(([own, to]) => (own === rel ? [to] : []))
  if (kind === 'Source') {
    return isTurned('LICENSED_UNDER') ? { licensedUnder: ends('LICENSED_UNDER') } : null
  }
  if (kind === 'Clause') return { clause: patchOf('Clause', before, after) }
  return {
    license: patchOf('License', before, after),
    ...(isTurned('HAS_CLAUSE') && { clauses: ends('HAS_CLAUSE').map((id) => ({ id })) }),
  }
}

/** What it says now, and `null` for what it says no more. */
function patchOf(kind: 'License' | 'Clause', before: Said, after: Said) {
  const [was, is] = [bodyIn(before.fields ?? {}, kind), bodyIn(after.fields ?? {}, kind)]
  const gone = Object.keys(was).filter((name) => !Object.hasOwn(is, name))
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...is }
}
