import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { verifyEd25519 } from '../../proofs/ed25519.ts'
import { ProofError } from '../../proofs/error.ts'
import { scheduleOf } from '../../proofs/key-schedule.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import type { Archive } from './archive-reader.ts'
import { AuditTenant, type TenantAudit } from './audit-tenant.ts'
import { Fold } from './fold.ts'
import type { EndLine, Line, Manifest, ManifestLine, OpeningLine } from './lines.ts'
import { signatureInvalid, unsound } from './problems.ts'
import { manifestMessage } from './write-archive.ts'

/** What was found out about an archive; whatever does not hold was thrown. */
export interface ArchiveAudit {
  id: string
  opening: OpeningLine
  manifest: Manifest
  tenants: TenantAudit[]
  /** The key that signed the manifest, and the tenants in whose logs it stands for that. */
  signer: { kid: string; x: string; logs: string[] }
}

export interface AuditOptions {
  /** At which sizes else the roots of a tenant's log are asked for. */
  sizesOf?(tenant: string): Iterable<number>
  onProgress?(progress: { tenant: string; done: number; of: number }): void
}

/**
 * Reads a whole archive and checks everything in it (docs/specs/backup.md, "Verifying").
 *
 * @throws {Problem} `BACKUP_DAMAGED`, `BACKUP_UNFINISHED`, `BACKUP_UNSOUND`, `BACKUP_SIGNATURE`
 */
export function auditArchive(
  { id, lines }: Archive,
  { sizesOf = () => [], onProgress = () => {} }: AuditOptions = {},
): ArchiveAudit {
  const fold = new Fold()
  const tenants: TenantAudit[] = []
  let tenant: AuditTenant | null = null
  let signed: ManifestLine | null = null
  for (const text of lines()) {
    const line = JSON.parse(text) as Line
    fold.accept(text, line)
    if (line.is === 'file') tenant!.file(line.address)
    else if (line.is === 'torn') tenant!.tear(fold.tenant!.file!.address)
    else if (line.is === 'log') tenant = new AuditTenant(line, sizesOf(line.tenant))
    else if (line.is === 'leaf') {
      tenant!.leaf(line)
      const { counts, log } = fold.tenant!
      if (counts.leaves % 1_000 === 0) {
        onProgress({ tenant: log.tenant, done: counts.leaves, of: log.size })
      }
    } else if (line.is === 'end') {
      requireCounts(tenant!.log.tenant, line, fold.done.at(-1)!)
      tenants.push(tenant!.end(line))
    } else if (line.is === 'manifest') signed = line
  }
  const { manifest, kid, x } = requireSigned(signed, { id, fold })
  const logs = tenants.filter(({ keys }) => hasKey(keys, kid)).map((one) => one.tenant)
  return { id, opening: fold.opening!, manifest, tenants, signer: { kid, x, logs } }
}

const hasKey = (keys: TenantAudit['keys'], kid: string) =>
  scheduleOf(keys).some((key) => key.use === 'manifest' && key.kid === kid && !key.compromised)

/** What is said at the end of a tenant is what was counted, be it that it says nothing of none. */
function requireCounts(tenant: string, said: EndLine, counted: Manifest['tenants'][number]) {
  for (const name of COUNTS) {
    if ((said[name] ?? 0) !== (counted[name] ?? 0)) {
      throw unsound(tenant, `it is said to hold ${said[name] ?? 0} ${name}`)
    }
  }
}

const COUNTS = [
  'leaves',
  'times',
  'commands',
  'actors',
  'merges',
  'usages',
  'windows',
  'files',
  'torn',
] as const

function requireSigned(signed: ManifestLine | null, { id, fold }: { id: string; fold: Fold }) {
  if (!signed || !fold.opening) throw signatureInvalid('there is none')
  const { manifest, kid, x, signature } = signed
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  if (manifest.id !== id) throw signatureInvalid('it is of another archive')
  if (manifest.digest !== fold.digest()) throw signatureInvalid('its digest is another')
  if (manifest.files !== fold.opening.files) throw signatureInvalid('it says another of files')
  if (!same(manifest.tenants, fold.done)) throw signatureInvalid('it lists other logs')
  if (!fold.opening.manifest.includes(kid))
    throw signatureInvalid(`${kid} is no key of the service`)
  try {
    const isKey = kidOf(sha256, unb64(x)) === kid
    if (isKey && verifyEd25519(unb64(x), manifestMessage(manifest), unb64(signature))) return signed
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
  }
  throw signatureInvalid(`${kid} has not signed it`)
}
