import type { KeyDesk } from '../ledger/key-desk.ts'
import { type Database, SERVICE } from '../lineage/graph.ts'
import { appliedMigration, MIGRATIONS } from '../lineage/migrations.ts'
import { notReady } from './problems.ts'
import { within } from './within.ts'

/** What a server must have to be asked anything. */
export const CHECKS = ['serving', 'database', 'migrations', 'keys'] as const
export type Check = (typeof CHECKS)[number]

/** Whether this process should be sent requests now. */
export interface Readiness {
  /** @throws {Problem} `SERVER_NOT_READY`, with what is missing. */
  check(): Promise<Record<Check, 'ok'>>
  /** From now on it should not: it is about to end. */
  drain(): void
}

export interface ReadinessOptions {
  database: Database
  keys(): Pick<KeyDesk, 'newest'>
  /** How long the database, and whoever holds the keys, may take. */
  withinMs: number
}

/** Whoever holds the keys may be another program, and is not started for every probe. */
const KEYS_LOOKED_AT_MS = 10_000

/** Opens the look-out. All checks are made at once, each within the bound. */
export function openReadiness({ database, keys, withinMs }: ReadinessOptions): Readiness {
  let isDraining = false
  let held = -Infinity

  const checkKeys = async () => {
    if (performance.now() - held < KEYS_LOOKED_AT_MS) return true
    await keys().newest()
    held = performance.now()
    return true
  }
  const check = async () => {
    const applied = within(withinMs, appliedMigration(database.graph(SERVICE).read))
    const answers = await Promise.all([
      !isDraining,
      holds(applied.then(() => true)),
      holds(applied.then((number) => number >= MIGRATIONS.at(-1)!.number)),
      holds(within(withinMs, checkKeys())),
    ])
    const checks = CHECKS.map((name, i) => [name, answers[i] ? 'ok' : 'missing'] as const)
    const missing = checks.filter(([, state]) => state === 'missing').map(([name]) => name)
    if (missing.length > 0) throw notReady(missing)
    return Object.fromEntries(checks) as Record<Check, 'ok'>
  }
  return {
    check,
    drain: () => {
      isDraining = true
    },
  }
}

const holds = (asked: Promise<boolean>) => asked.catch(() => false)
