import { sha256 } from '../core/sha256.ts'
import type { Ask } from '../lineage/graph.ts'
import { readKeyRows } from '../lineage/key-log.ts'
import { unb64 } from '../proofs/base64.ts'
import { keyThatSigns, type ScheduledKey, scheduleOf } from '../proofs/key-schedule.ts'
import { type KeyLeaf, parseLeaf } from '../proofs/leaf.ts'
import { isBy, keyHash, parseNote } from '../proofs/note.ts'
import type { Keys, KeyUse, SigningKey } from './keys.ts'
import { keyNotHeld, noKeyStands, tenantUnknown } from './problems.ts'

/** The keys of one log, as its own records have them. */
export interface LogKeys {
  leaves: KeyLeaf[]
  schedule: ScheduledKey[]
  /** The size of the last published checkpoint. */
  signed: number
}

/**
 * Reads the key records of a log: a look-up by place each, so that nothing has to be remembered, and
 * what another server has appended counts at once.
 *
 * @throws {Problem} `TENANT_UNKNOWN`
 */
export async function readLogKeys(ask: Ask, tenant: string): Promise<LogKeys> {
  const rows = await readKeyRows(ask)
  if (rows.length === 0) throw tenantUnknown(tenant)
  const leaves = rows.map(({ header }) => parseLeaf(header) as KeyLeaf)
  return { leaves, schedule: scheduleOf(leaves), signed: rows[0]!.signed }
}

/**
 * Gives the key that signs a checkpoint of this size, or a manifest over one.
 *
 * A new key signs no checkpoint before one by the key before it was published that covers the record
 * by which it comes: until then both stand, and the old one signs.
 *
 * @throws {Problem} `KEY_NONE_STANDS`, `KEY_NOT_HELD`
 */
export async function keyForSize(
  keys: Keys,
  { schedule, signed }: LogKeys,
  { use, size }: { use: KeyUse; size: number },
): Promise<SigningKey> {
  const published = use === 'checkpoint' ? signed : size
  const known = schedule.filter(({ seq, from }) => from === 0 || seq < published)
  const scheduled = keyThatSigns(known, use, size) ?? keyThatSigns(schedule, use, size)
  if (!scheduled) throw noKeyStands(use, size)
  return heldKey(keys, scheduled.kid)
}

/** Gives a key that must sign. @throws {Problem} `KEY_NOT_HELD` */
export async function heldKey(keys: Keys, kid: string): Promise<SigningKey> {
  const key = await keys.find(kid)
  if (!key) throw keyNotHeld(kid)
  return key
}

/** The keys of a log that have signed its checkpoint: those whose line the note has, by its short hash. */
export function keysOfNote(schedule: readonly ScheduledKey[], origin: string, note: string) {
  const { signatures } = parseNote(note)
  return schedule.filter(({ use, x }) => {
    const hash = keyHash(sha256, origin, unb64(x))
    return (
      use === 'checkpoint' && signatures.some((line) => isBy(line, { name: origin, keyHash: hash }))
    )
  })
}
