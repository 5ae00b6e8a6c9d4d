import { Problem } from '../../core/problem.ts'
import { serviceMismatch } from '../../ledger/problems.ts'
import { SERVICE } from '../../lineage/graph.ts'
import { readService } from '../../lineage/service.ts'
import { allTenants } from '../../lineage/tenants.ts'
import { openEpoch, planEpoch, type Restored, type Restoring } from './open-epoch.ts'
import { databaseEmpty, registerLost } from './problems.ts'

/** What is told of one tenant: what would be done, what was done, or what stands against it. */
export type Told =
  | Restored
  | { tenant: string; outcome: 'refused'; code: string; message: string }
  | {
      tenant: string
      outcome: 'due'
      origin: string
      keptSize: number
      lostSize: number
      drops: number
    }

/**
 * Makes sure that the register is the one of this database: a new epoch begins where it ends.
 *
 * @throws {Problem} `RESTORE_REGISTER_LOST`, `RESTORE_DATABASE_EMPTY`, `SERVICE_MISMATCH`.
 */
export async function requireRegister({ database, register, service }: Restoring) {
  const row = await readService(database.graph(SERVICE).read)
  if (!row) throw databaseEmpty()
  if (row.name !== service) throw serviceMismatch(row.name, service)
  const id = await register.id().catch((error: unknown) => {
    throw error instanceof Problem && error.code === 'REGISTER_MISMATCH'
      ? registerLost('it cannot be read', error)
      : error
  })
  if (id === null) throw registerLost('it is empty')
  if (row.register !== null && row.register !== id) throw registerLost('it is another one')
}

/** The tenants that the database lists, and those that only the register knows, in order. */
export async function tenantsOf({ database, register, service }: Restoring): Promise<string[]> {
  const found = await register.tenants(service)
  for await (const name of allTenants(database)) found.push(name)
  return [...new Set(found)].sort()
}

/** Says what a restore would do with a tenant's log. */
export const lookAt = (restoring: Restoring, tenant: string): Promise<Told> =>
  orRefused(tenant, async () => {
    const found = await planEpoch(restoring, tenant)
    if (found.is === 'whole') return { tenant, outcome: 'whole' }
    if (found.is === 'opened') {
      const { origin, keptSize } = found.epoch
      return { tenant, outcome: 'due', origin, keptSize, lostSize: found.prev.size, drops: 0 }
    }
    const { origin, keptSize, prev, size } = found.plan
    const drops = size - keptSize
    return { tenant, outcome: 'due', origin, keptSize, lostSize: prev.size, drops }
  })

/** Restores a tenant's log where that is due; what is refused of one tenant stops no other. */
export const restoreLog = (
  restoring: Restoring,
  tenant: string,
  options: { dropUnsigned: boolean; anew?: boolean },
): Promise<Told> => orRefused(tenant, () => openEpoch(restoring, tenant, options))

async function orRefused(tenant: string, work: () => Promise<Told>): Promise<Told> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { tenant, outcome: 'refused', code: error.code, message: error.message }
  }
}
