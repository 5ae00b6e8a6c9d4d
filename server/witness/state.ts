import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { lockedFile } from '../../core/sqlite-lock.ts'
import { stateBusy, stateUnreadable } from './problems.ts'

/** What a witness cosigned last of one log. */
export interface Cosigned {
  size: number
  /** The root, base64url. */
  root: string
  /** When, in seconds: it never falls, whatever the clock does. */
  time: number
  /** The checkpoint with the log's signature and the witness's. */
  note: string
}

/** What a witness remembers, for ever and whatever happens to it: losing it would let a log fork. */
export interface WitnessState {
  /** Who the witness is; `null` before it has a key. */
  identity(): Promise<Identity | null>
  /** Says who the witness is, where nobody did before; of several at once the first is kept. */
  identify(identity: Identity): Promise<Identity>
  last(origin: string): Promise<Cosigned | null>
  /** The last of every log, by the hexadecimal SHA-256 of its origin. */
  find(originHash: string): Promise<Cosigned | null>
  /**
   * Lets `decide` see what was cosigned last, and keeps what it returns before anybody else decides:
   * nothing is cosigned on the strength of what has changed meanwhile. On disk when this resolves.
   */
  decide<Decision extends { cosign: Cosigned | null }>(
    log: { origin: string; originHash: string },
    decide: (last: Cosigned | null) => Decision,
  ): Promise<Decision>
  close(): void
}

const PATIENCE_MS = 5_000

/**
 * Opens the state in a SQLite file, making it where it is not there. Several processes may share it.
 *
 * @throws {Problem} From every method: `WITNESS_STATE_BUSY`, `WITNESS_STATE_LOST`.
 */
export function openWitnessState(path: string, { patienceMs = PATIENCE_MS } = {}): WitnessState {
  const file = new DatabaseSync(path, { timeout: 0 })
  const inode = inodeOf(path)
  const lock = lockedFile(file, {
    patienceMs,
    refusals: {
      busy: (cause) => stateBusy(path, cause),
      unreadable: (cause) => stateUnreadable(path, cause),
    },
  })
  const locked = <T>(work: () => T) =>
    lock.locked(() => {
      // A file that is moved or replaced while it is open would be written to, and be lost at the end.
      if (inodeOf(path) !== inode) throw stateUnreadable(path, new Error('it was replaced'))
      file.exec(TABLES)
      return work()
    })
  const one = (text: string, ...values: string[]) => file.prepare(text).get(...values)
  const identity = () => (one('SELECT name, vkey FROM witness') ?? null) as Identity | null
  const last = (origin: string) =>
    (one('SELECT size, root, time, note FROM cosigned WHERE origin = ?', origin) ??
      null) as Cosigned | null
  return {
    identity: () => locked(identity),
    identify: ({ name, vkey }) =>
      locked(() => {
        file
          .prepare('INSERT OR IGNORE INTO witness (one, name, vkey) VALUES (1, ?, ?)')
          .run(name, vkey)
        return identity()!
      }),
    last: (origin) => locked(() => last(origin)),
    find: (originHash) =>
      locked(
        () =>
          (one('SELECT size, root, time, note FROM cosigned WHERE hash = ?', originHash) ??
            null) as Cosigned | null,
      ),
    decide: ({ origin, originHash }, decide) =>
      locked(() => {
        const decision = decide(last(origin))
        if (decision.cosign) {
          const { size, root, time, note } = decision.cosign
          file.prepare(KEEP).run(origin, originHash, size, root, time, note)
        }
        return decision
      }),
    close: () => lock.close(),
  }
}

const inodeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino

type Identity = { name: string; vkey: string }

const TABLES = `CREATE TABLE IF NOT EXISTS witness (
    one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, vkey TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, root TEXT NOT NULL,
    time INTEGER NOT NULL, note TEXT NOT NULL) WITHOUT ROWID`

/** The file itself never lets a size fall, or a root change under its size, whatever was decided. */
const KEEP = `INSERT INTO cosigned (origin, hash, size, root, time, note) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (origin) DO UPDATE SET
    size = CASE WHEN excluded.size > size OR (excluded.size = size AND excluded.root = root)
      THEN excluded.size END,
    root = excluded.root, time = excluded.time, note = excluded.note`
