import { type Database, SERVICE } from '../lineage/graph.ts'
import { unsignedTenants } from '../lineage/tenants.ts'
import { type SignedCheckpoint, signLog } from './checkpointer.ts'
import type { SigningKey } from './keys.ts'
import { ledgerClosing } from './problems.ts'
import type { Register } from './register.ts'

/** A checkpoint is signed this long after a commit, so that a burst of commits shares one. */
const SIGN_AFTER_MS = 150
/** How often logs are looked through for leaves that a lost server left unsigned. */
const SWEEP_MS = 2_000

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
  key: SigningKey
  /** Told when a log could not be signed: it may not be the one that was signed before. */
  onRefused(tenant: string): void
  /** Told what fails in the background, each failure of a tenant once until it signs again. */
  onError(error: unknown): void
}

export function openSigner(options: SignerOptions): Signer {
  const { database, register, key, onRefused, onError } = options
  const due = new Map<string, ReturnType<typeof setTimeout>>()
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
    settled.finally(() => running.delete(settled))
    return work
  }

  const now = (tenant: string): Promise<SignedCheckpoint> => {
    if (closed) return Promise.reject(ledgerClosing())
    const signing = signLog(database, tenant, { register, key })
    return track(
      signing.then(
        (checkpoint) => {
          told.delete(tenant)
          return checkpoint
        },
        (error: unknown) => {
          onRefused(tenant)
          throw error
        },
      ),
    )
  }

  const inBackground = (tenant: string) =>
    now(tenant).catch((error: unknown) => {
      // A log that stays refused is looked at by every sweep; it need not fill the log file.
      const code = (error as { code?: unknown }).code ?? error
      if (told.get(tenant) === code) return
      told.set(tenant, code)
      onError(error)
    })

  const soon = (tenant: string) => {
    if (closed || due.has(tenant)) return
    const timer = setTimeout(() => {
      due.delete(tenant)
      void inBackground(tenant)
    }, SIGN_AFTER_MS)
    due.set(tenant, timer)
  }

  const sweep = setInterval(() => {
    const looking = unsignedTenants(database.graph(SERVICE).read)
    track(looking).then((tenants) => {
      if (!closing) tenants.forEach(soon)
    }, onError)
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
      for (const [tenant, timer] of due) {
        clearTimeout(timer)
        void inBackground(tenant)
      }
      due.clear()
      await settle()
      closed = true
    },
  }
}
