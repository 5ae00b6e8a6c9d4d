import { failpoint } from '../core/failpoint.ts'
import { sha256 } from '../core/sha256.ts'
import type { Ask, Database } from '../lineage/graph.ts'
import { type LogHead, publishCheckpoint, readLog, readWholeLog } from '../lineage/log.ts'
import { unb64 } from '../proofs/base64.ts'
import { formatCheckpoint } from '../proofs/checkpoint.ts'
import { formatNote, noteSignature } from '../proofs/note.ts'
import { utf8 } from '../proofs/utf8.ts'
import type { Keys } from './keys.ts'
import { keyForSize, readLogKeys } from './log-keys.ts'
import { logBehindRegister, notYetSigned, registerMismatch, tenantUnknown } from './problems.ts'
import type { Register, Signed } from './register.ts'
import { advanceState, type StateEnd } from './state-advance.ts'
import { storedRoots } from './stored-roots.ts'

/** A published checkpoint: the signed note, and what it says. */
export interface SignedCheckpoint {
  note: string
  size: number
  root: string
}

/**
 * Brings the log's state up to its end, signs as far as its last state record, if the register allows
 * it, and publishes that. Only committed leaves are read here, so a checkpoint never covers what may
 * still be undone.
 *
 * The register is locked while its next entry is decided: nobody signs between the check and the
 * entry. What is in it and was not published, because a server died in between, is signed again as it
 * is.
 *
 * @throws {Problem} `LOG_BEHIND_REGISTER` where the stored leaves are not those that were signed,
 *   `REGISTER_MISMATCH` where the register is behind the database, `REGISTER_BUSY`, `TENANT_UNKNOWN`,
 *   `KEY_NONE_STANDS`, `KEY_NOT_HELD`, `KEY_COMPROMISED`.
 */
export async function signLog(
  database: Database,
  tenant: string,
  { register, keys }: { register: Register; keys: Keys },
): Promise<SignedCheckpoint> {
  const end = await stateEnd(database, tenant, register)
  const { origin } = end
  // A register's lock is held across a read of the log, and never the other way round.
  const signed = await register.sign(origin, async (last) => {
    const next = await checkedRoot(database, tenant, end, last)
    // Before the entry: a size that no key stands for must not be in the register.
    return {
      ...next,
      key: await keyFor(database.graph(tenant).read, keys, { tenant, size: next.size }),
    }
  })
  failpoint('before-checkpoint')
  const { size, root, key } = signed!
  const text = formatCheckpoint({ origin, size, root: unb64(root) })
  const note = formatNote(text, [
    noteSignature(sha256, origin, key.publicKey, await key.sign(utf8(text))),
  ])
  await database
    .graph(tenant)
    .write((transaction) => publishCheckpoint(transaction.run, { origin, size, note }))
  return { note, size, root }
}

const keyFor = async (ask: Ask, keys: Keys, { tenant, size }: { tenant: string; size: number }) =>
  keyForSize(keys, await readLogKeys(ask, tenant), { use: 'checkpoint', size })

/**
 * Advances the state, on a log that holds what was signed of it: nothing is appended to another one.
 * What was signed last is read before the log is locked, and can only have grown since.
 */
async function stateEnd(database: Database, tenant: string, register: Register): Promise<StateEnd> {
  const known = await readLog(database.graph(tenant).read)
  if (!known) throw tenantUnknown(tenant)
  const last = await register.lastInForce(known.origin)
  requirePublished(known, last)
  return advanceState(database, tenant, async (ask, head) => {
    requireOrigin(tenant, head, known.origin)
    await signedRoot(ask, head, last)
  })
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
  const head = await readWholeLog(database.graph(tenant))
  if (!head) throw tenantUnknown(tenant)
  await register.sign(head.origin, async (last) => {
    await checkedRoot(database, tenant, head, last)
    return null
  })
  return head.epoch
}

/**
 * Checks the stored log against what was signed last, and returns the size to sign and its root. It is
 * read as a writer reads: a follower of a cluster may be late, and would seem to be set back.
 *
 * @param end A size that the log is known to have.
 */
function checkedRoot(database: Database, tenant: string, end: StateEnd, last: Signed | null) {
  return database.graph(tenant).write(async ({ run }) => {
    const head = await readLog(run)
    requireOrigin(tenant, head, end.origin)
    // What is in the register was applied in full when it was signed, whoever did that.
    const size = Math.min(head.written, Math.max(end.size, last?.size ?? 0))
    requirePublished(head, last)
    return signedRoot(run, { ...head, size }, last)
  })
}

function requireOrigin(
  tenant: string,
  head: LogHead | undefined,
  origin: string,
): asserts head is LogHead {
  // A restore has opened another epoch just now: the next attempt is for that one.
  if (head?.origin !== origin) throw notYetSigned(tenant)
}

/** @param last Read, or read anew, after the head was: otherwise another server may have signed since. */
function requirePublished({ origin, signed }: LogHead, last: Signed | null) {
  if (signed <= (last?.size ?? 0)) return
  throw registerMismatch(`it has ${origin} at ${last?.size ?? 0}, and ${signed} was published`)
}

/** The root of the first `size` leaves, which begin with what was signed. */
async function signedRoot(
  ask: Ask,
  { origin, size }: LogHead,
  last: Signed | null,
): Promise<Signed> {
  const details = { origin, size, signed: last }
  if (last && last.size > size) throw logBehindRegister(details)
  const [now, then] = await storedRoots(ask, [size, last?.size ?? 0])
  if (!now || (last && then !== last.root)) throw logBehindRegister(details)
  return { size, root: now }
}
