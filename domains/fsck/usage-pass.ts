import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import { addDecimal, writeDecimal } from '../../proofs/decimal-sum.ts'
import { type Json, parseJson } from '../../proofs/json.ts'
import {
  BLOCK,
  blockRoot,
  rootOfBlocks,
  usageCommitment,
  usageKey,
} from '../../proofs/usage-tree.ts'
import type { Report } from './difference.ts'
import {
  type StoredUsage,
  type StoredWindow,
  storedUsages,
  storedWindows,
  strayUsages,
} from './store.ts'

const WINDOWS_A_READ = 200
const EVENTS_A_READ = 4 * BLOCK

/**
 * Looks at all usage: that each event is in a window that is there, and is what its commitment says; and
 * that each sealed window, counted anew, is what its record says of it. Open windows may grow meanwhile.
 */
export async function compareUsage(ask: Ask, report: Report) {
  for (let after = ''; ; ) {
    const windows = await storedWindows(ask, { after, first: WINDOWS_A_READ })
    for (const window of windows) await compareWindow(ask, window, report)
    if (windows.length < WINDOWS_A_READ) break
    after = windows.at(-1)!.id
  }
  for (let after = ''; ; ) {
    const keys = await strayUsages(ask, { after, first: EVENTS_A_READ })
    for (const { key } of keys.filter(({ isStray }) => isStray)) {
      report({ name: 'USAGE_EVENT', what: `the event ${key} is in no window that is there` })
    }
    if (keys.length < EVENTS_A_READ) return
    after = keys.at(-1)!.key
  }
}

/** What the events of a window come to. */
interface Tally {
  count: number
  late: number
  total: bigint
  least: bigint | null
  greatest: bigint | null
  blocks: Uint8Array[]
  firsts: string[]
}

async function compareWindow(ask: Ask, window: StoredWindow, report: Report) {
  const tally: Tally = {
    ...{ count: 0, late: 0, total: 0n, least: null, greatest: null, blocks: [], firsts: [] },
  }
  for (let after = ''; ; ) {
    const events = await storedUsages(ask, { window: window.id, after, first: EVENTS_A_READ })
    for (let at = 0; at < events.length; at += BLOCK) {
      tally.blocks.push(blockRoot(sha256, events.slice(at, at + BLOCK)))
      tally.firsts.push(events[at]!.key)
    }
    for (const event of events) {
      const wrong = wrongWith(event, window)
      if (wrong) report({ name: 'USAGE_EVENT', what: `the event ${event.key}: ${wrong}` })
      count(tally, event, window)
    }
    if (events.length < EVENTS_A_READ) break
    after = events.at(-1)!.key
  }
  for (const what of differences(window, tally)) {
    report({ name: 'USAGE_WINDOW', what: `${window.id}: ${what}` })
  }
}

function count(tally: Tally, { time, value }: StoredUsage, { day }: StoredWindow) {
  tally.count += 1
  if (time !== null && time.slice(0, 10) < day) tally.late += 1
  if (value === null) return
  const amount = addDecimal(0n, value)
  tally.total += amount
  if (tally.least === null || amount < tally.least) tally.least = amount
  if (tally.greatest === null || amount > tally.greatest) tally.greatest = amount
}

function* differences(window: StoredWindow, { blocks, firsts, ...tally }: Tally) {
  if (window.state === 'open') return
  if (window.count !== tally.count) yield `it counts ${window.count} events of ${tally.count}`
  if (window.state !== 'sealed') return
  const roots = blocks.map((root) => b64(root))
  if (String(window.blocks) !== String(roots)) yield 'the roots of its blocks are others'
  if (String(window.firsts) !== String(firsts)) yield 'its blocks begin with other events'
  if (!window.hasRecord) yield `no record at ${window.seq} seals it`
  if (window.fields === null) return
  const said = parseJson(window.fields) as Record<string, Json>
  const { meter, subject, unit } = window
  const found: Record<string, Json> = {
    ...{ name: window.id, meter, subject, unit, count: tally.count, late: tally.late },
    ...{ total: writeDecimal(tally.total), least: writeDecimal(tally.least ?? 0n) },
    ...{ greatest: writeDecimal(tally.greatest ?? 0n), root: b64(rootOfBlocks(sha256, blocks)) },
  }
  for (const [name, value] of Object.entries(found)) {
    if ((said[name] ?? null) !== value) yield `its record says another ${name} than its events`
  }
}

/** What an event that is stored does not agree with; nothing where all is well. */
function wrongWith(event: StoredUsage, window: StoredWindow): string | undefined {
  const isErased = window.state === 'sealed' && window.hasRecord && window.fields === null
  const { text, salt } = event
  if (isErased && (text ?? salt ?? event.value ?? event.time) !== null) return 'it was erased'
  if (text === null || salt === null) return isErased ? undefined : 'what it says is missing'
  const whole = parseJson(text)
  const said = whole as unknown as Said
  if (canonical(whole) !== text) return 'it is not in its canonical form'
  if (usageKey(sha256, said.source, said.id) !== event.key) return 'its key is another'
  if (usageCommitment(sha256, salt, whole) !== event.c) {
    return 'its commitment is another'
  }
  if (String(said.data.value) !== event.value) return 'its value is another'
  return new Date(said.time).toISOString() === event.time ? undefined : 'its time is another'
}

interface Said {
  source: string
  id: string
  time: string
  data: { value: string | number }
}
