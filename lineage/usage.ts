import { type Ask, query } from './graph.ts'
import { inIndexOrder } from './index-order.ts'

/**
 * How a window stands: events come in while it is `open`; while it is `closing` none does any more, and
 * its record is not known to be there; it is `sealed` by a record.
 */
export type WindowState = 'open' | 'closing' | 'sealed'

/** A window of usage: a day of one meter, subject and unit. */
export interface UsageWindow {
  /** Its day and series: windows come in the order of their days. */
  id: string
  /** What stands for meter, subject and unit, without telling them. */
  series: string
  /** The day, such as 2026-03-31. */
  day: string
  /** What the events say; `null` where they say nothing, and where it was erased. */
  meter: string | null
  subject: string | null
  unit: string | null
  state: WindowState
  count: number
  /** The id of the record that seals it, from when it closes on; and the position of that, once it is there. */
  record: string | null
  seq: number | null
}

/** What a window is, when its first event comes. */
export type NewWindow = Pick<UsageWindow, 'id' | 'series' | 'day' | 'meter' | 'subject' | 'unit'>

/** An event of usage, as it is stored. What was erased is `null`. */
export interface UsageRow {
  key: string
  window: string
  /** What commits to it in the tree of its window. */
  c: string
  /** The event in its canonical form. */
  text: string | null
  salt: string | null
  value: string | null
  /** Its own time, as an instant with milliseconds. */
  time: string | null
}

/** What is noted of a window that is sealed, so that single events can be proven. */
export interface Seal {
  id: string
  seq: number
  /** The roots of its blocks, and the key of the first event of each. */
  blocks: readonly string[]
  firsts: readonly string[]
}

const EVENT = `e.key AS key, e.window AS window, e.c AS c, e.text AS text, e.salt AS salt, e.value AS value,
    e.time AS time`

const WINDOW = `w.id AS id, w.series AS series, w.day AS day, w.meter AS meter, w.subject AS subject,
    w.unit AS unit, w.state AS state, w.count AS count, w.record AS record, w.seq AS seq`

const EVENTS_BY_KEY = query<UsageRow>(`
  // usage events by key
  UNWIND $keys AS key
  MATCH (e:UsageEvent {tenant: $tenant, key: key})
  RETURN ${EVENT}`)

const CLOSED_DAYS = query<{ series: string; day: string }>(`
  // days of usage that are closed
  UNWIND $wanted AS row
  MATCH (w:UsageWindow {tenant: $tenant, series: row.series}) WHERE w.day >= row.day AND w.state <> 'open'
  RETURN w.series AS series, w.day AS day`)

const ADD_TO_WINDOWS = query(`
  // count events into windows of usage
  UNWIND $rows AS row
  MERGE (w:UsageWindow {tenant: $tenant, id: row.window.id})
  ON CREATE SET w += row.window, w.state = 'open', w.count = 0
  SET w.count = w.count + row.count`)

const ADD_EVENTS = query(`
  // keep usage events
  UNWIND $rows AS row
  CREATE (e:UsageEvent {tenant: $tenant, key: row.key}) SET e += row`)

const WINDOW_BY_ID = query<UsageWindow>(`
  // a window of usage
  MATCH (w:UsageWindow {tenant: $tenant, id: $id})
  RETURN ${WINDOW}`)

const WINDOWS = query<UsageWindow>(`
  // windows of usage in order
  MATCH (w:UsageWindow {tenant: $tenant}) WHERE w.id > $after AND w.id < $before AND w.state IN $states
  RETURN ${WINDOW} ${inIndexOrder('w', ['tenant', 'id'], 'ASC')} LIMIT toInteger($first)`)

const EVENTS = query<UsageRow>(`
  // usage events of a window in order
  MATCH (e:UsageEvent {tenant: $tenant, window: $window}) WHERE e.key > $after
  RETURN ${EVENT} ${inIndexOrder('e', ['tenant', 'window', 'key'], 'ASC')} LIMIT toInteger($first)`)

