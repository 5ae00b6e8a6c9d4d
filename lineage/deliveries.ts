import { type Ask, query, serviceQuery } from './graph.ts'
import { inIndexOrder } from './index-order.ts'
import type { Kind } from './kinds.ts'

/** Why nothing is delivered any more, until a webhook is changed or resumed. */
export type Ending = 'gone' | 'failing' | 'full' | 'restored'

/**
 * How the deliveries of one webhook stand: bookkeeping beside the log, written by whoever delivers.
 * Times are of the database's clock, in milliseconds since 1970: all servers go by the same.
 */
export interface Delivery {
  id: string
  /** The place of the first leaf that is not dealt with yet, in the log of this epoch. */
  next: number
  epoch: number
  /** SHA-256 of the address that has agreed to be told, base64url; `null` before it has. */
  agreed: string | null
  /** How many requests a minute it takes; `null` where it has not said. */
  rate: number | null
  /** How often in a row what is to be done next has failed, and since when. */
  attempts: number
  failing: number | null
  /** What came of the last attempt: a status, or why there was none. */
  status: number | null
  error: string | null
  attempted: number | null
  delivered: number | null
  /** When something may be done next. */
  at: number
  ended: Ending | null
  /** The record of the webhook that it ended under: a later one begins anew. */
  endedSeq: number | null
  /** How many events lie among the dead letters, and whether some are to be tried again. */
  dead: number
  again: boolean
}

/** An event that was given up. */
export interface DeadLetter {
  /** The place of its record. */
  seq: number
  epoch: number
  attempts: number
  status: number | null
  error: string | null
  /** When it was given up, or tried again last. */
  failed: number
  /** Whether it is to be tried again. */
  again: boolean
}

/** The same with what its record is about; null where a restore has cut that off. */
export type DeadLetterTold = DeadLetter & {
  subject: string | null
  kind: Kind | null
  action: 'assert' | 'retire' | 'erase' | null
}

/** A webhook with its record in force. */
export interface HookRow {
  tenant: string
  id: string
  seq: number
  action: 'assert' | 'retire'
  /** The body as JSON text; `null` where there is none. */
  fields: string | null
}

const DELIVERY = `d.id AS id, d.next AS next, d.epoch AS epoch, d.agreed AS agreed, d.rate AS rate,
    coalesce(d.attempts, 0) AS attempts, d.failing AS failing, d.status AS status, d.error AS error,
    d.attempted AS attempted, d.delivered AS delivered, d.at AS at, d.ended AS ended, d.endedSeq AS endedSeq,
    coalesce(d.dead, 0) AS dead, coalesce(d.again, false) AS again`

const LETTER = `l.seq AS seq, l.epoch AS epoch, l.attempts AS attempts, l.status AS status, l.error AS error,
    l.failed AS failed, coalesce(l.again, false) AS again`

/** An entity is a webhook by its id: just this form is a seek in the index of ids. */
const IS_HOOK = `hook.id > 'urn:selvedge:webhook:' AND hook.id < 'urn:selvedge:webhook;'`

const DUE = serviceQuery<HookRow>(`
  // webhooks with something to be done
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (d:Delivery {tenant: entry.name}) WHERE d.at <= timestamp()
  MATCH (log:Log {tenant: entry.name})
  MATCH (hook:Entity {tenant: entry.name, id: d.id})
  WHERE (log.size > d.next OR log.epoch <> d.epoch OR d.again OR d.agreed IS NULL OR hook.action = 'retire')
    AND (d.ended IS NULL OR hook.seq > d.endedSeq)
    AND (d.holder IS NULL OR d.until <= timestamp() OR d.until > timestamp() + $lease)
  MATCH (record:Record {tenant: entry.name, seq: hook.seq})
  RETURN entry.name AS tenant, hook.id AS id, hook.seq AS seq, hook.action AS action, record.fields AS fields`)

