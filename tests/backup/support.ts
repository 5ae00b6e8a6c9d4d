import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openArchive } from '../../domains/backup/archive-reader.ts'
import { openArchiveWriter } from '../../domains/backup/archive-writer.ts'
import { type AuditOptions, auditArchive } from '../../domains/backup/audit-archive.ts'
import { Fold } from '../../domains/backup/fold.ts'
import type { Line, ManifestLine } from '../../domains/backup/lines.ts'
import { manifestKey } from '../../domains/backup/manifest-key.ts'
import { RestoreTenant } from '../../domains/backup/restore-tenant.ts'
import {
  type BackupOptions,
  manifestMessage,
  writeArchive,
} from '../../domains/backup/write-archive.ts'
import { timeByBody } from '../../domains/openlineage/run-times.ts'
import { readLog } from '../../lineage/log.ts'
import { b64 } from '../../proofs/base64.ts'
import { makeKey } from '../make/keys.ts'
import { offTheList, type testLedger } from '../setup/ledger.ts'

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

/**
 * Writes an archive of these lines as somebody can who has the passphrase: the manifest fits the lines,
 * and is signed by a key of his own that the opening lists first.
 */
export async function forge(path: string, lines: readonly Line[]): Promise<void> {
  const { kid, x, sign } = makeKey('of whoever has the passphrase')
  const writer = await openArchiveWriter(path, PASSPHRASE, { logN: 10 })
  const fold = new Fold()
  for (const line of lines.slice(0, -1)) {
    const forged = line.is === 'backup' ? { ...line, manifest: [kid, ...line.manifest] } : line
    const text = JSON.stringify(forged)
    writer.line(text)
    fold.accept(text, forged)
  }
  const { manifest: signed } = lines.at(-1) as ManifestLine
  const manifest = { ...signed, id: writer.id, digest: fold.digest(), tenants: fold.done }
  const signature = b64(sign(manifestMessage(manifest)))
  writer.finish(JSON.stringify({ is: 'manifest', manifest, kid, x, signature } satisfies Line))
  writer.close()
}

/** The lines of a finished archive. */
export async function linesIn(path: string): Promise<Line[]> {
  const archive = await openArchive(path, PASSPHRASE)
  try {
    return [...archive.lines()].map((text) => JSON.parse(text) as Line)
  } finally {
    archive.close()
  }
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
        ...{ database, path, passphrase: PASSPHRASE, tenants, before, logN: 10, objects: null },
        keyFor: (kids) => manifestKey(keys, kids, path),
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
            // A server of another file would sign what is listed, and move the log under the restore.
            const graph = offTheList(database.graph(line.tenant))
            tenant = new RestoreTenant(graph, line, timeByBody)
            await tenant.begin()
          } else if (line.is !== 'backup' && line.is !== 'manifest') await tenant!.accept(line)
        }
      } finally {
        archive.close()
      }
    },
    linesOf: linesIn,
  }
}