const BLOCK = query<{ key: string; c: string }>(`
  // leaves of a block of usage
  MATCH (e:UsageEvent {tenant: $tenant, window: $window}) WHERE e.key >= $from
  RETURN e.key AS key, e.c AS c
  ${inIndexOrder('e', ['tenant', 'window', 'key'], 'ASC')} LIMIT toInteger($first)`)

const CLOSE_WINDOW = query(`
  // close a window of usage
  MATCH (w:UsageWindow {tenant: $tenant, id: $id}) WHERE w.state = 'open'
  SET w.state = 'closing', w.record = $record`)

const SEAL_WINDOW = query(`
  // seal a window of usage
  MATCH (w:UsageWindow {tenant: $tenant, id: $id})
  SET w.state = 'sealed', w.seq = $seq, w.blocks = $blocks, w.firsts = $firsts`)

const SEAL_OF = query<{ blocks: string[]; firsts: string[] }>(`
  // by what events of a window are proven
  MATCH (w:UsageWindow {tenant: $tenant, id: $id}) WHERE w.state = 'sealed'
  RETURN w.blocks AS blocks, w.firsts AS firsts`)

const ERASE_WINDOWS = query(`
  // erase what windows of usage say
  UNWIND $records AS record
  MATCH (w:UsageWindow {tenant: $tenant, record: record})
  SET w.meter = null, w.subject = null, w.unit = null`)

const ERASE_EVENTS = query(`
  // erase what usage events say
  UNWIND $records AS record
  MATCH (w:UsageWindow {tenant: $tenant, record: record})
  MATCH (e:UsageEvent {tenant: $tenant, window: w.id}) WHERE e.key >= ''
  SET e.text = null, e.salt = null, e.value = null, e.time = null`)

/** In no particular order, and without a row for a key that is not there. */
export const usageByKeys = (ask: Ask, keys: readonly string[]) => ask(EVENTS_BY_KEY, { keys })

/** For each series the days from one on that take no events any more. */
export const closedDays = (ask: Ask, wanted: readonly { series: string; day: string }[]) =>
  ask(CLOSED_DAYS, { wanted })

/** Keeps events, and counts them into their windows. */
export async function addUsage(
  ask: Ask,
  windows: readonly { window: NewWindow; count: number }[],
  events: readonly UsageRow[],
) {
  if (events.length === 0) return
  await Promise.all([ask(ADD_TO_WINDOWS, { rows: windows }), ask(ADD_EVENTS, { rows: events })])
}

export const windowById = async (ask: Ask, id: string): Promise<UsageWindow | undefined> =>
  (await ask(WINDOW_BY_ID, { id }))[0]

/** Windows in the order of their days, after one of them and before an id, such as a day. */
export const windowsInOrder = (
  ask: Ask,
  of: { after: string; before: string; states: readonly WindowState[]; first: number },
) => ask(WINDOWS, of)

/** Events of a window in the order of their keys, after one of them. */
export const usageInOrder = (ask: Ask, of: { window: string; after: string; first: number }) =>
  ask(EVENTS, of)

/** Leaves of a window, from a key on. */
export const leavesFrom = (ask: Ask, of: { window: string; from: string; first: number }) =>
  ask(BLOCK, of)

/** No event gets into the window any more: `record` is what is going to seal it. */
export const closeWindow = (ask: Ask, of: { id: string; record: string }) => ask(CLOSE_WINDOW, of)

export const sealWindow = (ask: Ask, seal: Seal) => ask(SEAL_WINDOW, { ...seal })

/** By what events of a sealed window are proven; `undefined` where it is not sealed. */
export const sealOf = async (ask: Ask, id: string) => (await ask(SEAL_OF, { id }))[0]

/** Deletes for good what the windows of these records, and the events in them, say. Commitments stay. */
export async function eraseUsage(ask: Ask, records: readonly string[]) {
  if (records.length === 0) return
  await Promise.all([ask(ERASE_WINDOWS, { records }), ask(ERASE_EVENTS, { records })])
}
