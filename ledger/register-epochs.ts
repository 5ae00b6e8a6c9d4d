import type { DatabaseSync } from 'node:sqlite'
import { partsOfOrigin } from './origin.ts'
import { logBehindRegister, registerMismatch } from './problems.ts'
import type { Signed } from './register.ts'

/** An origin that a restore opened, and where it parts from an earlier one (docs/specs/log.md, "After a restore"). */
export interface Epoch {
  origin: string
  /** The last origin before it for which something was signed. */
  prevOrigin: string
  /** How many leaves both have in common. */
  keptSize: number
}

/** What the register knows of one log, under all the origins that it has had. */
export interface Known {
  /** The origins that restores opened, in their order; the last is the only one in force. */
  epochs: Epoch[]
  last(origin: string): Signed | null
  /** Every size that was signed for an origin, with its root, ascending. */
  signed(origin: string): Signed[]
}

/** Makes the table of epochs where there is none, and gives what is asked of it; called under the lock. */
export function prepareEpochs(file: DatabaseSync, last: (origin: string) => Signed | null) {
  file.exec(`CREATE TABLE IF NOT EXISTS epoch (
    service TEXT NOT NULL, tenant TEXT NOT NULL, number INTEGER NOT NULL,
    origin TEXT NOT NULL UNIQUE, prev_origin TEXT NOT NULL, kept_size INTEGER NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (service, tenant, number)) WITHOUT ROWID`)
  const selectEpochs = file.prepare(
    `SELECT origin, prev_origin AS prevOrigin, kept_size AS keptSize FROM epoch
    WHERE service = ? AND tenant = ? ORDER BY number`,
  )
  const selectSigned = file.prepare('SELECT size, root FROM signed WHERE origin = ? ORDER BY size')
  const insert = file.prepare('INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?)')
  const epochsOf = (service: string, tenant: string) =>
    selectEpochs.all(service, tenant).map((row) => ({ ...row })) as unknown as Epoch[]

  return {
    /** @throws {Problem} Where the origin is one of the past, or one that no restore has opened here. */
    requireInForce(origin: string) {
      const { service, tenant, epoch } = partsOfOrigin(origin)
      const epochs = epochsOf(service, tenant)
      if (epoch > 0 && !epochs.some((known) => known.origin === origin)) {
        throw registerMismatch(`it does not know ${origin}, which a restore opened`)
      }
      const inForce = epochs.at(-1)?.origin ?? origin
      if (inForce !== origin) throw logBehindRegister({ origin, closedBy: inForce })
    },
    known: (service: string, tenant: string): Known => ({
      epochs: epochsOf(service, tenant),
      last,
      signed: (origin) =>
        selectSigned.all(origin).map((row) => ({ ...row })) as unknown as Signed[],
    }),
    append({ origin, prevOrigin, keptSize }: Epoch) {
      const { service, tenant, epoch } = partsOfOrigin(origin)
      const at = new Date().toISOString()
      insert.run(service, tenant, epoch, origin, prevOrigin, keptSize, at)
    },
  }
}
