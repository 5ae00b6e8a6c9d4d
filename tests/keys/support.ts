import { join } from 'node:path'
import { afterAll } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import type { Keys, SigningKey } from '../../ledger/keys.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { openRegister } from '../../ledger/register.ts'
import type { AnchorProof } from '../../proofs/anchors.ts'
import { unb64 } from '../../proofs/base64.ts'
import { exitCode } from '../../proofs/report.ts'
import type { Trust } from '../../proofs/trust.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { assertOne, dataset } from '../ledger/support.ts'
import { makeKey } from '../make/keys.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'

/**
 * A ledger on the database of this run whose keys may come and go. Those that are made here are in
 * memory, beside those of the shared home, so that the logs of other tests go on beginning with the key
 * that they know.
 */
export async function openKeysTest() {
  const opened = await testLedger()
  const { database } = opened
  const register = openRegister(join(opened.home, 'register.sqlite'))
  const made = new Map<string, SigningKey>()
  const keys: Keys = {
    ...opened.keys,
    find: async (kid) => made.get(kid) ?? opened.keys.find(kid),
    async make(use) {
      const { kid, x, sign } = makeKey(`${use} ${crypto.randomUUID()}`)
      const key = { use, kid, publicKey: unb64(x), sign: async (m: Uint8Array) => sign(m) }
      made.set(kid, key)
      return key
    },
  }
  const openOne = () => openLedger({ database, service: SERVICE_NAME, keys, register })
  // The ledger of the home has none of these keys: it must not sign what is rotated here.
  await opened.ledger.close()
  const ledger = await openOne()
  afterAll(async () => {
    await ledger.close()
    register.close()
  })

  const write = async (tenant: string, name = 'a') =>
    (await assertOne(ledger, tenant, dataset(name))).outcomes[0]!.id
  const exportOf = (tenant: string, root: string) =>
    weaveBundle({ database, ledger }, { tenant, root, direction: 'UPSTREAM', depth: 3 })
  const trustOf = (tenant: string) => trustRoot(database.graph(tenant).read, tenant)

  return {
    database,
    ledger,
    keys,
    desk: ledger.keys,
    openOne,
    write,
    exportOf,
    trustOf,
    /** A tenant with an entity, its first keys, and the trust root and bundle of before any change. */
    async before() {
      const tenant = await freshTenant(ledger, 'keys')
      const root = await write(tenant)
      const { leaves } = await ledger.keys.ofLog(tenant)
      const [checkpoint, manifest] = leaves.map(({ kid }) => kid)
      const { bytes, size } = await exportOf(tenant, root)
      const old = { checkpoint: checkpoint!, manifest: manifest! }
      return { tenant, root, old, trust: await trustOf(tenant), bytes, size }
    },
  }
}

/** What the verifier says of a bundle: the exit code, and the codes of what failed. */
export async function judged(
  bytes: Uint8Array,
  trust: Trust,
  anchors: readonly AnchorProof[] = [],
) {
  const report = await verifyBundle({ sha256, bytes, trust, anchors })
  const failed = report.checks.filter(({ result }) => result === 'fail')
  return { exit: exitCode(report), codes: failed.map(({ code }) => code) }
}
