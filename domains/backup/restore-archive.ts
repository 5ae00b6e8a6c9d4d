import { type Database, SERVICE } from '../../lineage/graph.ts'
import type { Archive } from './archive-reader.ts'
import { beginService, endService, isEmpty, restoringOf } from './fill.ts'
import type { Line, OpeningLine } from './lines.ts'
import { notEmpty } from './problems.ts'
import type { TimeOf } from './rebuild.ts'
import { RestoreTenant } from './restore-tenant.ts'

export interface RestoreOptions {
  database: Database
  archive: Archive
  timeOf: TimeOf
  onProgress?(progress: { tenant: string; done: number; of: number }): void
}

/**
 * Writes everything that an archive holds into an empty database. It may be killed at any point, and
 * called again for the same archive: it goes on from there. Until `finishRestore` no server writes to
 * the database.
 *
 * @throws {Problem} `RESTORE_DATABASE_NOT_EMPTY`, `RESTORE_LOG_MOVED`; `BACKUP_UNSOUND` where what it
 *   holds does not give the state that the log says.
 */
export async function restoreArchive({
  database,
  archive,
  timeOf,
  onProgress = () => {},
}: RestoreOptions): Promise<void> {
  let tenant: RestoreTenant | null = null
  let [name, of, done] = ['', 0, 0]
  for (const text of archive.lines()) {
    const line = JSON.parse(text) as Line
    if (line.is === 'backup') await begin(database, line, archive.id)
    else if (line.is === 'log') {
      tenant = new RestoreTenant(database.graph(line.tenant), line, timeOf)
      await tenant.begin()
      ;[name, of, done] = [line.tenant, line.size, 0]
    } else if (line.is !== 'manifest') {
      await tenant!.accept(line)
      if (line.is === 'leaf' && ++done % 500 === 0) onProgress({ tenant: name, done, of })
    }
  }
}

function begin(database: Database, opening: OpeningLine, archive: string) {
  return database.graph(SERVICE).write(async ({ run }) => {
    const restoring = await restoringOf(run)
    if (restoring === archive) return
    if (restoring) throw notEmpty('another backup is half restored into it')
    if (restoring === null) throw notEmpty('it is that of a service')
    if (!(await isEmpty(run))) throw notEmpty('something else is in it')
    await beginService(run, opening, archive)
  })
}

/** Says that everything is restored and looked at: from here on servers may write. */
export const finishRestore = (database: Database) =>
  database.graph(SERVICE).write(({ run }) => endService(run))
