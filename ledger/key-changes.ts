import type { Database } from '../lineage/graph.ts'
import { noteKeyRecords } from '../lineage/key-log.ts'
import { lockLog } from '../lineage/log.ts'
import { unb64 } from '../proofs/base64.ts'
import { keyThatSigns, type ScheduledKey } from '../proofs/key-schedule.ts'
import type { KeyLeaf } from '../proofs/leaf.ts'
import { appendLeaves, leafRow } from './append-leaves.ts'
import { laterOf } from './attempt.ts'
import { type Keys, type KeyUse, keyLeaf, type SigningKey } from './keys.ts'
import { heldKey, readLogKeys } from './log-keys.ts'
import { keyLast, keyNotInLog, noKeyStands, tenantUnknown } from './problems.ts'

/** A key record that was appended. */
export type KeyChange = Pick<KeyLeaf, 'event' | 'use' | 'kid' | 'seq' | 'from'>

/** Which key of which log. */
export interface KeyNamed {
  tenant: string
  use: KeyUse
  kid: string
}

interface Locked {
  keys: Keys
  size: number
  at: string
  schedule: ScheduledKey[]
}

type Decide = (locked: Locked) => Promise<KeyLeaf | null>

/**
 * Appends one key record to a log, under its lock; what is decided is read after the lock is taken.
 * `null` appends nothing: a change that was made before is not made again, so each of these may be
 * repeated after whatever interrupted it.
 */
async function appendKeyRecord(
  { database, keys }: { database: Database; keys: Keys },
  tenant: string,
  decide: Decide,
): Promise<KeyChange | null> {
  const done = await database.graph(tenant).write(async ({ run }) => {
    const head = await lockLog(run)
    if (!head) throw tenantUnknown(tenant)
    const { schedule } = await readLogKeys(run, tenant)
    const at = laterOf(new Date().toISOString(), head.at)
    const leaf = await decide({ keys, size: head.size, at, schedule })
    if (!leaf) return null
    const after = await appendLeaves(run, head, [leafRow(leaf)])
    await noteKeyRecords(run, [leaf.seq])
    return { leaf, epoch: head.epoch, seq: after.size }
  })
  if (!done) return null
  const { leaf, ...position } = done
  database.noteApplied(tenant, position)
  const { event, use, kid, seq, from } = leaf
  return { event, use, kid, seq, from }
}

/**
 * Adds a key to a log, signed by the key that signs now and by the new one. It stands from the second
 * size behind its record on, and signs once a checkpoint by the old key has published that record.
 *
 * @returns `null` where the log has the key already.
 * @throws {Problem} `KEY_NONE_STANDS`, `KEY_NOT_HELD`, `TENANT_UNKNOWN`
 */
export const addKey = (at: { database: Database; keys: Keys }, tenant: string, key: SigningKey) =>
  appendKeyRecord(at, tenant, async ({ keys, size, at, schedule }) => {
    const { use, kid } = key
    if (schedule.some((one) => one.use === use && one.kid === kid)) return null
    const before = keyThatSigns(schedule, use, size)
    if (!before) throw noKeyStands(use, size)
    const prev = await heldKey(keys, before.kid)
    return keyLeaf({ tenant, seq: size, at, event: 'add', from: size + 2 }, { key, prev })
  })

/**
 * Retires a key of a log, signed by the key that signs once it is gone.
 *
 * @returns `null` where the key has ended already.
 * @throws {Problem} `KEY_NOT_IN_LOG`; `KEY_LAST` where no other key stands; `KEY_NOT_HELD`
 */
export const retireKey = (at: { database: Database; keys: Keys }, named: KeyNamed) =>
  appendKeyRecord(at, named.tenant, async ({ keys, size, at, schedule }) => {
    const key = keyIn(schedule, named)
    if (key.until !== null) return null
    const { from, prev } = await successor(keys, { schedule, key, size })
    return keyLeaf(
      { tenant: named.tenant, seq: size, at, event: 'retire', from },
      { key: { use: key.use, publicKey: unb64(key.x) }, prev },
    )
  })

/**
 * Says in a log that somebody else may have a key, signed by the key that signs in its place.
 *
 * @param from The size from which somebody else may have had it.
 * @returns `null` where the log says so already.
 * @throws {Problem} `KEY_NOT_IN_LOG`; `KEY_LAST` where no other key stands; `KEY_NOT_HELD`
 */
export const compromiseKey = (
  at: { database: Database; keys: Keys },
  { from, ...named }: KeyNamed & { from: number },
) =>
  appendKeyRecord(at, named.tenant, async ({ keys, size, at, schedule }) => {
    const key = keyIn(schedule, named)
    if (key.compromised) return null
    const { prev } = await successor(keys, { schedule, key, size })
    return keyLeaf(
      { tenant: named.tenant, seq: size, at, event: 'compromise', from },
      { key: { use: key.use, publicKey: unb64(key.x) }, prev },
    )
  })

function keyIn(schedule: readonly ScheduledKey[], { tenant, use, kid }: KeyNamed) {
  const key = schedule.find((one) => one.use === use && one.kid === kid)
  if (!key) throw keyNotInLog(tenant, kid)
  return key
}

/** The key that signs once the one given is gone, and the first size at which it can. */
async function successor(
  keys: Keys,
  { schedule, key, size }: { schedule: readonly ScheduledKey[]; key: ScheduledKey; size: number },
) {
  const others = schedule.filter((one) => one !== key)
  // A key just added stands a few sizes on: until then the old one does, so that there always is one.
  const last = others.findLast((one) => one.use === key.use && one.until === null)
  const from = Math.max(size + 1, last?.from ?? 0)
  const next = keyThatSigns(others, key.use, from)
  if (!next) throw keyLast(key.kid)
  return { from, prev: await heldKey(keys, next.kid) }
}
