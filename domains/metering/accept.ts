import { randomBytes } from 'node:crypto'
import { failpoint } from '../../core/failpoint.ts'
import type { Problem } from '../../core/problem.ts'
import { sha256 } from '../../core/sha256.ts'
import { tenantUnknown } from '../../ledger/problems.ts'
import type { Graph, Transaction } from '../../lineage/graph.ts'
import { lockLog } from '../../lineage/log.ts'
import {
  addUsage,
  closedDays,
  type NewWindow,
  type UsageRow,
  usageByKeys,
} from '../../lineage/usage.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import { usageCommitment, usageKey } from '../../proofs/usage-tree.ts'
import type { Usage } from './cloud-event.ts'
import { eventConflict } from './problems.ts'
import { dayOf, openDay, seriesOf, windowOf } from './window.ts'

/** What became of an event: the window that it is in, whether it was there before, and whether its own was closed. */
export interface Accepted {
  window: string
  duplicate: boolean
  late: boolean
}

/** An event on its way in, with what does not depend on what is there. */
interface Given extends Usage {
  key: string
  salt: string
  c: string
}

/**
 * Keeps events, and answers after the commit: each is from then on in exactly one window. One that is
 * there already is not counted again; one of the same source and id that says something else is refused,
 * and takes no other down with it.
 *
 * @returns For each event what became of it, or why it was refused (`METERING_EVENT_CONFLICT`).
 * @throws {Problem} `TENANT_UNKNOWN`, `DATABASE_UNAVAILABLE`; then none of them is kept.
 */
export async function acceptUsage(
  graph: Graph,
  events: readonly Usage[],
): Promise<(Accepted | Problem)[]> {
  const given = events.map(prepare)
  const results = await graph.write((transaction) => keep(transaction, graph.tenant, given))
  failpoint('usage-kept')
  return results
}

function prepare(usage: Usage): Given {
  const salt = b64(randomBytes(32))
  const key = usageKey(sha256, usage.source, usage.id)
  return { ...usage, key, salt, c: usageCommitment(sha256, salt, usage.event) }
}

async function keep(
  { run }: Transaction,
  tenant: string,
  given: readonly Given[],
): Promise<(Accepted | Problem)[]> {
  const head = await lockLog(run)
  if (!head) throw tenantUnknown(tenant)
  const keys = [...new Set(given.map(({ key }) => key))]
  const there = new Map((await usageByKeys(run, keys)).map((row) => [row.key, row]))
  const fresh = given.filter(({ key }) => !there.has(key))
  const seriesBy = new Map(fresh.map((one) => [one, seriesOf(head.namingKey, one)]))
  const closed = await closedBySeries(run, seriesBy)

  const rows: UsageRow[] = []
  const windows = new Map<string, { window: NewWindow; count: number }>()
  const results = given.map((one) => {
    const found = there.get(one.key)
    if (found)
      return isSame(one, found) ? acceptedAs(found, true) : eventConflict(one.source, one.id)
    const series = seriesBy.get(one)!
    const day = openDay(dayOf(one.time), closed.get(series) ?? new Set())
    const window = windowOf(day, series, one)
    const { key, c, salt, value, time } = one
    const row = { key, window: window.id, c, salt, value, time, text: canonical(one.event) }
    windows.set(window.id, { window, count: (windows.get(window.id)?.count ?? 0) + 1 })
    rows.push(row)
    there.set(key, row)
    return acceptedAs(row, false)
  })
  await addUsage(run, [...windows.values()], rows)
  return results
}

/** Of an event that was erased nobody can tell any more what it said: it was there, and is not counted again. */
const isSame = ({ event }: Given, { salt, c }: UsageRow) =>
  salt === null || usageCommitment(sha256, salt, event) === c

const acceptedAs = ({ window, time }: UsageRow, duplicate: boolean): Accepted => ({
  window,
  duplicate,
  late: time !== null && dayOf(time) !== dayOf(window),
})

/** The days of each series that take nothing any more, from the first that is asked for on. */
async function closedBySeries(run: Transaction['run'], seriesBy: ReadonlyMap<Given, string>) {
  const first = new Map<string, string>()
  for (const [{ time }, series] of seriesBy) {
    const [day, before] = [dayOf(time), first.get(series)]
    if (before === undefined || day < before) first.set(series, day)
  }
  const closed = new Map<string, Set<string>>()
  const wanted = [...first].map(([series, day]) => ({ series, day }))
  for (const { series, day } of wanted.length === 0 ? [] : await closedDays(run, wanted)) {
    const days = closed.get(series) ?? new Set()
    closed.set(series, days.add(day))
  }
  return closed
}
