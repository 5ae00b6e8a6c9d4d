import { Counter, Gauge, type Registry } from 'prom-client'
import type { DeliveryLag } from '../../lineage/deliveries.ts'
import type { LogLag } from '../../lineage/log-lag.ts'
import type { KeysState } from '../identity/issuer.ts'
import type { Held } from '../limits/held.ts'
import type { Lanes } from '../limits/lanes.ts'
import type { CheckState } from '../readiness.ts'

/** Where what comes and goes can be read. */
export interface Depths {
  /** Connections to the database: how many there may be, and how many are in use. */
  pool(): { most: number; busy: number }
  /** Commands that wait for their transaction, and checkpoints that wait for a witness. */
  waiting(): { commands: number; witnesses: number }
  /** How it stands with the keys of each issuer of tokens. */
  issuers?(): Readonly<Record<string, KeysState>>
  /** What `/readyz` finds, by check. */
  checks?(): Promise<Readonly<Record<string, CheckState>>>
  /** How far logs are beyond their checkpoints. */
  lag(): Promise<LogLag>
  /** How far webhooks are behind their logs. */
  deliveries?(): Promise<DeliveryLag>
}

/** Adds what is read when somebody looks, and not kept. */
export function openGauges(register: Registry, depths: Depths) {
  const { pool, waiting, issuers, checks, lag, deliveries } = depths
  const registers = [register]
  const read = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  read(
    'selvedge_database_connections_most',
    'Connections to Neo4j that there may be.',
    () => pool().most,
  )
  read('selvedge_database_connections_busy', 'Connections to Neo4j in use.', () => pool().busy)
  read(
    'selvedge_commands_waiting',
    'Commands that wait for their transaction.',
    () => waiting().commands,
  )
  read(
    'selvedge_witness_waiting',
    'Checkpoints that a witness is, or is to be, asked about.',
    () => waiting().witnesses,
  )
  openLag(register, lag)
  if (deliveries) openDeliveries(register, deliveries)
  if (issuers) openIssuers(register, issuers)
  if (checks) openChecks(register, checks)
}

/** The names are those of `/readyz`. */
function openChecks(register: Registry, checks: NonNullable<Depths['checks']>) {
  new Gauge({
    name: 'selvedge_check',
    help: 'What /readyz finds: 1, 0.5 where it is degraded, or 0 where it is missing.',
    labelNames: ['check'],
    registers: [register],
    async collect() {
      const worth = { ok: 1, degraded: 0.5, missing: 0 }
      for (const [check, state] of Object.entries(await checks())) this.set({ check }, worth[state])
    },
  })
}

/** What requests wait for here, and what is held of them meanwhile. */
export interface Queues {
  lanes: Lanes['lanes']
  held: Pick<Held, 'bytes'>
}

/** Adds how many requests have their turn and how many wait for it, by what it is for. */
export function openQueueGauges(register: Registry, { lanes, held }: Queues) {
  const registers = [register]
  const read = (name: string, help: string, count: 'running' | 'waiting') =>
    new Gauge({
      name,
      help,
      labelNames: ['lane'],
      registers,
      collect() {
        for (const [lane, shares] of Object.entries(lanes)) this.set({ lane }, shares[count])
      },
    })
  read('selvedge_turns_running', 'Requests that have their turn.', 'running')
  read('selvedge_turns_waiting', 'Requests that wait for their turn.', 'waiting')
  new Gauge({
    name: 'selvedge_body_bytes_held',
    help: 'Bytes of the bodies of requests that are not answered yet.',
    registers,
    collect() {
      this.set(held.bytes)
    },
  })
}

/** Adds how many subscriptions this process tells, and how many events it told. */
export function openSubscriptionGauge(
  register: Registry,
  subscriptions: { readonly open: number; readonly told: number },
) {
  new Counter({
    name: 'selvedge_subscription_events_total',
    help: 'Events that subscriptions were told.',
    registers: [register],
    collect() {
      this.reset()
      this.inc(subscriptions.told)
    },
  })
  new Gauge({
    name: 'selvedge_subscriptions_open',
    help: 'Subscriptions that are told at this moment.',
    registers: [register],
    collect() {
      this.set(subscriptions.open)
    },
  })
}

/** The names are the operator's own, from his settings. */
function openIssuers(register: Registry, issuers: NonNullable<Depths['issuers']>) {
  new Gauge({
    name: 'selvedge_issuer_keys',
    help: 'Whether keys of an issuer of tokens are held: 1, 0.5 where it was last asked in vain, or 0.',
    labelNames: ['issuer'],
    registers: [register],
    collect() {
      const worth = { ready: 1, stale: 0.5, unreachable: 0 }
      for (const [issuer, state] of Object.entries(issuers())) this.set({ issuer }, worth[state])
    },
  })
}

/** All are of one look at the database; where that fails, they are not told at all. */
function atOneLook<Found>(register: Registry, ask: () => Promise<Found>) {
  let looking: Promise<Found | null> | null = null
  const look = () => {
    looking ??= ask()
      .catch(() => null)
      .finally(() => {
        looking = null
      })
    return looking
  }
  return (name: string, help: string, value: (now: Found | null) => number | undefined) =>
    new Gauge({
      name,
      help,
      registers: [register],
      async collect() {
        const found = value(await look())
        if (found === undefined) this.remove()
        else this.set(found)
      },
    })
}

function openDeliveries(register: Registry, deliveries: NonNullable<Depths['deliveries']>) {
  const read = atOneLook(register, deliveries)
  read(
    'selvedge_webhooks_behind',
    'Webhooks that are not told everything yet.',
    (now) => now?.webhooks,
  )
  read(
    'selvedge_webhook_lag_records',
    'How many leaves of its log the webhook that is furthest behind has to go.',
    (now) => now?.records,
  )
  read('selvedge_dead_letters', 'Events that could not be delivered.', (now) => now?.dead)
}

function openLag(register: Registry, lag: Depths['lag']) {
  const read = atOneLook(register, lag)
  read(
    'selvedge_log_unsigned_records',
    'Records that no published checkpoint covers, in all logs.',
    (now) => now?.records,
  )
  read('selvedge_log_unsigned', 'Logs that have such records.', (now) => now?.logs)
  read(
    'selvedge_checkpoint_age_seconds',
    'How long the oldest record that no published checkpoint covers has waited for one.',
    (now) => now?.oldestSeconds,
  )
  read('selvedge_merges_open', 'Merges that are under way.', (now) => now?.merges)
  read('selvedge_database_answers', 'Whether the database answered when these were read.', (now) =>
    now ? 1 : 0,
  )
}
