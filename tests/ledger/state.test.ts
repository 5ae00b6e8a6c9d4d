import { generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { forgetOldPages } from '../../ledger/forget-pages.ts'
import { addKey } from '../../ledger/key-changes.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { openRegister } from '../../ledger/register.ts'
import { advanceState } from '../../ledger/state-advance.ts'
import { queries } from '../../lineage/graph.ts'
import { OPEN } from '../../lineage/kinds.ts'
import { readLog } from '../../lineage/log.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import type { StateLeaf } from '../../proofs/leaf.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import {
  assertOne,
  dataset,
  expectClean,
  idOf,
  job,
  leaves,
  rawDatabase,
  tell,
  withCode,
} from './support.ts'

const { database, ledger, keys, home } = await testLedger()
const raw = rawDatabase()
const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

async function openAnother(hasRegister: boolean) {
  const register = hasRegister ? openRegister(`${home}/register.sqlite`) : null
  const signing = 'on demand' as const
  const another = await openLedger({ database, service: SERVICE_NAME, keys, register, signing })
  ends.push(async () => {
    await another.close()
    register?.close()
  })
  return another
}

const headOf = async (tenant: string) => (await readLog(database.graph(tenant).read))!
const statesOf = async (tenant: string) =>
  (await leaves(database, tenant)).filter(
    (leaf): leaf is StateLeaf => leaf.v === 'selvedge/state/1',
  )
const pagesOf = async (tenant: string) => {
  const [row] = await raw(
    `MATCH (p:Page {tenant: $tenant})
    RETURN count(p) AS pages, sum(CASE WHEN p.until = ${OPEN} THEN 0 ELSE 1 END) AS ended`,
    { tenant },
  )
  return row as { pages: number; ended: number }
}

describe('a state record', () => {
  it('is the last leaf of every checkpoint, and covers all before it', async () => {
    const tenant = await freshTenant(ledger)
    for (const name of ['a', 'b', 'c']) {
      const { position } = await assertOne(ledger, tenant, dataset(name))
      const { size } = await ledger.checkpointOf(tenant, position.seq)
      const last = (await leaves(database, tenant)).at(-1)
      expect(last).toMatchObject({ v: 'selvedge/state/1', seq: size - 1, size: size - 1 })
      expect(await headOf(tenant)).toMatchObject({
        size,
        signed: size,
        built: size,
        stateSize: size - 1,
      })
    }
    await expectClean(database, tenant)
  })

  it('is not followed by another while nothing comes between', async () => {
    const tenant = await freshTenant(ledger)
    const another = await openAnother(true)
    const first = await ledger.checkpointOf(tenant, 3)
    const asked = [ledger, another, ledger, another]
    for (const one of asked) expect(await one.checkpointOf(tenant, 3)).toEqual(first)
    await expect(ledger.checkpointOf(tenant, first.size + 1)).rejects.toEqual(
      withCode('CHECKPOINT_NOT_READY'),
    )
    expect((await headOf(tenant)).size).toBe(first.size)
  })

  it('is appended once by two servers that sign at the same time', async () => {
    const tenant = await freshTenant(ledger)
    const another = await openAnother(true)
    for (let i = 0; i < 5; i++) {
      const { position } = await assertOne(ledger, tenant, dataset(`d${i}`))
      const both = await Promise.all(
        [ledger, another].map((one) => one.checkpointOf(tenant, position.seq)),
      )
      expect(both[0]).toEqual(both[1])
    }
    expect(await statesOf(tenant)).toHaveLength(5)
    await expectClean(database, tenant)
  })

  it('follows a leaf that changes no entity, and has the root of the one before', async () => {
    const tenant = await freshTenant(ledger)
    const { size } = await ledger.checkpointOf(tenant, 3)
    // A key of nobody else's: what it would sign is not asked for here.
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const x = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'))
    await addKey({ database, keys }, tenant, {
      use: 'manifest',
      kid: kidOf(sha256, x),
      publicKey: x,
      sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
    })
    expect((await ledger.checkpointOf(tenant, size + 1)).size).toBe(size + 2)
    const [first, second] = await statesOf(tenant)
    expect([first!.seq, second!.seq]).toEqual([size - 1, size + 1])
    expect(second!.root).toBe(first!.root)
    await expectClean(database, tenant)
  })

  it('is left to the servers that sign', async () => {
    const tenant = await freshTenant(ledger)
    const reader = await openAnother(false)
    await assertOne(reader, tenant, dataset('a'))
    await expect(reader.checkpointOf(tenant, 4)).rejects.toEqual(withCode('CHECKPOINT_NOT_READY'))
    expect(await headOf(tenant)).toMatchObject({ size: 4, built: 0, stateSize: null })
  })

  it('comes only when all is taken in, where more is due than one transaction takes', async () => {
    const tenant = await freshTenant(ledger)
    const many = Array.from({ length: 2_600 }, (_, i) => dataset(`d${i}`))
    for (const half of [many, many.map(({ name }) => dataset(`${name} x`))]) {
      await tell(
        ledger,
        tenant,
        (draft) =>
          half.map((one) => draft.assert({ ...one, id: draft.urn('Dataset', 'db', one.name) })),
        { names: half },
      )
    }
    const { size } = await ledger.checkpointOf(tenant, 5_203)
    expect(size).toBe(5_204)
    expect((await statesOf(tenant)).map(({ seq }) => seq)).toEqual([5_203])
    const [row] = await raw(
      'MATCH (p:Page {tenant: $tenant}) RETURN collect(DISTINCT p.since) AS since',
      { tenant },
    )
    expect((row!.since as number[]).sort()).toEqual([5_000, 5_203])
    await expectClean(database, tenant)
  })

  it('takes no more in one transaction than it may, what retired things drop included', async () => {
    const tenant = await freshTenant(ledger)
    const inputs = Array.from({ length: 12 }, (_, i) => dataset(`d${i}`))
    const jobs = Array.from({ length: 6 }, (_, i) => job(`j${i}`))
    const link = inputs.map((to) => ({ rel: 'USED' as const, to }))
    const names = [...inputs, ...jobs]
    await tell(
      ledger,
      tenant,
      (draft) => jobs.map((one) => draft.assert({ ...one, id: idOf(draft, one), link })),
      { names },
    )
    const { size } = await ledger.checkpointOf(tenant, 3)
    await tell(ledger, tenant, (draft) => jobs.map((one) => draft.retire(idOf(draft, one))), {
      names,
    })
    let transactions = 0
    const count = async () => {
      transactions += 1
    }
    // Each of the six drops twelve edges, of which its header names none.
    const end = await advanceState(database, tenant, count, { leaves: 100, changes: 26 })
    expect([transactions, end.size]).toEqual([3, size + 7])
    await expectClean(database, tenant)
  })
})

describe('pages', () => {
  it('that only states of more than a day ago have are forgotten', async () => {
    const tenant = await freshTenant(ledger)
    for (let i = 0; i < 4; i++) {
      const { position } = await assertOne(ledger, tenant, dataset('a'), { fields: { i } })
      await ledger.checkpointOf(tenant, position.seq)
    }
    // How many pages a version takes depends on the ids, which are another tenant's each time.
    const { pages, ended } = await pagesOf(tenant)
    expect(ended).toBeGreaterThanOrEqual(3)
    const hour = 3_600_000
    expect(await forgetOldPages(database, tenant, Date.now() + 23 * hour)).toBe(0)
    expect(await forgetOldPages(database, tenant, Date.now() + 25 * hour)).toBe(ended)
    expect(await pagesOf(tenant)).toEqual({ pages: pages - ended, ended: 0 })
    const { position } = await assertOne(ledger, tenant, dataset('b'))
    await ledger.checkpointOf(tenant, position.seq)
    await expectClean(database, tenant)
  })

  it.each([
    'pages at a state',
    'roots of trees at a state',
    'end pages',
    'last state record at a position',
  ])('are found by their index: %s', async (name) => {
    const text = queries().find((one) => one.name === name)!
    const operators = await database.explain(text, {
      ...{ places: [{ tree: '', prefix: '' }], trees: [''] },
      ...{ state: 1, n: 1, position: 1 },
    })
    expect(operators.join()).toMatch(/IndexSeek/)
    expect(operators.join()).not.toMatch(/LabelScan|AllNodes|\bSort\b/)
  })
})
