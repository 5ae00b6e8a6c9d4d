import { type ExpiryPlace, type ExpiryRow, expiryRows } from '../../lineage/expiries.ts'
import type { Graph } from '../../lineage/graph.ts'
import { sizeAtTime } from '../../lineage/instants.ts'
import type { Position } from '../../lineage/position.ts'
import { idsWithin } from '../../lineage/within.ts'
import type { Under } from './changes.ts'

/** An assessment that held until an instant, and from then on does not. */
export interface Expiry extends ExpiryPlace {
  /** The log as it was at that instant: all that was recorded by then. */
  position: Position
}

/** Which expiries are wanted. */
export interface ExpiriesAsked {
  /** What is seen already. */
  after: ExpiryPlace
  /** Those up to this moment, itself included, in milliseconds since 1970. */
  until: number
  /** How many instants are looked at, at most. */
  first: number
  under?: Under | null
}

/** Some expiries, in the order of their instants. */
export interface ExpiriesPage {
  expiries: Expiry[]
  /** Where to go on. */
  through: ExpiryPlace
  /** Whether there may be more of them up to that moment. */
  more: boolean
  /** When the next one may come, as it is known now; `null` where none is known. */
  next: number | null
}

/** After every id. */
const LAST_ID = '~'

/**
 * Reads which assessments expired after a place and up to a moment: those whose record in force at that
 * instant said so. That is decided by the log and its times alone, so that whoever asks later is told
 * the same.
 *
 * @param couldHold Whether what an assessment says could hold before it expires.
 * @returns `undefined` where there is no such tenant.
 */
export async function readExpiries(
  { read }: Pick<Graph, 'read'>,
  { after, until, first, under = null }: ExpiriesAsked,
  couldHold: (fields: Record<string, unknown>) => boolean,
): Promise<ExpiriesPage | undefined> {
  const found = await expiryRows(read, { after, first })
  if (!found) return undefined
  const over = found.rows.filter(({ ms }) => ms <= until)
  const more = over.length === first
  const expiries: Expiry[] = []
  for (const row of over) {
    if (!expires(row, couldHold)) continue
    const { ms, id } = row
    const seq = await sizeAtTime(read, inNanoseconds(ms), found.n)
    if (under && !(await idsWithin(read, { ...under, ids: [id] }, seq)).has(id)) continue
    expiries.push({ ms, id, position: { epoch: found.epoch, seq } })
  }
  const last = over.at(-1)
  const end = { ms: Math.max(until, after.ms), id: until < after.ms ? after.id : LAST_ID }
  return {
    expiries,
    through: more ? { ms: last!.ms, id: last!.id } : end,
    more,
    next: found.rows.find(({ ms }) => ms > until)?.ms ?? null,
  }
}

/** What another record said may have been said no more by then, or not yet. */
function expires(
  { ms, fields }: ExpiryRow,
  couldHold: (fields: Record<string, unknown>) => boolean,
) {
  if (fields === null) return false
  const said = JSON.parse(fields) as Record<string, unknown>
  return Date.parse(String(said.expiresAt)) === ms && couldHold(said)
}

const inNanoseconds = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000000Z`