const FORGOTTEN = serviceQuery<{ tenant: string; id: string }>(`
  // webhooks without deliveries
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (hook:Entity {tenant: entry.name}) WHERE ${IS_HOOK} AND hook.action = 'assert'
    AND NOT EXISTS { MATCH (d:Delivery {tenant: entry.name, id: hook.id}) }
  RETURN entry.name AS tenant, hook.id AS id`)

const BEHIND = serviceQuery<DeliveryLag>(`
  // how far webhooks are behind
  MATCH (entry:TenantEntry {tenant: $tenant})
  MATCH (log:Log {tenant: entry.name})
  MATCH (d:Delivery {tenant: entry.name}) WHERE d.at >= 0
  RETURN count(CASE WHEN log.size > d.next THEN 1 END) AS webhooks,
    coalesce(max(log.size - d.next), 0) AS records, coalesce(sum(d.dead), 0) AS dead`)

/** A text of its own: one that read it too might read it before it has the lock. */
const LOCK_DELIVERY = query(`
  // lock deliveries
  MATCH (d:Delivery {tenant: $tenant, id: $id}) SET d.lock = $lock`)

const WAKE = query(`
  // have deliveries looked at
  MATCH (log:Log {tenant: $tenant})
  MATCH (hook:Entity {tenant: $tenant, id: $id})
  MERGE (d:Delivery {tenant: $tenant, id: $id})
  ON CREATE SET d.next = coalesce($from, hook.first), d.epoch = log.epoch
  SET d.at = 0`)

const STOP_ALL = query(`
  // stop all webhooks
  MATCH (log:Log {tenant: $tenant})
  MATCH (hook:Entity {tenant: $tenant}) WHERE ${IS_HOOK} AND hook.action = 'assert'
  MERGE (d:Delivery {tenant: $tenant, id: hook.id})
  ON CREATE SET d.next = hook.first, d.epoch = log.epoch
  SET d.at = 0, d.ended = 'restored', d.endedSeq = hook.seq`)

const CLAIM = query<Delivery & { age: number | null }>(`
  // claim deliveries
  MATCH (d:Delivery {tenant: $tenant, id: $id})
  WITH d, timestamp() AS now
  WHERE d.holder IS NULL OR d.holder = $holder OR d.until <= now OR d.until > now + $lease
  SET d.holder = $holder, d.until = now + $lease
  RETURN ${DELIVERY}, now - d.failing AS age`)

const NOTE = query<{ id: string }>(`
  // note deliveries
  MATCH (d:Delivery {tenant: $tenant, id: $id}) WHERE d.holder = $holder
  SET d += $row, d.until = timestamp() + $lease,
    d.at = CASE WHEN $pause IS NULL THEN d.at ELSE timestamp() + toInteger($pause) END,
    d.attempted = CASE WHEN $tried THEN timestamp() ELSE d.attempted END,
    d.delivered = CASE WHEN $came THEN timestamp() ELSE d.delivered END,
    d.failing = CASE WHEN $came THEN null WHEN $tried THEN coalesce(d.failing, timestamp()) ELSE d.failing END
  RETURN d.id AS id`)

const RELEASE = query(`
  // release deliveries
  MATCH (d:Delivery {tenant: $tenant, id: $id}) WHERE d.holder = $holder
  SET d.holder = null, d.until = null, d.lock = null`)

const BURY = query(`
  // keep a dead letter
  MATCH (d:Delivery {tenant: $tenant, id: $id})
  MERGE (l:DeadLetter {tenant: $tenant, hook: $id, seq: $seq})
  ON CREATE SET d.dead = coalesce(d.dead, 0) + 1
  SET l += $row, l.failed = timestamp(), l.again = null`)

const UNBURY = query(`
  // drop dead letters
  MATCH (d:Delivery {tenant: $tenant, id: $id})
  MATCH (l:DeadLetter {tenant: $tenant, hook: $id}) WHERE l.seq IN $seqs
  WITH d, collect(l) AS letters
  SET d.dead = coalesce(d.dead, 0) - size(letters)
  FOREACH (l IN letters | DELETE l)`)

