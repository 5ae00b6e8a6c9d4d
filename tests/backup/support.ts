import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openArchive } from '../../domains/backup/archive-reader.ts'
import { type AuditOptions, auditArchive } from '../../domains/backup/audit-archive.ts'
import type { Line } from '../../domains/backup/lines.ts'
import { RestoreTenant } from '../../domains/backup/restore-tenant.ts'
import { type BackupOptions, writeArchive } from '../../domains/backup/write-archive.ts'
import { timeByBody } from '../../domains/openlineage/run-times.ts'
import { heldKey } from '../../ledger/log-keys.ts'
import { readLog } from '../../lineage/log.ts'
import type { testLedger } from '../setup/ledger.ts'

export const PASSPHRASE = 'correct horse battery staple'

/** A folder of this file's, and a file with the passphrase in it. */
export function backupFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-backup-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const passphraseFile = join(folder, 'passphrase')
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`)
  let made = 0
  return { folder, passphraseFile, fresh: () => join(folder, `${++made}.backup`) }
}

/** Backs up tenants of the test database, and reads what was written. */
export function backing({
  database,
  ledger,
  keys,
}: Pick<Awaited<ReturnType<typeof testLedger>>, 'database' | 'ledger' | 'keys'>) {
  const before = async (tenant: string) => {
    const head = await readLog(database.graph(tenant).read)
    await ledger.checkpointOf(tenant, head!.written)
  }
  return {
    backUp: (path: string, tenants: readonly string[], options: Partial<BackupOptions> = {}) =>
      writeArchive({
        ...{ database, path, passphrase: PASSPHRASE, tenants, before, logN: 10 },
        keyFor: ({ manifest }) => heldKey(keys, manifest.at(-1)!),
        ...options,
      }),
    async audit(path: string, options?: AuditOptions) {
      const archive = await openArchive(path, PASSPHRASE)
      try {
        return auditArchive(archive, options)
      } finally {
        archive.close()
      }
    },
    /** Writes the tenants of an archive into the database, which has nothing of them; stops where it is told to. */
    async bringBack(path: string, stop: (line: Line) => boolean = () => false) {
      const archive = await openArchive(path, PASSPHRASE)
      let tenant: RestoreTenant | undefined
      try {
        for (const text of archive.lines()) {
          const line = JSON.parse(text) as Line
          if (stop(line)) return
          if (line.is === 'log') {
            tenant = new RestoreTenant(database.graph(line.tenant), line, timeByBody)
            await tenant.begin()
          } else if (line.is !== 'backup' && line.is !== 'manifest') await tenant!.accept(line)
        }
      } finally {
        archive.close()
      }
    },
    async linesOf(path: string): Promise<Line[]> {
      const archive = await openArchive(path, PASSPHRASE)
      try {
        return [...archive.lines()].map((text) => JSON.parse(text) as Line)
      } finally {
        archive.close()
      }
    },
  }
}
