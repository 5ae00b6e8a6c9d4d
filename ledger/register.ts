import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lockedFile } from '../core/sqlite-lock.ts'
import { databaseTimeout } from '../lineage/problems.ts'
import { atMost } from '../lineage/until.ts'
import { partsOfOrigin } from './origin.ts'
import { registerBusy, registerMismatch } from './problems.ts'
import { type Epoch, type Known, prepareEpochs } from './register-epochs.ts'

/** What was signed last for an origin. */
export interface Signed {
  size: number
  root: string
}

/**
 * The signing register: what this service has signed, kept outside the database, so that a database
 * set back to yesterday's copy is recognised and nothing is signed twice (docs/specs/log.md).
 *
 * Every method but `close` waits for the file's lock, which processes hold for as long as they decide.
 *
 * @throws {Problem} `REGISTER_BUSY` where the lock is not to be had in time.
 */
export interface Register {
  /** The random id by which the database knows its register; `null` before the first run. */
  id(): Promise<string | null>
  /** Gives the id that the register has, which is `fresh` from now on where it had none. */
  found(fresh: string): Promise<string>
  last(origin: string): Promise<Signed | null>
  /** The same of an origin that may still be signed for. @throws {Problem} As `sign` does, where it may not. */
  lastInForce(origin: string): Promise<Signed | null>
  /**
   * Holds the register's exclusive lock, across processes, while `work` decides; what it returns is
   * appended durably before the lock is released. `null` appends nothing. It has eight seconds, and must
   * do nothing but read: after that the lock is another's, and what it returns is nobody's.
   *
   * @throws {Problem} `DATABASE_TIMEOUT` where that is over. `REGISTER_MISMATCH` where `work` would sign a size again with another root, or
   *   go back: the register itself never lets that in, whatever was decided. So too for an epoch that it
   *   does not know; `LOG_BEHIND_REGISTER` for an origin that an epoch has followed.
   */
  sign<T extends Signed>(
    origin: string,
    work: (last: Signed | null) => Promise<T | null>,
  ): Promise<T | null>
  /** The tenants of a service for whose logs anything was signed, and the origins that restores opened. */
  tenants(service: string): Promise<string[]>
  epochs(service: string, tenant: string): Promise<Epoch[]>
  /**
   * Holds the lock as `sign` does, while `work` opens a new origin for a log; the epoch that it returns
   * is appended durably before the lock is released, and closes the origin before it for good.
   */
  openEpoch<T extends Epoch>(
    of: { service: string; tenant: string },
    work: (known: Known) => Promise<T | null>,
  ): Promise<T | null>
  close(): void
}

/**
 * Opens the register in a SQLite file: its locks are the operating system's, so a killed process
 * leaves none behind, and an append is either whole and on disk or not there.
 *
 * A file that is missing is made, and reads as a register without an id.
 *
 * @param patienceMs How long the lock is waited for.
 */
export function openRegister(path: string, { patienceMs = PATIENCE_MS } = {}): Register {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = new DatabaseSync(path, { timeout: 0 })
  const refusals = {
    busy: registerBusy,
    unreadable: (cause: unknown) => registerMismatch('it cannot be read', cause),
  }
  const lock = lockedFile(file, { patienceMs, refusals })
  let texts: ReturnType<typeof prepare> | undefined

  const locked = <T>(work: (texts: ReturnType<typeof prepare>) => T | Promise<T>): Promise<T> =>
    lock.locked(async () => {
      try {
        texts ??= prepare(file)
        return await work(texts)
      } catch (error) {
        // Tables that were made just now are gone again, and what was prepared for them with them.
        texts = undefined
        throw error
      }
    })

  return {
    id: () => locked(({ id }) => id()),
    found: (fresh) => locked(({ id, setId }) => id() ?? setId(fresh)),
    last: (origin) => locked(({ last }) => last(origin)),
    lastInForce: (origin) =>
      locked(({ last, epochs }) => {
        epochs.requireInForce(origin)
        return last(origin)
      }),
    sign: (origin, work) =>
      locked(async ({ last, append, epochs }) => {
        epochs.requireInForce(origin)
        const decide = { work: () => work(last(origin)), end: () => {} }
        const entry = await atMost(HELD_MS, decide, databaseTimeout)
        if (entry) append(origin, entry)
        return entry
      }),
    tenants: (service) => locked(({ tenants }) => tenants(service)),
    epochs: (service, tenant) => locked(({ epochs }) => epochs.known(service, tenant).epochs),
    openEpoch: ({ service, tenant }, work) =>
      locked(async ({ epochs }) => {
        const epoch = await work(epochs.known(service, tenant))
        if (epoch) epochs.append(epoch)
        return epoch
      }),
    close: () => lock.close(),
  }
}

/** Makes the tables where there are none; asked under the lock. */
function prepare(file: DatabaseSync) {
  file.exec(`CREATE TABLE IF NOT EXISTS register (id TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS signed (
      origin TEXT NOT NULL, size INTEGER NOT NULL, root TEXT NOT NULL, at TEXT NOT NULL,
      PRIMARY KEY (origin, size)) WITHOUT ROWID`)
  const selectId = file.prepare('SELECT id FROM register')
  const insertId = file.prepare('INSERT INTO register (id) VALUES (?)')
  const selectLast = file.prepare(
    'SELECT size, root FROM signed WHERE origin = ? ORDER BY size DESC LIMIT 1',
  )
  const selectOrigins = file.prepare('SELECT DISTINCT origin FROM signed ORDER BY origin')
  const insert = file.prepare('INSERT INTO signed (origin, size, root, at) VALUES (?, ?, ?, ?)')
  const last = (origin: string): Signed | null => {
    const row = selectLast.get(origin) as unknown as Signed | undefined
    return row ? { size: row.size, root: row.root } : null
  }
  return {
    id: () => (selectId.get() as { id: string } | undefined)?.id ?? null,
    setId: (id: string) => {
      insertId.run(id)
      return id
    },
    last,
    tenants: (service: string) => {
      const origins = selectOrigins.all().map(({ origin }) => partsOfOrigin(String(origin)))
      const ours = origins.filter((parts) => parts.service === service)
      return [...new Set(ours.map(({ tenant }) => tenant))]
    },
    epochs: prepareEpochs(file, last),
    append: (origin: string, { size, root }: Signed) => {
      const before = last(origin)
      if (before && before.size === size && before.root === root) return
      if (before && before.size >= size) {
        throw registerMismatch(`it holds ${origin} at ${before.size}, which cannot become ${size}`)
      }
      insert.run(origin, size, root, new Date().toISOString())
    },
  }
}

const PATIENCE_MS = 10_000
/**
 * How long a decision may take: less than others wait for the lock, so that a server whose database says
 * nothing keeps no other from signing.
 */
const HELD_MS = 8_000
