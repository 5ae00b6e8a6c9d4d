import { randomBytes } from 'node:crypto'
import { findCommands, saveCommands } from '../lineage/commands.ts'
import type { RecordRow } from '../lineage/entity-store.ts'
import type { Ask, Database } from '../lineage/graph.ts'
import { createLog, readLog } from '../lineage/log.ts'
import { lockKeys } from '../lineage/service.ts'
import { enterTenant, saveActors } from '../lineage/tenants.ts'
import { b64 } from '../proofs/base64.ts'
import { TENANT } from '../proofs/ids.ts'
import { leafRow } from './append-leaves.ts'
import { commandRow, newActor, type Receipt, replay } from './attempt.ts'
import { openBatch } from './batch.ts'
import { openDraft } from './drafting.ts'
import { firstKeyLeaf, KEY_USES, type KeyUse, type SigningKey } from './keys.ts'
import { originOf } from './origin.ts'
import { logBehindRegister, tenantExists, tenantNameInvalid } from './problems.ts'
import type { Register } from './register.ts'
import { writeBatch } from './write-batch.ts'

/** Another key has become the newest of its use meanwhile; nothing was founded. */
export class NewestKeyMoved extends Error {}

/** Under which name a tenant's own record is found. */
export const tenantName = (tenant: string) =>
  ({ kind: 'Tenant', namespace: 'tenant', name: tenant }) as const

export interface Founding {
  tenant: string
  service: string
  subject: string
  key: string
  request: string
  /** The newest of each use, as they were looked up. */
  keys: Record<KeyUse, SigningKey>
  /** Which of some keys of a use, in the order in which they came, is the newest that may sign. */
  newestOf(kids: readonly string[]): string
}

/**
 * Founds a tenant in one transaction: its log opens with the checkpoint key, the manifest key and
 * the tenant's own record (docs/specs/log.md, "The first leaves").
 *
 * @throws {Problem} `TENANT_NAME_INVALID`, `TENANT_EXISTS`, `IDEMPOTENCY_KEY_REUSED`;
 *   `LOG_BEHIND_REGISTER` where the log was signed once, and the database no longer has it.
 * @throws {NewestKeyMoved} Where its keys are not the newest any more.
 */
export async function foundTenant(
  database: Database,
  founding: Founding,
  register: Register | null,
): Promise<Receipt> {
  const { tenant, service } = founding
  if (!TENANT.test(tenant)) throw tenantNameInvalid(tenant)
  const origin = originOf(service, tenant)
  const signed = (await register?.last(origin)) ?? null
  const at = new Date().toISOString()
  // Signed before anything is locked: whoever holds the keys may take seconds, and may fail.
  const keys = await firstKeys(founding, at)
  return database.graph(tenant).write(async ({ run }) => {
    await enterTenant(run)
    const found = await readLog(run)
    if (found) return foundBefore(run, founding, found.epoch)
    if (signed) throw logBehindRegister({ origin, size: 0, signed })
    const receipt = await writeFirstLeaves(run, founding, { origin, at, keys })
    await requireNewest(run, founding)
    return receipt
  })
}

/**
 * Holds the list of keys still until the commit, so that a rotation either finds this tenant or is
 * found by it. Last in the transaction: every other founding waits for this.
 */
async function requireNewest(ask: Ask, { keys, newestOf }: Founding) {
  const row = await lockKeys(ask)
  const moved = KEY_USES.find((use) => newestOf(row[use]) !== keys[use].kid)
  if (moved) throw new NewestKeyMoved(`another key is the newest for ${moved} now`)
}

async function foundBefore(ask: Ask, founding: Founding, epoch: number): Promise<Receipt> {
  const { tenant, subject, key } = founding
  const [row] = await findCommands(ask, [{ principal: subject, key }])
  const again = row ? replay(row, founding, epoch) : undefined
  if (again?.end === 'done') return again.receipt
  throw again?.problem ?? tenantExists(tenant)
}

async function writeFirstLeaves(
  ask: Ask,
  founding: Founding,
  { origin, at, keys }: { origin: string; at: string; keys: readonly RecordRow[] },
): Promise<Receipt> {
  const { tenant, subject } = founding
  const namingKey = new Uint8Array(randomBytes(32))
  await createLog(ask, { origin, at, namingKey: b64(namingKey) })
  const batch = openBatch(ask, { tenant, at, size: 0, namingKey })
  batch.records.push(...keys)
  const actor = newActor()
  await saveActors(ask, new Map([[subject, actor]]))
  const { draft, changes } = openDraft(batch, actor)
  const name = tenantName(tenant)
  const id = draft.urn(name.kind, name.namespace, name.name)
  await draft.load([id])
  const outcome = draft.assert({ ...name, id })
  for (const [id, entity] of changes.entities) batch.entities.set(id, entity)
  batch.records.push(...changes.records)
  const receipt = {
    position: { epoch: 0, seq: batch.records.length },
    outcomes: [outcome],
    replayed: false,
  }
  await saveCommands(ask, [commandRow(founding, receipt, at)])
  await writeBatch(ask, batch, { size: 0, edge: [], searched: 0 }, [])
  return receipt
}

const firstKeys = ({ tenant, keys }: Founding, at: string): Promise<RecordRow[]> =>
  Promise.all(
    KEY_USES.map(async (use, seq) => leafRow(await firstKeyLeaf(keys[use], { tenant, seq, at }))),
  )
