import { failpoint } from '../core/failpoint.ts'
import type { Problem } from '../core/problem.ts'
import type { Database } from '../lineage/graph.ts'
import { attempt, EpochMoved, type Receipt, type Seen, type Settled, type Task } from './attempt.ts'
import type { Batches } from './batches.ts'
import type { Erasing } from './erasures.ts'
import { ledgerBusy, ledgerClosing } from './problems.ts'

/** Commands that one transaction takes at most; the leaves they append are bounded apart. */
const MOST_COMMANDS = 500
/** Commands of one tenant that may wait, and the text of their requests; above it the server sheds early. */
const MOST_WAITING = 5_000
const MOST_WAITING_TEXT = 64_000_000

interface Waiting {
  task: Task
  caller: unknown
  resolve(receipt: Receipt): void
  reject(problem: unknown): void
}

export interface Sequencer {
  /** Carries a command out in the order of arrival, and answers after the commit. */
  submit(task: Task): Promise<Receipt>
  /** How many commands wait for their transaction, or are in it. */
  readonly waiting: number
  /** Resolves when all that was accepted is answered; nothing more is. */
  close(): Promise<void>
}

export interface SequencerHooks {
  erasing: Erasing | null
  /** Runs work as that of no request. */
  ofNobody<T>(work: () => T): T
  batches?: Batches | undefined
  /** Throws where the log may not be written to; says in which epoch it may, or `null` for any. */
  before(): Promise<number | null>
  /** Told that the log is in another epoch than `before` said. */
  moved(): void
  /** Told after a commit that appended leaves. */
  committed(): void
  /** Told when nothing is waiting, and no transaction has found this tenant's log so far. */
  useless(): void
}

/**
 * Sequences the commands of one tenant: those that arrive while a transaction is under way go into
 * the next one together. Where a shared transaction fails for good, its commands are tried one by
 * one, so that one of them cannot take the others down.
 */
export function openSequencer(
  database: Database,
  tenant: string,
  hooks: SequencerHooks,
): Sequencer {
  const graph = database.graph(tenant)
  const queue: Waiting[] = []
  let waitingText = 0
  let unanswered = 0
  let seen: Seen | null = null
  let running: Promise<void> | undefined
  let closing = false

  const tryOnce = async (tasks: readonly Task[]) => {
    const epoch = await hooks.before()
    return graph.write(async (transaction) => {
      const { erasing } = hooks
      const result = await attempt(transaction.run, tenant, tasks, { seen, epoch, erasing })
      failpoint('before-commit')
      return result
    })
  }

  /** A restore may open an epoch at any time: the log is then looked at anew before it is written to. */
  const tryInEpoch = async (tasks: readonly Task[]) => {
    for (;;) {
      try {
        return await tryOnce(tasks)
      } catch (error) {
        if (!(error instanceof EpochMoved)) throw error
        hooks.moved()
      }
    }
  }

  const transact = async (tasks: readonly Task[]) => {
    const done = await tryInEpoch(tasks)
    failpoint('after-commit')
    database.noteApplied(tenant, { epoch: done.seen.epoch, seq: done.seen.size })
    seen = done.seen
    if (done.appended) hooks.committed()
    return done.settled
  }

  const carryOut = (waiting: readonly Waiting[]) => {
    const work = () => transact(waiting.map(({ task }) => task))
    if (!hooks.batches) return work()
    const callers = waiting.map(({ caller }) => caller)
    return hooks.batches.run(callers, work)
  }

  const answer = (waiting: readonly Waiting[], settled: readonly Settled[]) => {
    const later: Waiting[] = []
    for (const [i, end] of settled.entries()) {
      const caller = waiting[i]!
      if (end.end === 'done') caller.resolve(end.receipt)
      else if (end.end === 'refused') caller.reject(end.problem)
      else later.push(caller)
    }
    queue.unshift(...later)
  }

  const oneByOne = async (waiting: readonly Waiting[]) => {
    let slow = 0
    for (const [i, caller] of waiting.entries()) {
      try {
        answer([caller], await carryOut([caller]))
        slow = 0
      } catch (error) {
        slow = isTimeout(error) ? slow + 1 : 0
        // Two timeouts in a row are the database's doing: the others need not wait as long each.
        if (isOutage(error) || slow > 1) return rejectAll(waiting.slice(i), error)
        caller.reject(error)
      }
    }
  }

  const drain = async () => {
    // One turn of the event loop lets the commands that arrive together be taken together.
    await new Promise(setImmediate)
    while (queue.length > 0) {
      const waiting = queue.splice(0, MOST_COMMANDS)
      try {
        answer(waiting, await carryOut(waiting))
      } catch (error) {
        if (waiting.length > 1 && !isOutage(error)) await oneByOne(waiting)
        else rejectAll(waiting, error)
        // It was tried for longer than those have waited: they would only wait for the same again.
        if (isAway(error)) rejectAll(queue.splice(0), error)
      }
    }
  }

  const start = () => {
    running ??= hooks.ofNobody(drain).finally(() => {
      running = undefined
      if (queue.length > 0) start()
      else if (seen === null) hooks.useless()
    })
  }

  return {
    submit: (task) => {
      if (closing) return Promise.reject(ledgerClosing())
      if (queue.length >= MOST_WAITING || waitingText > MOST_WAITING_TEXT) {
        return Promise.reject(ledgerBusy())
      }
      waitingText += task.text
      unanswered += 1
      const answered = new Promise<Receipt>((resolve, reject) => {
        queue.push({ task, caller: hooks.batches?.caller(), resolve, reject })
        start()
      })
      return answered.finally(() => {
        waitingText -= task.text
        unanswered -= 1
      })
    },
    get waiting() {
      return unanswered
    },
    async close() {
      closing = true
      while (running) await running
    },
  }
}

function rejectAll(waiting: readonly Waiting[], error: unknown) {
  for (const caller of waiting) caller.reject(error)
}

/** What fails every command alike, so that trying them one by one would only take longer. */
const OUTAGES: readonly unknown[] = [
  'DATABASE_UNAVAILABLE',
  'LOG_BEHIND_REGISTER',
  'REGISTER_BUSY',
  'REGISTER_MISMATCH',
  'TENANT_UNKNOWN',
]

const codeOf = (error: unknown) => (error as Partial<Problem> | null)?.code
const isOutage = (error: unknown) => OUTAGES.includes(codeOf(error))
const isAway = (error: unknown) => codeOf(error) === 'DATABASE_UNAVAILABLE'
const isTimeout = (error: unknown) => codeOf(error) === 'DATABASE_TIMEOUT'
