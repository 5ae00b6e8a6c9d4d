import type { KeyDesk } from '../ledger/key-desk.ts'
import { type Database, SERVICE } from '../lineage/graph.ts'
import { appliedMigration, MIGRATIONS } from '../lineage/migrations.ts'
import type { KeysState } from './identity/issuer.ts'
import { notReady } from './problems.ts'
import { within } from './within.ts'

/** What a server leans on. Without the first four it can be asked nothing. */
export const CHECKS = ['serving', 'database', 'migrations', 'keys', 'issuers', 'objects'] as const
export type Check = (typeof CHECKS)[number]

/** `missing`: requests should go to another server; `degraded`: some of them fail, here as anywhere. */
export type CheckState = 'ok' | 'degraded' | 'missing'

/** Whether this process should be sent requests now. */
export interface Readiness {
  /** @throws {Problem} `SERVER_NOT_READY`, with what is missing. */
  check(): Promise<Record<Check, CheckState>>
  /** The same, without judging it. */
  states(): Promise<Record<Check, CheckState>>
  /** From now on it should not: it is about to end. */
  drain(): void
}

export interface ReadinessOptions {
  database: Database
  keys(): Pick<KeyDesk, 'newest'>
  /** How it stands with the keys of each issuer of tokens, as far as is known without asking it. */
  issuers?(): Readonly<Record<string, KeysState>>
  /** Whether the store of object files was well when it was last looked at. */
  objects?(): boolean
  /** How long the database, and whoever holds the keys, may take. */
  withinMs: number
}

/** Whoever holds the keys may be another program, and is not started for every probe. */
const KEYS_LOOKED_AT_MS = 10_000

/**
 * Opens the look-out. The database and the keys are asked at once, each within the bound, and together
 * for all who ask meanwhile. Issuers and the store of object files are only read: all servers share
 * them, so that a probe that waited for them would take all servers away together.
 */
export function openReadiness(options: ReadinessOptions): Readiness {
  const { database, keys, issuers = () => ({}), objects = () => true, withinMs } = options
  let isDraining = false
  let held = -Infinity
  let hadIssuer = false
  let asking: Promise<boolean[]> | undefined

  const checkKeys = async () => {
    if (performance.now() - held < KEYS_LOOKED_AT_MS) return true
    await keys().newest()
    held = performance.now()
    return true
  }
  const ask = () => {
    const applied = within(withinMs, appliedMigration(database.graph(SERVICE).read))
    return Promise.all([
      holds(applied.then(() => true)),
      holds(applied.then((number) => number >= MIGRATIONS.at(-1)!.number)),
      holds(within(withinMs, checkKeys())),
    ])
  }
  const issuersNow = (): CheckState => {
    const states = Object.values(issuers())
    hadIssuer ||= states.length === 0 || states.some((state) => state !== 'unreachable')
    if (states.every((state) => state === 'ready')) return 'ok'
    // Who knows nobody yet is sent nobody; who did is no worse than the servers beside it.
    return hadIssuer ? 'degraded' : 'missing'
  }
  const states = async (): Promise<Record<Check, CheckState>> => {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    const [answers, migrated, holding] = await asking
    return {
      serving: unlessMissing(!isDraining),
      database: unlessMissing(answers),
      migrations: unlessMissing(migrated),
      keys: unlessMissing(holding),
      issuers: issuersNow(),
      objects: objects() ? 'ok' : 'degraded',
    }
  }
  return {
    states,
    async check() {
      const found = await states()
      const missing = CHECKS.filter((name) => found[name] === 'missing')
      if (missing.length > 0) throw notReady(missing)
      return found
    },
    drain: () => {
      isDraining = true
    },
  }
}

const unlessMissing = (isThere = false): CheckState => (isThere ? 'ok' : 'missing')

const holds = (asked: Promise<boolean>) => asked.catch(() => false)
