import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Batch } from './batch.ts'
import type { Because, Ground } from './draft.ts'

/** What must be known of an erasure to carry it out again in a database that was restored. */
export interface Journalled {
  /** The id of the `Erasure` that states the ground: one entry each. */
  erasure: string
  tenant: string
  /** The entity whose bodies are erased, or `null` where an actor is. */
  entity: string | null
  /** The pseudonym that shall stand for nobody any more. */
  actor: string | null
  /** The roots of the bodies erased: they stay the same where positions do not. */
  bodies: readonly string[]
  /** The hashes of files that are to go with them. */
  files: readonly string[]
  ground: Ground
  reason: string
  at: string
}

/** An entry, and whether everything that it asks for is known to have been done once. */
export interface Entry extends Journalled {
  applied: boolean
}

/**
 * The journal of erasures: what was erased, kept outside the database, so that a backup from before
 * does not bring it back (docs/runbooks/erasure.md). It holds ids, hashes and grounds, and nothing of
 * what was erased.
 */
export interface ErasureJournal {
  /** Notes erasures durably, before they can be committed; noting one again adds to it. */
  begin(erasures: readonly Journalled[]): Promise<void>
  /** Notes that an erasure is carried out to the end, files included. */
  applied(erasure: string): Promise<void>
  /** Every entry of a tenant, the oldest first. */
  of(tenant: string): Promise<Entry[]>
  tenants(): Promise<string[]>
  close(): void
}

/** Where a server keeps account of erasures, and how long one is pending. */
export interface Erasing {
  journal: ErasureJournal
  pendingMs: number
}

/** What the journal must know of the erasures of a transaction, each by the entity that states its ground. */
export const journalEntries = (
  tenant: string,
  { at, erased, actors }: Pick<Batch, 'at' | 'erased' | 'actors'>,
): Journalled[] => [
  ...erased.map(({ because, entity, bodies, files }) => {
    return { ...journalled(tenant, at, because), entity, actor: null, bodies, files }
  }),
  ...actors.map(({ because, actor }) => {
    return { ...journalled(tenant, at, because), entity: null, actor, bodies: [], files: [] }
  }),
]

const journalled = (tenant: string, at: string, { id, ground, reason }: Because) => ({
  erasure: id,
  tenant,
  at,
  ground,
  reason,
})

/** Another process writes for milliseconds at a time; the file is asked for a handful of rows. */
const PATIENCE_MS = 5_000

/** Opens the journal in a SQLite file beside the signing register, and makes it where there is none. */
export function openErasureJournal(path: string): ErasureJournal {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = new DatabaseSync(path, { timeout: PATIENCE_MS })
  file.exec(`PRAGMA synchronous = EXTRA;
    CREATE TABLE IF NOT EXISTS erasures (
      erasure TEXT PRIMARY KEY, tenant TEXT NOT NULL, entity TEXT, actor TEXT, bodies TEXT NOT NULL,
      files TEXT NOT NULL, ground TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
      applied INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS erasures_of_tenant ON erasures (tenant, at)`)
  const insert = file.prepare(
    `INSERT OR REPLACE INTO erasures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
  )
  const select = file.prepare('SELECT * FROM erasures WHERE erasure = ?')
  const setApplied = file.prepare('UPDATE erasures SET applied = 1 WHERE erasure = ?')
  const ofTenant = file.prepare('SELECT * FROM erasures WHERE tenant = ? ORDER BY at, erasure')
  const allTenants = file.prepare('SELECT DISTINCT tenant FROM erasures ORDER BY tenant')
  return {
    async begin(erasures) {
      file.exec('BEGIN IMMEDIATE')
      try {
        for (const one of erasures) {
          const { erasure, tenant, entity, actor, ground, reason, at } = one
          const before = select.get(erasure) as unknown as Row | undefined
          const known = before ? entryOf(before) : { bodies: [], files: [] }
          const lists = [
            JSON.stringify([...new Set([...known.bodies, ...one.bodies])]),
            JSON.stringify([...new Set([...known.files, ...one.files])]),
          ]
          insert.run(erasure, tenant, entity, actor, ...lists, ground, reason, at)
        }
        file.exec('COMMIT')
      } catch (error) {
        if (file.isTransaction) file.exec('ROLLBACK')
        throw error
      }
    },
    async applied(erasure) {
      setApplied.run(erasure)
    },
    of: async (tenant) => (ofTenant.all(tenant) as unknown as Row[]).map(entryOf),
    tenants: async () => (allTenants.all() as { tenant: string }[]).map(({ tenant }) => tenant),
    close: () => file.close(),
  }
}

type Row = Omit<Entry, 'bodies' | 'files' | 'applied'> & {
  bodies: string
  files: string
  applied: number
}

const entryOf = ({ bodies, files, applied, ...row }: Row): Entry => ({
  ...row,
  bodies: JSON.parse(bodies) as string[],
  files: JSON.parse(files) as string[],
  applied: applied === 1,
})
