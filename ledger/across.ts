import { failpoint } from '../core/failpoint.ts'
import type { Database, Transaction } from '../lineage/graph.ts'
import { lockLog } from '../lineage/log.ts'
import { attempt, EpochMoved, type Receipt, type Seen, type Task } from './attempt.ts'
import { tenantUnknown } from './problems.ts'

/** A command on one log, and what another log is told of it in the same transaction. */
export interface Pair {
  tenant: string
  task: Task
  other: string
  /** Runs after `task`, whose outcome it may tell of; not at all where that was carried out before. */
  mirror: Task
}

export interface AcrossHooks {
  /** Throws where a log may not be written to; says in which epoch it may, or `null` for any. */
  before(tenant: string): Promise<number | null>
  /** Told that a log is in another epoch than `before` said. */
  moved(tenant: string): void
  /** Told after a commit that appended leaves to a log. */
  committed(tenant: string): void
}

/**
 * Opens the way to write to two logs at once: both get their records, or neither does.
 *
 * Both logs are locked before anything is decided, in the order of their tenants' names, so that two
 * such transactions never wait for each other (docs/specs/log.md, "Writing").
 */
export function openAcross(database: Database, hooks: AcrossHooks) {
  const seen = new Map<string, Seen>()

  const tryOnce = async ({ tenant, task, other, mirror }: Pair) => {
    const order = [tenant, other].sort()
    const epochs = new Map<string, number | null>()
    for (const name of order) epochs.set(name, await hooks.before(name))
    const tryIn = (of: (name: string) => Transaction) => async (name: string, one: Task) => {
      const expected = { seen: seen.get(name) ?? null, epoch: epochs.get(name)!, erasing: null }
      return attempt(of(name).run, name, [one], expected).catch((error: unknown) => {
        if (error instanceof EpochMoved) hooks.moved(name)
        throw error
      })
    }
    return database.writeAcross(order, async (of) => {
      for (const name of order) {
        if (!(await lockLog(of(name).run))) throw tenantUnknown(name)
      }
      const run = tryIn(of)
      const first = await run(tenant, task)
      const receipt = receiptOf(first)
      if (receipt.replayed) return { receipt, done: [{ name: tenant, ...first }] }
      const second = await run(other, mirror)
      receiptOf(second)
      failpoint('before-commit')
      return {
        receipt,
        done: [
          { name: tenant, ...first },
          { name: other, ...second },
        ],
      }
    })
  }

  return async (pair: Pair): Promise<Receipt> => {
    if (pair.tenant === pair.other) throw new Error('a log is no other log than itself')
    for (;;) {
      try {
        const { receipt, done } = await tryOnce(pair)
        failpoint('after-commit')
        for (const { name, seen: now, appended } of done) {
          seen.set(name, now)
          database.noteApplied(name, { epoch: now.epoch, seq: now.size })
          if (appended) hooks.committed(name)
        }
        return receipt
      } catch (error) {
        if (!(error instanceof EpochMoved)) throw error
      }
    }
  }
}

/** What is refused takes the whole transaction with it. */
function receiptOf({ settled: [end] }: Awaited<ReturnType<typeof attempt>>): Receipt {
  if (end?.end === 'done') return end.receipt
  throw end?.end === 'refused' ? end.problem : new Error('a transaction of one task was full')
}