const AGAIN = query<{ marked: number }>(`
  // have dead letters delivered again
  MATCH (d:Delivery {tenant: $tenant, id: $id})
  MATCH (l:DeadLetter {tenant: $tenant, hook: $id}) WHERE l.seq >= 0 AND ($seqs IS NULL OR l.seq IN $seqs)
  SET l.again = true
  WITH d, count(l) AS marked
  SET d.again = true, d.at = 0
  RETURN marked`)

const MARKED = query<DeadLetter>(`
  // dead letters to be delivered again
  MATCH (l:DeadLetter {tenant: $tenant, hook: $id}) WHERE l.seq >= 0 AND l.again
  RETURN ${LETTER} ${inIndexOrder('l', ['tenant', 'hook', 'seq'], 'ASC')} LIMIT toInteger($first)`)

const NONE_MARKED = query(`
  // all dead letters were tried again
  MATCH (d:Delivery {tenant: $tenant, id: $id})
  OPTIONAL MATCH (l:DeadLetter {tenant: $tenant, hook: $id}) WHERE l.seq >= 0 AND l.again
  WITH d, count(l) AS left
  SET d.again = CASE left WHEN 0 THEN null ELSE true END`)

const FORGET = query(`
  // forget deliveries
  MATCH (d:Delivery {tenant: $tenant, id: $id})
  OPTIONAL MATCH (l:DeadLetter {tenant: $tenant, hook: $id}) WHERE l.seq >= 0
  DELETE l, d`)

const CUT = query(`
  // drop dead letters of what was cut off
  MATCH (d:Delivery {tenant: $tenant, id: $id})
  MATCH (l:DeadLetter {tenant: $tenant, hook: $id}) WHERE l.seq >= $from
  WITH d, collect(l) AS letters
  SET d.dead = coalesce(d.dead, 0) - size(letters)
  FOREACH (l IN letters | DELETE l)`)

const DELIVERIES = query<Delivery>(`
  // deliveries of webhooks
  UNWIND $ids AS id
  MATCH (d:Delivery {tenant: $tenant, id: id})
  RETURN ${DELIVERY}`)

const LETTERS = query<DeadLetterTold>(`
  // dead letters in order
  MATCH (l:DeadLetter {tenant: $tenant, hook: $id}) WHERE l.seq > $above
  WITH l ${inIndexOrder('l', ['tenant', 'hook', 'seq'], 'ASC')} LIMIT toInteger($first)
  OPTIONAL MATCH (record:Record {tenant: $tenant, seq: l.seq})
  RETURN ${LETTER}, record.id AS subject, record.kind AS kind, record.action AS action
  ${inIndexOrder('l', ['tenant', 'hook', 'seq'], 'ASC')}`)

const HOOK = query<HookRow>(`
  // a webhook
  MATCH (hook:Entity {tenant: $tenant, id: $id})
  MATCH (record:Record {tenant: $tenant, seq: hook.seq})
  RETURN $tenant AS tenant, hook.id AS id, hook.seq AS seq, hook.action AS action, record.fields AS fields`)

const STANDING = query<{ count: number }>(`
  // how many webhooks stand
  MATCH (hook:Entity {tenant: $tenant}) WHERE ${IS_HOOK} AND hook.action = 'assert'
    AND NOT hook.id IN $except
  RETURN count(hook) AS count`)

/** How far deliveries are behind their logs, in the whole service. */
export interface DeliveryLag {
  /** How many webhooks have something left. */
  webhooks: number
  /** How many leaves the last of them has to go. */
  records: number
  dead: number
}

/** How long a claim holds without being used, in milliseconds. */
export const LEASE_MS = 30_000

/** The webhooks of all tenants with something to be done; asked in the scope of the service. */
export const dueWebhooks = (ask: Ask) => ask(DUE, { lease: LEASE_MS })

/** Those that nobody delivers for yet: their server died, or they come from a backup. */
export const forgottenWebhooks = (ask: Ask) => ask(FORGOTTEN)

export const deliveryLag = async (ask: Ask) => (await ask(BEHIND))[0]!

const lock = (ask: Ask, id: string) => ask(LOCK_DELIVERY, { id, lock: crypto.randomUUID() })

