import { describe, expect, it } from 'vitest'
import { openAcross } from '../../ledger/across.ts'
import type { Task } from '../../ledger/attempt.ts'
import type { Draft } from '../../ledger/draft.ts'
import { logBehindRegister } from '../../ledger/problems.ts'
import { readLog } from '../../lineage/log.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { assertOne, dataset, expectClean, headers } from './support.ts'

const { database, ledger } = await testLedger()

const pair = async () => {
  const tenants = [await freshTenant(ledger), await freshTenant(ledger)].sort()
  return tenants as [string, string]
}

const assertOn = (name: string) => async (draft: Draft) => {
  const named = dataset(name)
  return [draft.assert({ ...named, id: draft.urn('Dataset', named.namespace, named.name) })]
}

const NONE = `urn:selvedge:dataset:h:${'A'.repeat(43)}`

interface Across {
  name?: string
  key?: string
  request?: string
  mirror?: (draft: Draft) => ReturnType<ReturnType<typeof assertOn>>
}

const across = (
  tenant: string,
  other: string,
  { name = 'a', key, request = name, mirror = assertOn(name) }: Across = {},
) =>
  ledger.submitAcross({
    tenant,
    subject: 'ada',
    key,
    request,
    names: [dataset(name)],
    run: assertOn(name),
    other,
    mirror: { names: [dataset(name)], run: mirror },
  })

const sizes = async (...tenants: string[]) =>
  Promise.all(tenants.map(async (tenant) => (await readLog(database.graph(tenant).read))!.size))

describe('a command on two logs', () => {
  it('appends to both, whichever name comes first, and answers with the place in its own', async () => {
    const [a, b] = await pair()
    for (const [tenant, other, name] of [
      [a, b, 'x'],
      [b, a, 'y'],
    ] as const) {
      const before = await sizes(tenant, other)
      const { position, outcomes, replayed } = await across(tenant, other, { name })
      expect(await sizes(tenant, other)).toEqual(before.map((size) => size + 1))
      expect(position).toEqual({ epoch: 0, seq: before[0]! + 1 })
      expect(outcomes).toMatchObject([{ seq: before[0], version: 1, changed: true }])
      expect(replayed).toBe(false)
    }
    for (const tenant of [a, b]) await expectClean(database, tenant)
  })

  it('leaves nothing on either log where the second is refused', async () => {
    const [a, b] = await pair()
    const before = await sizes(a, b)
    const mirror = async (draft: Draft) => {
      await draft.load([NONE])
      return [draft.retire(NONE)]
    }
    await expect(across(a, b, { mirror })).rejects.toMatchObject({ code: 'ENTITY_UNKNOWN' })
    await expect(across(b, a, { mirror })).rejects.toMatchObject({ code: 'ENTITY_UNKNOWN' })
    expect(await sizes(a, b)).toEqual(before)
  })

  it('tells nothing of another log that is closed, and that not before its own has taken it', async () => {
    const [a, b] = await pair()
    const before = await sizes(a, b)
    const closed = logBehindRegister({ origin: `selvedge.test/${b}`, size: 1, seen: 7 })
    const writeAcross = openAcross(database, {
      before: async (tenant) => (tenant === b ? Promise.reject(closed) : null),
      moved: () => {},
      committed: () => {},
    })
    const task = (run: Task['run']): Task => ({
      ...{
        subject: 'ada',
        key: crypto.randomUUID(),
        request: 'r',
        text: 1,
        names: [],
        ids: [NONE],
      },
      run,
    })
    const taken = task(async () => [])
    const refused = task(async (draft) => [draft.retire(NONE)])
    const telling = { code: 'OTHER_LOG_CLOSED', details: {} }
    await expect(
      writeAcross({ tenant: a, task: taken, other: b, mirror: taken }),
    ).rejects.toMatchObject(telling)
    await expect(
      writeAcross({ tenant: a, task: refused, other: b, mirror: taken }),
    ).rejects.toMatchObject({ code: 'ENTITY_UNKNOWN' })
    expect(await sizes(a, b)).toEqual(before)
  })

  it('leaves nothing where there is no other log', async () => {
    const [a] = await pair()
    const before = await sizes(a)
    await expect(across(a, 'no-such-tenant')).rejects.toMatchObject({ code: 'TENANT_UNKNOWN' })
    expect(await sizes(a)).toEqual(before)
  })

  it('is done once under a key: neither log is told again', async () => {
    const [a, b] = await pair()
    const first = await across(b, a, { key: 'k' })
    const after = await sizes(a, b)
    expect(await across(b, a, { key: 'k' })).toEqual({ ...first, replayed: true })
    await expect(across(b, a, { key: 'k', request: 'other' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
    expect(await sizes(a, b)).toEqual(after)
  })

  it('leaves the keys of the other tenant’s own callers alone', async () => {
    const [a, b] = await pair()
    await across(a, b, { key: 'k' })
    const own = await assertOne(ledger, b, dataset('own'), {}, { key: 'k', subject: 'ada' })
    expect(own.replayed).toBe(false)
  })
})

it('never waits for itself: commands both ways at once, among others, all end', async () => {
  const [a, b] = await pair()
  const third = await freshTenant(ledger)
  const names = Array.from({ length: 8 }, (_, i) => `n${i}`)
  const before = await sizes(a, b, third)
  await Promise.all(
    names.flatMap((name) => [
      across(a, b, { name: `ab ${name}` }),
      across(b, a, { name: `ba ${name}` }),
      across(b, third, { name: `bt ${name}` }),
      across(third, a, { name: `ta ${name}` }),
      assertOne(ledger, a, dataset(`own ${name}`)),
      assertOne(ledger, b, dataset(`own ${name}`)),
    ]),
  )
  const grown = (await sizes(a, b, third)).map((size, i) => size - before[i]!)
  expect(grown).toEqual([32, 32, 16])
  for (const tenant of [a, b, third]) {
    await expectClean(database, tenant)
    const seqs = (await headers(database, tenant)).map(({ seq }) => seq)
    expect(new Set(seqs).size).toBe(seqs.length)
  }
})
