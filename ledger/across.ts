import { failpoint } from '../core/failpoint.ts'
import { Problem } from '../core/problem.ts'
import type { Database, Transaction } from '../lineage/graph.ts'
import { lockLog } from '../lineage/log.ts'
import { attempt, EpochMoved, type Receipt, type Seen, type Task } from './attempt.ts'
import { otherLogClosed, tenantUnknown } from './problems.ts'

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
 * such transactions never wait for each other (docs/specs/log.md, "Writing"). What is wrong with the
 * other's log is told to nobody whose command is refused in any case: whoever asks whether there is such
 * a tenant leaves a record where there is.
 */
export function openAcross(database: Database, hooks: AcrossHooks) {
  const seen = new Map<string, Seen>()

  const tryOnce = async ({ tenant, task, other, mirror }: Pair) => {
    const order = [tenant, other].sort()
    const epochs = new Map<string, number | null>()
    let refused: unknown
    for (const name of order) {
      try {
        epochs.set(name, await hooks.before(name))
      } catch (error) {
        if (name === tenant || !(error instanceof Problem)) throw error
        refused = tellOfOther(error)
      }
    }
    const tryIn = (of: (name: string) => Transaction) => async (name: string, one: Task) => {
      const expected = { seen: seen.get(name) ?? null, epoch: epochs.get(name)!, erasing: null }
      return attempt(of(name).run, name, [one], expected).catch((error: unknown) => {
        if (error instanceof EpochMoved) hooks.moved(name)
        throw error
      })
    }
    return database.writeAcross(order, async (of) => {
      for (const name of order) {
        if (await lockLog(of(name).run)) continue
        if (name === tenant) throw tenantUnknown(name)
        refused ??= tenantUnknown(name)
      }
      const run = tryIn(of)
      const first = await run(tenant, task)
      const receipt = receiptOf(first)
      if (receipt.replayed) return { receipt, done: [{ name: tenant, ...first }] }
      if (refused) throw refused
      const second = await run(other, mirror).catch((error: unknown) => {
        throw tellOfOther(error)
      })
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

/** The details of another tenant's log are not for who writes to it. */
const tellOfOther = (error: unknown) =>
  (error as Partial<Problem>).code === 'LOG_BEHIND_REGISTER' ? otherLogClosed(error) : error

/** What is refused takes the whole transaction with it. */
function receiptOf({ settled: [end] }: Awaited<ReturnType<typeof attempt>>): Receipt {
  if (end?.end === 'done') return end.receipt
  throw end?.end === 'refused' ? end.problem : new Error('a transaction of one task was full')
}
