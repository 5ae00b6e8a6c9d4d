import type { Objects } from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'
import type { SigningKey } from '../../ledger/keys.ts'
import { restoreUnfinished } from '../../ledger/problems.ts'
import { type Database, SERVICE } from '../../lineage/graph.ts'
import { readService, type ServiceRow } from '../../lineage/service.ts'
import { allTenants } from '../../lineage/tenants.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { type ArchiveWriter, openArchiveWriter } from './archive-writer.ts'
import { Fold } from './fold.ts'
import type { Line, Manifest, OpeningLine } from './lines.ts'
import { nothingToBackUp, otherBackup } from './problems.ts'
import { logLine, tenantLines } from './read-tenant.ts'
import { VERSION } from './seal.ts'

/** What is being held now. */
export interface BackupProgress {
  tenant: string
  done: number
  of: number
}

export interface BackupOptions {
  database: Database
  path: string
  passphrase: string
  /** Where the files are that records lead to; `null` to leave them out, which the manifest says. */
  objects: Objects | null
  /** Only these; `null` for all that there are when their turn comes. */
  tenants: readonly string[] | null
  /**
   * The key that signs the manifest, of those that the archive lists: others may have come since it was
   * begun, and none of them would be believed.
   */
  keyFor(kids: readonly string[]): Promise<SigningKey>
  /** Told before a tenant is begun: its log may be signed up to now. */
  before?(tenant: string): Promise<unknown>
  onProgress?(progress: BackupProgress): void
  /** Tests only: a cheaper passphrase. */
  logN?: number
}

/**
 * Writes a backup of the database, tenant after tenant, each as it is at a checkpoint. It runs beside
 * servers that write. Where an earlier call was stopped at the same path it goes on from there, with
 * the same checkpoint for the tenant that it was at.
 *
 * @throws {Problem} `BACKUP_DATABASE_EMPTY`, `BACKUP_OF_ANOTHER`, `BACKUP_UNSIGNED`,
 *   `BACKUP_LOG_DIFFERS`, `BACKUP_KEYS_GONE`, `RESTORE_UNFINISHED`; as `openArchiveWriter`; what the store of
 *   files refuses.
 */
export async function writeArchive(options: BackupOptions): Promise<Manifest> {
  const { database, path, passphrase, logN } = options
  const service = await readService(database.graph(SERVICE).read)
  if (!service) throw nothingToBackUp()
  if (service.restoring !== null) throw restoreUnfinished()
  const fold = new Fold()
  let manifest: Manifest | undefined
  const file = await openArchiveWriter(path, passphrase, {
    logN,
    onLine: (text) => {
      const line = JSON.parse(text) as Line
      fold.accept(text, line)
      if (line.is === 'manifest') manifest = line.manifest
    },
  })
  try {
    return manifest ?? (await write({ ...options, service, fold, file }))
  } finally {
    file.close()
  }
}

type Writing = BackupOptions & { service: ServiceRow; fold: Fold; file: ArchiveWriter }

async function write(writing: Writing): Promise<Manifest> {
  const { database, fold, file, service, keyFor } = writing
  const put = (line: Line) => {
    const text = JSON.stringify(line)
    file.line(text)
    fold.accept(text, line)
  }
  if (fold.opening) requireSame(writing, fold.opening)
  else put(openingLine(writing))
  // Before anything is read: what nobody can sign is not worth the wait.
  const key = await keyFor(fold.opening!.manifest)
  const done = new Set(fold.done.map(({ tenant }) => tenant))
  const current = fold.tenant?.log.tenant
  if (current !== undefined) await writeTenant(writing, current, put)
  for await (const tenant of tenantsOf(writing)) {
    if (tenant === current || done.has(tenant)) continue
    await writing.before?.(tenant)
    put(await logLine(database.graph(tenant)))
    // From here on the checkpoint of this tenant is fixed, whoever goes on.
    file.flush()
    await writeTenant(writing, tenant, put)
  }
  const manifest: Manifest = {
    v: VERSION,
    id: file.id,
    service: service.name,
    at: new Date().toISOString(),
    digest: fold.digest(),
    files: fold.opening!.files,
    tenants: fold.done,
  }
  const [kid, x] = [kidOf(sha256, key.publicKey), b64(key.publicKey)]
  const signature = b64(await key.sign(manifestMessage(manifest)))
  file.finish(JSON.stringify({ is: 'manifest', manifest, kid, x, signature } satisfies Line))
  return manifest
}

async function writeTenant(
  { database, objects, fold, onProgress }: Writing,
  tenant: string,
  put: (line: Line) => void,
) {
  const { counts, log } = fold.tenant!
  for await (const line of tenantLines(database.graph(tenant), fold.tenant!, objects)) {
    put(line)
    if (counts.leaves % 512 === 0) onProgress?.({ tenant, done: counts.leaves, of: log.size })
  }
}

async function* tenantsOf({ database, tenants }: Writing) {
  if (tenants === null) yield* allTenants(database)
  else yield* [...new Set(tenants)].sort()
}

const openingLine = ({ service, tenants, objects }: Writing): OpeningLine => ({
  is: 'backup',
  v: VERSION,
  service: service.name,
  register: service.register,
  checkpoint: service.checkpoint,
  manifest: service.manifest,
  tenants: tenants && [...new Set(tenants)].sort(),
  files: objects !== null,
  at: new Date().toISOString(),
})

function requireSame({ path, service, tenants, objects }: Writing, opening: OpeningLine) {
  if (opening.service !== service.name) throw otherBackup(path, `the service «${opening.service}»`)
  if (opening.register !== service.register) throw otherBackup(path, 'another register')
  const withFiles = objects !== null
  if ((opening.files ?? false) !== withFiles) {
    throw otherBackup(path, withFiles ? 'one without files' : 'one with files')
  }
  const asked = tenants && [...new Set(tenants)].sort()
  if (JSON.stringify(asked) !== JSON.stringify(opening.tenants)) {
    throw otherBackup(path, `the tenants ${opening.tenants?.join(', ') ?? 'of the whole service'}`)
  }
}

/** What the manifest's signature is over: told apart from everything else that the key signs. */
export const manifestMessage = (manifest: Manifest) =>
  utf8(`${VERSION} manifest\n${canonical(manifest as unknown as Json)}`)
