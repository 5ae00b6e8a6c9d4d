import { Problem } from '../core/problem.ts'
import { sha256 } from '../core/sha256.ts'
import { type Database, SERVICE } from '../lineage/graph.ts'
import { joinServiceRow, nameRegister } from '../lineage/service.ts'
import { kidOf } from '../proofs/keyleaf.ts'
import type { Keys } from './keys.ts'
import { keysMismatch, registerMismatch, serviceMismatch } from './problems.ts'
import type { Register } from './register.ts'

/**
 * Founds the service in an empty database, or joins it. Keys or a name other than those that the
 * database knows stop a server at once: every log would get a second voice.
 *
 * @returns Why this server may neither write nor sign, or `null` where it may do both. Reading needs
 *   no register, so one that is missing or another's does not keep a server from starting.
 * @throws {Problem} `SERVICE_MISMATCH`, `KEYS_MISMATCH`.
 */
export async function joinService(
  database: Database,
  mine: { service: string; keys: Keys; register: Register | null },
): Promise<Problem | null> {
  const { service, keys, register } = mine
  const checkpointKey = kidOf(sha256, keys.checkpoint.publicKey)
  const manifestKey = kidOf(sha256, keys.manifest.publicKey)
  return database.graph(SERVICE).write(async ({ run }) => {
    const row = await joinServiceRow(run, { name: service, checkpointKey, manifestKey })
    if (row.name !== service) throw serviceMismatch(row.name, service)
    if (row.checkpointKey !== checkpointKey) throw keysMismatch('checkpoint')
    if (row.manifestKey !== manifestKey) throw keysMismatch('manifest')
    if (!register) return null
    if (row.register !== null) return compareRegister(register, row.register)
    // In the file first: a crash between the two leaves an id that the next start hands on.
    await nameRegister(run, await register.found(crypto.randomUUID()))
    return null
  })
}

async function compareRegister(register: Register, known: string): Promise<Problem | null> {
  try {
    const id = await register.id()
    if (id === known) return null
    return registerMismatch(id === null ? 'it is missing or empty' : 'it is another one')
  } catch (error) {
    if (error instanceof Problem && error.code === 'REGISTER_MISMATCH') return error
    throw error
  }
}
