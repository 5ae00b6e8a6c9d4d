import { Problem } from '../core/problem.ts'
import { type Database, SERVICE } from '../lineage/graph.ts'
import { joinServiceRow, nameRegister, registerKey } from '../lineage/service.ts'
import { KEY_USES, type Keys, type KeyUse, type SigningKey } from './keys.ts'
import { keysMismatch, registerMismatch, restoreUnfinished, serviceMismatch } from './problems.ts'
import type { Register } from './register.ts'

/** Who joins. */
interface Joining {
  service: string
  keys: Keys
  register: Register | null
  /** The backup that the caller himself is restoring. */
  restoring?: string
}

/**
 * Founds the service in an empty database, or joins it. Keys or a name other than those that the
 * database knows stop a server at once: every log would get a second voice.
 *
 * @returns Why this server may neither write nor sign, or `null` where it may do both. Reading needs
 *   no register, so one that is missing or another's does not keep a server from starting.
 * @throws {Problem} `SERVICE_MISMATCH`, `KEYS_MISMATCH`, `RESTORE_UNFINISHED`.
 */
export async function joinService(database: Database, mine: Joining): Promise<Problem | null> {
  for (let held = await mine.keys.list(); ; ) {
    try {
      return await join(database, held, mine)
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'KEYS_MISMATCH')) throw error
      const now = await mine.keys.list()
      // Another server of this home may have made and registered one since they were listed.
      if (now.length === held.length) throw error
      held = now
    }
  }
}

async function join(
  database: Database,
  held: readonly SigningKey[],
  { service, register, restoring }: Joining,
): Promise<Problem | null> {
  const kids = (use: KeyUse) => held.filter((key) => key.use === use).map(({ kid }) => kid)
  const found = { name: service, checkpoint: kids('checkpoint'), manifest: kids('manifest') }
  return database.graph(SERVICE).write(async ({ run }) => {
    const row = await joinServiceRow(run, found)
    if (row.name !== service) throw serviceMismatch(row.name, service)
    if (row.restoring !== null && row.restoring !== restoring) throw restoreUnfinished()
    for (const use of KEY_USES) {
      // An older key may be gone for good; the newest is the one that new logs begin with.
      if (!found[use].includes(row[use].at(-1)!)) throw keysMismatch(use)
      // Made by a server that died then, or since the copy of the database was made.
      const unknown = found[use].filter((kid) => !row[use].includes(kid))
      for (const kid of unknown) await registerKey(run, use, kid)
    }
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
