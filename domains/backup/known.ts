import { sha256 } from '../../core/sha256.ts'
import { keysOfNote } from '../../ledger/log-keys.ts'
import { partsOfOrigin } from '../../ledger/origin.ts'
import { b64 } from '../../proofs/base64.ts'
import { parseCheckpoint, verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { ProofError } from '../../proofs/error.ts'
import { scheduleOf } from '../../proofs/key-schedule.ts'
import { parseNote } from '../../proofs/note.ts'
import { parseTrust } from '../../proofs/trust.ts'
import type { TenantAudit } from './audit-tenant.ts'
import { forked, knownUnsigned, registerBehind } from './problems.ts'

/** What somebody outside the database knows of a log: so many leaves had this root. */
export interface KnownCheckpoint {
  origin: string
  size: number
  /** In base64url. */
  root: string
  /** Who says so, for a message. */
  source: string
  /** The signed note, where it is one: whoever handed it over may have made it up. */
  note?: string
}

/** What the signing register holds of the logs of one tenant. */
export interface Registered {
  tenant: string
  checkpoints: readonly KnownCheckpoint[]
}

/**
 * Reads what a file knows of logs: a signed checkpoint, with or without cosignatures, or a trust root with
 * anchors.
 *
 * @throws {Problem} `RESTORE_KNOWN_INVALID`
 */
export function knownIn(text: string, source: string): KnownCheckpoint[] {
  try {
    if (text.startsWith('{')) {
      return parseTrust(sha256, text.trimEnd()).logs.flatMap(({ origin, anchors }) =>
        anchors.map(({ size, root }) => ({ origin, size, root, source })),
      )
    }
    const { origin, size, root } = parseCheckpoint(parseNote(text).text)
    return [{ origin, size, root: b64(root), source, note: text }]
  } catch (error) {
    if (error instanceof ProofError) throw knownUnsigned(source, error.message)
    throw error
  }
}

/**
 * Holds what an archive has of a tenant against everything that is known of its log elsewhere.
 *
 * @returns How many checkpoints were compared, and how many are beyond what it holds.
 * @throws {Problem} `RESTORE_FORK` for the first that says otherwise, `RESTORE_KNOWN_INVALID` for a note
 *   that no key of the log has signed.
 */
export function compareKnown(
  audit: TenantAudit,
  known: readonly KnownCheckpoint[],
): { compared: number; beyond: number } {
  let [compared, beyond] = [0, 0]
  for (const one of known.filter(({ origin }) => partsOfOrigin(origin).tenant === audit.tenant)) {
    // What goes beyond it may be signed by a key that came later: the register speaks for that.
    const isBeyond = one.size > heldOf(audit, one.origin)
    if (one.note !== undefined && !isBeyond) requireOwn(audit, one, one.note)
    if (isBeyond) beyond += 1
    else if (one.size === 0 || audit.roots.get(one.size) === one.root) compared += 1
    else throw forked(one)
  }
  return { compared, beyond }
}

/** How many leaves under this origin the archive has too. */
function heldOf({ origin, epoch, size, kept }: TenantAudit, other: string): number {
  if (other === origin) return size
  const earlier = partsOfOrigin(other).epoch
  return earlier < epoch ? (kept[earlier] ?? 0) : 0
}

function requireOwn({ keys }: TenantAudit, { origin, source }: KnownCheckpoint, note: string) {
  const key = keysOfNote(scheduleOf(keys), origin, note).at(-1)
  if (!key) throw knownUnsigned(source, 'no key of the log that the backup knows has signed it')
  try {
    verifyCheckpoint(sha256, note, { origin, x: key.x })
  } catch (error) {
    if (error instanceof ProofError) throw knownUnsigned(source, error.message)
    throw error
  }
}

/**
 * Makes sure that the register is as new as everything that was ever signed: an epoch begins where it ends.
 *
 * @throws {Problem} `RESTORE_REGISTER_BEHIND`; `RESTORE_FORK` where it holds another root of that size.
 */
export function requireNewest(
  audit: TenantAudit,
  { checkpoints }: Registered,
  known: readonly KnownCheckpoint[],
) {
  const { tenant, origin, size, root } = audit
  const own = { origin, size, root, source: 'the checkpoint of the backup' }
  const ofTenant = known.filter((one) => partsOfOrigin(one.origin).tenant === tenant)
  for (const one of [own, ...ofTenant]) {
    const signed = checkpoints.filter((other) => other.origin === one.origin)
    const last = signed.reduce((most, other) => Math.max(most, other.size), 0)
    if (last < one.size) throw registerBehind(one.origin, one.size, one.source)
    const same = signed.find((other) => other.size === one.size)
    if (same && same.root !== one.root) throw forked({ ...same, source: one.source })
  }
}