/** Has a webhook looked at now; from a position on, where it is new. */
export const wakeDelivery = (ask: Ask, { id, from = null }: { id: string; from?: number | null }) =>
  ask(WAKE, { id, from })

/**
 * Has no webhook told anything before somebody resumes it: in a database that was restored, how far they
 * were told is not known, and there may be another that tells them.
 */
export const stopWebhooks = (ask: Ask) => ask(STOP_ALL)

/** Claims the deliveries of a webhook for one server; `undefined` where another has them. */
export async function claimDelivery(
  ask: Ask,
  { id, holder }: { id: string; holder: string },
): Promise<(Delivery & { age: number | null }) | undefined> {
  const [, [claimed]] = await Promise.all([
    lock(ask, id),
    ask(CLAIM, { id, holder, lease: LEASE_MS }),
  ])
  return claimed
}

/** What is noted of deliveries. */
export interface DeliveryNote {
  row: Partial<
    Pick<
      Delivery,
      | 'next'
      | 'epoch'
      | 'agreed'
      | 'rate'
      | 'attempts'
      | 'failing'
      | 'status'
      | 'error'
      | 'ended'
      | 'endedSeq'
    >
  >
  /** In how many milliseconds something is to be done next; at once, where it is left out. */
  pause?: number | null
  /** Whether something was sent, and whether it came. */
  tried?: boolean
  came?: boolean
}

/** Notes what was done, and goes on holding them. @returns `false` where another server holds them by now. */
export async function noteDelivery(
  ask: Ask,
  { id, holder }: { id: string; holder: string },
  { row, pause = null, tried = false, came = false }: DeliveryNote,
): Promise<boolean> {
  const asked = { id, holder, row, pause, tried, came, lease: LEASE_MS }
  const [, noted] = await Promise.all([lock(ask, id), ask(NOTE, asked)])
  return noted.length === 1
}

/** Lets another server have them at once. */
export const releaseDelivery = (ask: Ask, held: { id: string; holder: string }) =>
  ask(RELEASE, held)

/** Puts an event among the dead letters, or says anew why it is there. */
export const buryEvent = (
  ask: Ask,
  of: { id: string; seq: number; row: Pick<DeadLetter, 'epoch' | 'attempts' | 'status' | 'error'> },
) => ask(BURY, of)

export const dropDeadLetters = (ask: Ask, of: { id: string; seqs: readonly number[] }) =>
  ask(UNBURY, of)

/** Marks dead letters, those named or all, to be delivered again. @returns How many. */
export async function deliverAgain(ask: Ask, of: { id: string; seqs: readonly number[] | null }) {
  const [, rows] = await Promise.all([lock(ask, of.id), ask(AGAIN, of)])
  return rows[0]?.marked ?? 0
}

export const markedLetters = (ask: Ask, of: { id: string; first: number }) => ask(MARKED, of)

/** Notes that none is left to be tried again, if that is so. */
export const noneMarked = (ask: Ask, id: string) =>
  Promise.all([lock(ask, id), ask(NONE_MARKED, { id })])

/** Deletes what is kept beside the log of a webhook that is no more. */
export const forgetDelivery = (ask: Ask, id: string) => ask(FORGET, { id })

/** Drops the dead letters of leaves that a restore has cut off. */
export const cutDeadLetters = (ask: Ask, of: { id: string; from: number }) => ask(CUT, of)

/** How the deliveries of webhooks stand, in no particular order. */
export const deliveriesOf = (ask: Ask, ids: readonly string[]) => ask(DELIVERIES, { ids })

/** Dead letters of a webhook in the order of the log. */
export const deadLettersAfter = (ask: Ask, of: { id: string; above: number; first: number }) =>
  ask(LETTERS, of)

export const findHook = async (ask: Ask, id: string) => (await ask(HOOK, { id }))[0]

/** How many webhooks of the tenant are not deleted, some of them left out. */
export const webhooksStanding = async (ask: Ask, except: readonly string[]) =>
  (await ask(STANDING, { except }))[0]!.count
