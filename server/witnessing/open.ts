import { Problem } from '../../core/problem.ts'
import { rangeHashes } from '../../domains/evidence/inclusion.ts'
import { type Database, SERVICE } from '../../lineage/graph.ts'
import {
  keepWitnessed,
  readWitnessed,
  unwitnessedTenants,
  type WitnessedLog,
} from '../../lineage/witnessed-log.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import type { Policy } from '../../proofs/policy.ts'
import { type Collection, openCollection } from './collection.ts'
import { type Deeds, readDeeds, writeDeeds } from './deeds.ts'
import { openLane, type Pause } from './lane.ts'
import { isReachable, type Reachable } from './policy-file.ts'
import { askForCosignature, type Submitted } from './submit.ts'

/** Has checkpoints cosigned, in the background: nothing here delays what is signed. */
export interface Witnessing {
  /** Says that a tenant's log has a new checkpoint. */
  signed(tenant: string): void
  /** How many checkpoints are being asked about, or are to be. */
  waiting(): number
  /** Breaks off what is being asked, keeps what is known, and stops. */
  close(): Promise<void>
}

export interface WitnessingOptions {
  database: Database
  policy: Policy
  send?: typeof fetch
  /** The clock, in milliseconds. */
  now?(): number
  /** How often logs are looked through for checkpoints that a lost server left unwitnessed. */
  sweepMs?: number
  /** Told what fails, each failure of a witness for a log once until it cosigns again. */
  onError(error: unknown): void
}

const SWEEP_MS = 10_000
/** Under what the failures of looking through logs are told apart from those of a witness. */
const SWEEP = ''
/** What is no quorum yet is kept together with what comes a moment later. */
const KEEP_AFTER_MS = 1_000

/** What is going on about one log. */
interface Following {
  /** The newest checkpoint that was seen, and its cosignatures. */
  collection: Collection
  deeds: Deeds
  keeping: ReturnType<typeof setTimeout> | null
}

/**
 * Opens the asking of the policy's witnesses, each in a lane of its own: one that is down or slow
 * keeps no other waiting. A checkpoint is published as witnessed when the policy's quorum has
 * cosigned it; one that is overtaken meanwhile is not asked for any more.
 */
