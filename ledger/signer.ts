import { type Database, SERVICE } from '../lineage/graph.ts'
import { grownTenants, unsignedTenants } from '../lineage/tenants.ts'
import { type SignedCheckpoint, signLog } from './checkpointer.ts'
import type { Keys } from './keys.ts'
import { ledgerClosing } from './problems.ts'
import type { Register } from './register.ts'

/** A checkpoint is signed this long after a commit, so that a burst of commits shares one. */
const SIGN_AFTER_MS = 150
/** How often logs are looked through for leaves that a lost server left unsigned. */
const SWEEP_MS = 600
/** Every so many times all logs are looked at, the first time too: an earlier release noted less. */
const WHOLE_SWEEP = 100

/**
 * How many logs are signed at once in the background. After an upgrade or an outage thousands are due
 * together, and would leave no connection to those who ask for something.
 */
const AT_ONCE = 8

/** Under what the failures of the sweep itself are told apart from those of a tenant. */
const SWEEP = ''

/** Signs the logs of all tenants, in the background and on demand. */
export interface Signer {
  /** Signs within a moment, together with what is committed until then. */
  soon(tenant: string): void
  now(tenant: string): Promise<SignedCheckpoint>
  /** Signs what is due, and signs nothing more. */
  close(): Promise<void>
}

export interface SignerOptions {
  database: Database
  register: Register
  keys: Keys
  /** Told of every checkpoint that is published. */
  onSigned(tenant: string): void
  /** Whether to sign what grows, and what others left unsigned, without being asked. */
  background: boolean
  /** Told when a log could not be signed: it may not be the one that was signed before. */
  onRefused(tenant: string): void
  /** Told what fails in the background, each failure of a tenant once until it signs again. */
  onError(error: unknown): void
}

export function openSigner(options: SignerOptions): Signer {
  const { database, register, keys, background, onRefused, onSigned, onError } = options
  /** What waits to be signed, or is being signed (`null`). */
  const due = new Map<string, ReturnType<typeof setTimeout> | null>()
  /** What has grown while it was being signed. */
  const again = new Set<string>()
  const running = new Set<Promise<unknown>>()
  const told = new Map<string, unknown>()
  let closing = false
  let closed = false

  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled = work.then(
      () => {},
      () => {},
    )
    running.add(settled)
    void settled.finally(() => running.delete(settled))
    return work
  }

  const now = (tenant: string): Promise<SignedCheckpoint> => {
    if (closed) return Promise.reject(ledgerClosing())
    const signing = signLog(database, tenant, { register, keys })
    return track(
      signing.then(
        (checkpoint) => {
          told.delete(tenant)
          onSigned(tenant)
          return checkpoint
        },
        (error: unknown) => {
          onRefused(tenant)
          throw error
        },
      ),
    )
  }

  /** What stays refused is met by every sweep; it need not fill the log file. */
  const tell = (about: string, error: unknown) => {
    const code = (error as { code?: unknown }).code ?? error
    if (told.get(about) === code) return
    told.set(about, code)
    onError(error)
  }

  const inTurn = openTurns(AT_ONCE)

  const inBackground = (tenant: string) =>
    inTurn(() => {
      again.delete(tenant)
      return now(tenant)
    }).catch((error: unknown) => {
      tell(tenant, error)
    })

  const signDue = (tenant: string) => {
    due.set(tenant, null)
    const signing = inBackground(tenant).then(() => {
      due.delete(tenant)
      if (again.delete(tenant)) soon(tenant)
    })
    return track(signing)
  }

  /** Never more than one at a time for a log: where signing is slow, its queue must not grow. */
  const soon = (tenant: string) => {
    if (closed || !background) return
    if (due.get(tenant) === null) again.add(tenant)
    if (due.has(tenant)) return
    due.set(
      tenant,
      setTimeout(() => void signDue(tenant), SIGN_AFTER_MS),
    )
  }

  let sweeping = false
  let sweeps = 0
  const sweep = setInterval(() => {
    if (sweeping || !background) return
    sweeping = true
    const look = sweeps % WHOLE_SWEEP === 0 ? unsignedTenants : grownTenants
    const looking = look(database.graph(SERVICE).read)
    track(looking)
      .then((tenants) => {
        sweeps += 1
        told.delete(SWEEP)
        if (!closing) tenants.forEach(soon)
      })
      .catch((error: unknown) => tell(SWEEP, error))
      .finally(() => {
        sweeping = false
      })
  }, SWEEP_MS)
  sweep.unref()

  const settle = async () => {
    while (running.size > 0) await Promise.all(running)
  }

  return {
    soon,
    now,
    async close() {
      closing = true
      clearInterval(sweep)
      await settle()
      while (due.size > 0) {
        const waiting = [...due].filter(([, timer]) => timer !== null)
        for (const [, timer] of waiting) clearTimeout(timer!)
        await Promise.all(waiting.map(([tenant]) => signDue(tenant)))
        await settle()
      }
      closed = true
    },
  }
}

/** Does so many pieces of work at once, and the others in their turn. */
function openTurns(most: number) {
  const waiting: (() => void)[] = []
  let free = most
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
