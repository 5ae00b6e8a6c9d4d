import { forgetCommands, tenantsWithCommands } from '../lineage/commands.ts'
import { type Database, SERVICE } from '../lineage/graph.ts'
import { lockLog } from '../lineage/log.ts'
import { forgetOldPages } from './forget-pages.ts'

/** A repeated key gets its first answer for at least this long; 24 hours are promised. */
const KEPT_MS = 48 * 3_600_000
const EVERY_MS = 3_600_000
/** How often tenants that nobody writes to are looked through; a server may not run for long. */
const LOOK_MS = 600_000

/**
 * Lets go of commands that nobody will repeat any more, and of pages that only old states have, so
 * that they do not outgrow the log.
 */
export interface Forgetting {
  /** Told of every commit; acts at most once an hour for each tenant. */
  committed(tenant: string): void
  close(): Promise<void>
}

export function openForgetting(
  database: Database,
  {
    now = Date.now,
    lookMs = LOOK_MS,
    onError,
  }: { now?: () => number; lookMs?: number; onError(error: unknown): void },
): Forgetting {
  const last = new Map<string, number>()
  const running = new Set<Promise<unknown>>()
  const closing = false

  const track = (work: Promise<unknown>) => {
    const settled = work.catch(onError)
    running.add(settled)
    return settled.finally(() => running.delete(settled))
  }

  /** What nobody writes to any more has commands too, and a request may have been about somebody. */
  const look = async () => {
    const before = new Date(now() - KEPT_MS).toISOString()
    for (const tenant of await tenantsWithCommands(database.graph(SERVICE).read, before)) {
      if (closing) return
      await forgetOld(database, tenant, now())
    }
  }
  let looking = false
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void track(look()).finally(() => {
      looking = false
    })
  }, lookMs)
  timer.unref()

  return {
    committed(tenant) {
      const before = last.get(tenant)
      if (before !== undefined && now() - before < EVERY_MS) return
      last.set(tenant, now())
      // Not at the first commit: a start is busy enough.
      if (before === undefined) return
      const work = forgetOld(database, tenant, now())
        .then(() => forgetOldPages(database, tenant, now()))
        .catch(onError)
      running.add(work)
      void work.finally(() => running.delete(work))
    },
    close: async () => {
      await Promise.all(running)
    },
  }
}

/** Under the log's lock, as everything that writes; a full page says that there may be more. */
async function forgetOld(database: Database, tenant: string, now: number) {
  const before = new Date(now - KEPT_MS).toISOString()
  const page = () =>
    database.graph(tenant).write(async ({ run }) => {
      await lockLog(run)
      return forgetCommands(run, before)
    })
  while ((await page()) > 0);
}
