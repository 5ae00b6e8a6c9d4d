import { readFileSync } from 'node:fs'
import type { ArchiveAudit } from '../../domains/backup/audit-archive.ts'
import type { TenantAudit } from '../../domains/backup/audit-tenant.ts'
import { type KnownCheckpoint, knownIn } from '../../domains/backup/known.ts'
import { signatureInvalid } from '../../domains/backup/problems.ts'
import { registerLost } from '../../domains/restore/problems.ts'
import type { Told } from '../../domains/restore/restore-logs.ts'
import { KEY_USES, type Keys } from '../../ledger/keys.ts'
import { originOf, partsOfOrigin } from '../../ledger/origin.ts'
import { keysMismatch, serviceMismatch } from '../../ledger/problems.ts'
import type { Register } from '../../ledger/register.ts'

/** Reads what files know of logs. @throws {Problem} `RESTORE_KNOWN_INVALID` */
export const readKnown = (names: readonly string[]) =>
  names.flatMap((name) => knownIn(readFileSync(name, 'utf8'), name))

/** The sizes that something is known of, by tenant. */
export const sizesIn = (known: readonly KnownCheckpoint[]) => (tenant: string) =>
  known.filter((one) => isOf(one, tenant)).map(({ size }) => size)

const isOf = ({ origin }: KnownCheckpoint, tenant: string) => origin.split('/')[1] === tenant

/** Everything that was ever signed, by the register. */
export async function registeredCheckpoints(
  register: Register,
  service: string,
): Promise<KnownCheckpoint[]> {
  const found: KnownCheckpoint[] = []
  for (const tenant of await register.tenants(service)) {
    await register.openEpoch({ service, tenant }, async (known) => {
      const origins = [originOf(service, tenant), ...known.epochs.map(({ origin }) => origin)]
      for (const origin of origins) {
        for (const { size, root } of known.signed(origin)) {
          found.push({ origin, size, root, source: 'the signing register' })
        }
      }
      return null
    })
  }
  return found
}

/**
 * Makes sure that the backup is of the service whose keys and register are here, and signed by it: the
 * keys that its opening lists are what whoever wrote it says.
 *
 * @throws {Problem} `SERVICE_MISMATCH`, `RESTORE_REGISTER_LOST`, `KEYS_MISMATCH`, `BACKUP_SIGNATURE`
 */
export async function requireOurs(
  { opening, signer }: ArchiveAudit,
  { service, register, keys }: { service: string; register: Register; keys: Keys },
) {
  if (opening.service !== service) throw serviceMismatch(opening.service, service)
  const id = await register.id()
  if (id === null) throw registerLost('it is empty')
  if (opening.register !== null && opening.register !== id) throw registerLost('it is another one')
  const held = await keys.list()
  for (const use of KEY_USES) {
    const newest = opening[use].at(-1)
    if (!held.some((key) => key.use === use && key.kid === newest)) throw keysMismatch(use)
  }
  if (held.some(({ use, kid }) => use === 'manifest' && kid === signer.kid)) return
  throw signatureInvalid(`${signer.kid}, which signed it, is no manifest key of this home`)
}

/** Under which origin each log would go on. */
export const nextOrigins = (
  register: Register,
  { opening, tenants }: ArchiveAudit,
  keepOrigin: boolean,
) =>
  Promise.all(
    tenants.map(async ({ tenant, origin }) => {
      const { service } = opening
      if (keepOrigin) return origin
      const epochs = await register.epochs(service, tenant)
      const numbers = [origin, ...epochs.map((one) => one.origin)].map(
        (one) => partsOfOrigin(one).epoch,
      )
      return originOf(service, tenant, Math.max(...numbers) + 1)
    }),
  )

/** What would be done with a log. */
export function due(
  { tenant, size }: TenantAudit,
  origin: string,
  registered: readonly KnownCheckpoint[],
): Told {
  const sizes = registered.filter((one) => isOf(one, tenant)).map((one) => one.size)
  const lostSize = Math.max(size, ...sizes)
  return { tenant, outcome: 'due', origin, keptSize: size, lostSize, drops: 0 }
}
