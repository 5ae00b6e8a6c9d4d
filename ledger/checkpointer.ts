import { failpoint } from '../core/failpoint.ts'
import { sha256 } from '../core/sha256.ts'
import type { Ask, Database } from '../lineage/graph.ts'
import { type LogHead, publishCheckpoint, readLog, readWholeLog } from '../lineage/log.ts'
import { unb64 } from '../proofs/base64.ts'
import { formatCheckpoint } from '../proofs/checkpoint.ts'
import { formatNote, noteSignature } from '../proofs/note.ts'
import { utf8 } from '../proofs/utf8.ts'
import type { SigningKey } from './keys.ts'
import { logBehindRegister, notYetSigned, registerMismatch, tenantUnknown } from './problems.ts'
import type { Register, Signed } from './register.ts'
import { storedRoots } from './stored-roots.ts'

/** A published checkpoint: the signed note, and what it says. */
export interface SignedCheckpoint {
  note: string
  size: number
  root: string
}

/**
 * Signs what the log holds now, if the register allows it, and publishes it. Only committed leaves
 * are read here, so a checkpoint never covers what may still be undone.
 *
 * The register is locked throughout: nobody signs between the check and the entry. What is in it and
 * was not published, because a server died in between, is signed again as it is.
 *
 * @throws {Problem} `LOG_BEHIND_REGISTER` where the stored leaves are not those that were signed,
 *   `REGISTER_MISMATCH` where the register is behind the database, `REGISTER_BUSY`, `TENANT_UNKNOWN`.
 */
export async function signLog(
  database: Database,
  tenant: string,
  { register, key }: { register: Register; key: SigningKey },
): Promise<SignedCheckpoint> {
  const graph = database.graph(tenant)
  const whole = await wholeLog(database, tenant)
  const { origin } = whole
  // A register's lock is held across a read of the log, and never the other way round.
  const signed = await register.sign(origin, (last) => checkedRoot(database, tenant, whole, last))
  failpoint('before-checkpoint')
  const { size, root } = signed!
  const text = formatCheckpoint({ origin, size, root: unb64(root) })
  const note = formatNote(text, [
    noteSignature(sha256, origin, key.publicKey, key.sign(utf8(text))),
  ])
  await graph.write((transaction) => publishCheckpoint(transaction.run, { origin, size, note }))
  return { note, size, root }
}

/**
 * The same check as before signing, to be made before this process first writes to a log. It holds
 * for the epoch that it returns: a restore opens another, which is checked anew.
 */
export async function checkLog(
  database: Database,
  tenant: string,
  register: Register,
): Promise<number> {
  const whole = await wholeLog(database, tenant)
  await register.sign(whole.origin, async (last) => {
    await checkedRoot(database, tenant, whole, last)
    return null
  })
  return whole.epoch
}

async function wholeLog(database: Database, tenant: string) {
  const head = await readWholeLog(database.graph(tenant))
  if (!head) throw tenantUnknown(tenant)
  return head
}

/**
 * Checks the stored log against what was signed last, and returns size and root of all of it. It is
 * read as a writer reads: a follower of a cluster may be late, and would seem to be set back.
 */
function checkedRoot(database: Database, tenant: string, whole: LogHead, last: Signed | null) {
  return database.graph(tenant).write(async ({ run }) => {
    const head = await readLog(run)
    // A restore has opened another epoch just now: the next attempt is for that one.
    if (head?.origin !== whole.origin) throw notYetSigned(tenant)
    // What is in the register was applied in full when it was signed, whoever did that.
    const size = Math.min(head.written, Math.max(whole.size, head.size, last?.size ?? 0))
    return compare(run, { ...head, size }, last)
  })
}

async function compare(ask: Ask, head: LogHead, last: Signed | null): Promise<Signed> {
  const { origin, size, signed } = head
  if (signed > (last?.size ?? 0)) {
    throw registerMismatch(`it has ${origin} at ${last?.size ?? 0}, and ${signed} was published`)
  }
  const details = { origin, size, signed: last }
  if (last && last.size > size) throw logBehindRegister(details)
  const [now, then] = await storedRoots(ask, [size, last?.size ?? 0])
  if (!now || (last && then !== last.root)) throw logBehindRegister(details)
  return { size, root: now }
}