export function openWitnessing({
  database,
  policy,
  send = fetch,
  now = Date.now,
  sweepMs = SWEEP_MS,
  onError,
}: WitnessingOptions): Witnessing {
  const stop = new AbortController()
  const logs = new Map<string, Following>()
  const told = new Map<string, string>()
  const keeping = new Set<Promise<void>>()

  const follow = (tenant: string, log: WitnessedLog, submitted: Submitted): Following => {
    const known = logs.get(tenant)
    const isSame = known?.collection.submitted.origin === submitted.origin
    if (known && isSame && known.collection.submitted.size >= submitted.size) return known
    const next: Following = {
      collection: openCollection(policy, submitted),
      deeds: known && isSame ? known.deeds : readDeeds(log),
      keeping: known?.keeping ?? null,
    }
    logs.set(tenant, next)
    return next
  }

  const keep = async (
    tenant: string,
    { collection, deeds }: Following,
    note = collection.take(),
  ) => {
    const { origin, size } = collection.submitted
    const witnesses = writeDeeds(origin, deeds)
    await database
      .graph(tenant)
      .write(({ run }) => keepWitnessed(run, { origin, size, note, witnesses }))
  }

  const keepSoon = (tenant: string) => {
    const following = logs.get(tenant)
    if (!following || following.keeping !== null || stop.signal.aborted) return
    following.keeping = setTimeout(() => void keepNow(tenant), KEEP_AFTER_MS)
    following.keeping.unref()
  }

  /** What cannot be kept now is kept with what comes next; the cosignatures are asked for again. */
  const keepNow = (tenant: string) => {
    const following = logs.get(tenant)!
    if (following.keeping !== null) clearTimeout(following.keeping)
    following.keeping = null
    const work = keep(tenant, following).catch(onError)
    keeping.add(work)
    return work.finally(() => keeping.delete(work))
  }

  const ask = async (witness: Reachable, tenant: string) => {
    const { read } = database.graph(tenant)
    const log = await readWitnessed(read)
    const submitted = log && submittedIn(log, policy)
    if (!submitted) return
    const following = follow(tenant, log, submitted)
    const { collection, deeds } = following
    if (collection.has(witness.label) || collection.submitted.size > submitted.size) return
    const old = deeds.get(witness.vkey)?.size ?? 0
    const prove = (from: number, to: number) => rangeHashes(read, consistencyRanges(from, to))
    const { line, time } = await askForCosignature(
      witness,
      { submitted, old },
      { send, now, signal: stop.signal, prove },
    )
    collection.add(witness.label, line)
    const { size } = submitted
    deeds.set(witness.vkey, { witness: witness.key.name, size, time, problem: null, at: at() })
    told.delete(`${witness.vkey} ${tenant}`)
    const note = collection.take()
    if (note === null) keepSoon(tenant)
    else await keep(tenant, following, note)
  }

  const at = () => new Date(now()).toISOString()

  /** What stays wrong is met again and again; it need not fill the log file. */
  const tell = (about: string, error: unknown) => {
    if (told.get(about) === codeOf(error)) return
    told.set(about, codeOf(error))
    onError(error)
  }

  const fail = (witness: Reachable, tenant: string, error: unknown): Pause => {
    tell(`${witness.vkey} ${tenant}`, error)
    const deeds = logs.get(tenant)?.deeds
    const before = deeds?.get(witness.vkey) ?? { size: 0, time: null }
    deeds?.set(witness.vkey, {
      ...before,
      witness: witness.key.name,
      problem: codeOf(error),
      at: at(),
    })
    keepSoon(tenant)
    return pauseFor(error)
  }

  const lanes = policy.witnesses.filter(isReachable).map((witness) =>
    openLane((tenant) =>
      ask(witness, tenant).then(
        () => null,
        (error: unknown) => (stop.signal.aborted ? null : fail(witness, tenant, error)),
      ),
    ),
  )
  const signed = (tenant: string) => {
    for (const lane of lanes) lane.add(tenant)
  }

  const look = () =>
    unwitnessedTenants(database.graph(SERVICE).read).then(
      (tenants) => {
        told.delete(SWEEP)
        tenants.forEach(signed)
      },
      (error: unknown) => tell(SWEEP, error),
    )
  let looking = look()
  const sweep = setInterval(() => {
    looking = looking.then(look)
  }, sweepMs)
  sweep.unref()

  return {
    signed,
    waiting: () => lanes.reduce((sum, lane) => sum + lane.waiting, 0),
    async close() {
      clearInterval(sweep)
      stop.abort()
      await looking
      await Promise.all(lanes.map((lane) => lane.close()))
      for (const [tenant, { keeping }] of logs) if (keeping !== null) void keepNow(tenant)
      await Promise.all(keeping)
    },
  }
}

const codeOf = (error: unknown) => (error instanceof Problem ? error.code : String(error))

/** What is to be cosigned; nothing where nothing is published, or the policy is about other logs. */
function submittedIn(log: WitnessedLog, { logs }: Policy): Submitted | null {
  const { checkpoint: note, origin, signed: size, at } = log
  if (note === null) return null
  if (logs.length > 0 && !logs.some(({ name }) => name === origin)) return null
  return { origin, size, note, at: Date.parse(at) }
}

/** A witness that is down is left alone for every log; one that refuses a log, for that one. */
function pauseFor(error: unknown): Pause {
  if (!(error instanceof Problem)) return { of: 'tenant' }
  if (error.code === 'WITNESS_UNREACHABLE') return { of: 'lane' }
  if (error.code !== 'WITNESS_BUSY') return { of: 'tenant' }
  return { of: 'lane', atLeastMs: Number(error.details.retryAfterMs ?? 0) }
}
