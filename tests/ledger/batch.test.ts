import { describe, expect, it } from 'vitest'
import { openForgetting } from '../../ledger/forgetting.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { findCommands } from '../../lineage/commands.ts'
import { readLog } from '../../lineage/log.ts'
import { readActors } from '../../lineage/tenants.ts'
import { ProofError } from '../../proofs/error.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import {
  type Asked,
  assertOne,
  dataset,
  expectClean,
  headers,
  idOf,
  job,
  rawDatabase,
  tell,
  withCode,
} from './support.ts'

const opened = await testLedger()
const { database, ledger, errors } = opened
const raw = rawDatabase()
const a = dataset('a')

const record = (tenant: string, name = 'a', asked: Asked = {}) =>
  assertOne(ledger, tenant, dataset(name), {}, asked)
const sizeOf = async (tenant: string) => (await readLog(database.graph(tenant).read))!.size

describe('a key', () => {
  const asked = { key: 'k1', request: 'record a' }

  it('gets the first positions again, whenever and however often it comes', async () => {
    const tenant = await freshTenant(ledger)
    const first = await record(tenant, 'a', asked)
    await record(tenant, 'b')
    const again = await record(tenant, 'a', asked)
    expect(again).toEqual({ ...first, replayed: true })
    expect(await sizeOf(tenant)).toBe(5)
  })

  it('is carried out once where it comes twice at the same time', async () => {
    const tenant = await freshTenant(ledger)
    const receipts = await Promise.all([
      record(tenant, 'a', asked),
      record(tenant, 'a', asked),
      record(tenant, 'b'),
      record(tenant, 'a', asked),
    ])
    expect(receipts.map(({ replayed }) => replayed)).toEqual([false, true, false, true])
    expect(receipts[3]).toEqual({ ...receipts[0], replayed: true })
    expect(await sizeOf(tenant)).toBe(5)
  })

  it('is refused for another request, and means something else for another subject', async () => {
    const tenant = await freshTenant(ledger)
    await record(tenant, 'a', asked)
    await expect(record(tenant, 'b', { ...asked, request: 'record b' })).rejects.toEqual(
      withCode('IDEMPOTENCY_KEY_REUSED'),
    )
    const other = await record(tenant, 'b', { ...asked, subject: 'bob' })
    expect(other.replayed).toBe(false)
    expect(await sizeOf(tenant)).toBe(5)
  })

  it('of a command that was refused leaves nothing, not even a name for who asked', async () => {
    const tenant = await freshTenant(ledger)
    const ask = tell(ledger, tenant, (draft) => draft.retire(idOf(draft, a)), {
      subject: 'a stranger',
      key: 'k',
      names: [a],
    })
    await expect(ask).rejects.toEqual(withCode('ENTITY_UNKNOWN'))
    const { read } = database.graph(tenant)
    expect(await readActors(read, ['a stranger'])).toEqual(new Map())
    expect(await findCommands(read, [{ principal: 'a stranger', key: 'k' }])).toEqual([])
  })

  it('of a command that was refused is free for the next try', async () => {
    const tenant = await freshTenant(ledger)
    const retire = () =>
      tell(ledger, tenant, (draft) => draft.retire(idOf(draft, a)), { ...asked, names: [a] })
    await expect(retire()).rejects.toEqual(withCode('ENTITY_UNKNOWN'))
    await record(tenant)
    expect((await retire()).replayed).toBe(false)
  })

  it('of a command that changed nothing gets that answer again', async () => {
    const tenant = await freshTenant(ledger)
    await record(tenant)
    const first = await record(tenant, 'a', asked)
    await assertOne(ledger, tenant, a, { fields: { owner: 'x' } })
    const again = await record(tenant, 'a', asked)
    expect(again).toEqual({ ...first, replayed: true })
    expect(again.outcomes).toMatchObject([{ changed: false, version: 1 }])
  })

  it('is forgotten after two days, and not before', async () => {
    let now = Date.now()
    const { keys } = opened
    const own = await openLedger({
      database,
      service: SERVICE_NAME,
      keys,
      register: null,
      now: () => now,
    })
    const tenant = await freshTenant(ledger)
    const write = (name: string, key: string) =>
      assertOne(own, tenant, dataset(name), {}, { key, request: name })
    const kept = async () => {
      const rows = await raw(
        'MATCH (c:Command {tenant: $tenant}) RETURN c.key AS key ORDER BY key',
        { tenant },
      )
      return rows.map(({ key }) => key)
    }
    await write('a', 'a')
    now += 47 * 3_600_000
    await write('b', 'b')
    expect((await write('a', 'a')).replayed).toBe(true)
    now += 2 * 3_600_000
    await write('c', 'c')
    await own.close()
    expect(await kept()).toEqual([])
  })

  it('is forgotten where nobody writes to the tenant any more, too', async () => {
    const tenant = `idle-${crypto.randomUUID()}`
    await ledger.createTenant({ tenant, subject: 'test', key: 'old' })
    await assertOne(ledger, tenant, a, {}, { key: 'new' })
    const old = new Date(Date.now() - 49 * 3_600_000).toISOString()
    await raw("MATCH (c:Command {tenant: $tenant, key: 'old'}) SET c.at = $old", { tenant, old })
    const forgetting = openForgetting(database, {
      lookMs: 20,
      onError: (error) => errors.push(error),
    })
    const kept = async () => {
      const rows = await raw('MATCH (c:Command {tenant: $tenant}) RETURN c.key AS key', { tenant })
      return rows.map(({ key }) => key)
    }
    await expect.poll(kept, { timeout: 20_000 }).toEqual(['new'])
    await forgetting.close()
  })

  it.each(['', 'with space', 'é', 'x'.repeat(256)])('cannot be %j', async (key) => {
    await expect(record('any', 'a', { key })).rejects.toEqual(withCode('IDEMPOTENCY_KEY_INVALID'))
  })
})

describe('a shared transaction', () => {
  it('survives the refusal of one of its commands, which leaves nothing behind', async () => {
    const tenant = await freshTenant(ledger)
    const refused = tell(
      ledger,
      tenant,
      (draft) => [
        draft.assert({ ...dataset('gone'), id: idOf(draft, dataset('gone')) }),
        draft.assert({
          ...job('etl'),
          id: idOf(draft, job('etl')),
          link: [
            { rel: 'USED', to: dataset('stub') },
            { rel: 'USED', id: idOf(draft, dataset('nowhere')) },
          ],
        }),
      ],
      { names: [dataset('gone'), job('etl'), dataset('stub'), dataset('nowhere')] },
    )
    const others = [record(tenant, 'before'), refused, record(tenant, 'after')]
    const settled = await Promise.allSettled(others)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await expect(refused).rejects.toEqual(withCode('UNKNOWN_NEIGHBOUR'))
    expect(await headers(database, tenant)).toHaveLength(2)
    const nodes = await raw('MATCH (e:Entity {tenant: $tenant}) RETURN count(e) AS count', {
      tenant,
    })
    expect(nodes).toEqual([{ count: 3 }])
    await expectClean(database, tenant)
  })

  it('is tried one by one where a command fails in a way that is nobody’s mistake', async () => {
    const tenant = await freshTenant(ledger)
    let runs = 0
    const broken = tell(ledger, tenant, () => {
      runs += 1
      throw new TypeError('a fault of ours')
    })
    const settled = await Promise.allSettled([
      record(tenant, 'x'),
      broken,
      record(tenant, 'y', { key: 'y' }),
      record(tenant, 'z'),
    ])
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    await expect(broken).rejects.toThrow('a fault of ours')
    expect(runs).toBeGreaterThan(1)
    expect(await sizeOf(tenant)).toBe(6)
    await expectClean(database, tenant)
  })

  it('shows each command what those before it did', async () => {
    const tenant = await freshTenant(ledger)
    const seen: number[] = []
    const next = () =>
      tell(
        ledger,
        tenant,
        async (draft) => {
          const id = idOf(draft, a)
          seen.push(draft.get(id)?.version ?? 0)
          return [draft.assert({ ...a, id, fields: { version: seen.length } })]
        },
        { names: [a] },
      )
    const receipts = await Promise.all([next(), next(), next()])
    expect(seen).toEqual([0, 1, 2])
    expect(receipts.map(({ position }) => position.seq)).toEqual([4, 5, 6])
    await expectClean(database, tenant)
  })

  it('shows in-edges as its earlier commands leave them, each once', async () => {
    const tenant = await freshTenant(ledger)
    const [kept, dropped, added] = [job('kept'), job('dropped'), job('added')]
    const names = [a, kept, dropped, added]
    const use = (name: ReturnType<typeof job>, time?: string) =>
      assertOne(
        ledger,
        tenant,
        name,
        { fields: { time: time ?? null }, link: [{ rel: 'USED', to: a, time }] },
        { names },
      )
    await Promise.all([use(kept, '1'), use(dropped)])
    let incoming: unknown[] = []
    await Promise.all([
      use(added),
      use(kept, '2'),
      assertOne(ledger, tenant, dropped, { replace: [{ rel: 'USED', targets: [] }] }, { names }),
      tell(
        ledger,
        tenant,
        async (draft) => {
          draft.assert({ ...added, id: idOf(draft, added), fields: { again: true } })
          incoming = (await draft.incoming(idOf(draft, a))).map(({ id, time }) => [id, time])
          return []
        },
        { names },
      ),
    ])
    const all = await headers(database, tenant)
    const ids = new Map(all.map(({ id, links }) => [id, links.length]))
    expect(ids.size).toBe(4)
    expect(incoming).toHaveLength(2)
    expect(new Map(incoming as [string, string | null][])).toEqual(
      new Map([
        [all[1]!.id, '2'],
        [all.find(({ id, seq }) => seq > 5 && id !== all[1]!.id)!.id, null],
      ]),
    )
    await expectClean(database, tenant)
  })
})

describe('a server that is asked for too much', () => {
  it('sheds early what it would have to keep waiting, and carries out what it accepted', async () => {
    const tenant = await freshTenant(ledger)
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const first = tell(ledger, tenant, async () => {
      await gate
      return []
    })
    const long = 'x'.repeat(33_000_000)
    const accepted = [1, 2].map((n) => record(tenant, `long ${n}`, { request: `${n}${long}` }))
    await expect(record(tenant, 'one too many')).rejects.toEqual(withCode('LEDGER_BUSY'))
    open()
    await Promise.all([first, ...accepted])
    await record(tenant, 'again')
    expect(await sizeOf(tenant)).toBe(6)
  })
})

describe('time', () => {
  it('never falls along a log, though the clock may', async () => {
    const tenant = await freshTenant(ledger)
    const future = '2199-12-31T23:59:59.999Z'
    await raw('MATCH (l:Log {tenant: $tenant}) SET l.at = $future', { tenant, future })
    await record(tenant, 'a')
    await record(tenant, 'b')
    expect((await headers(database, tenant)).map(({ at }) => at)).toEqual([future, future])
  })
})

describe('refusals', () => {
  const link = (to: object) => ({ link: [{ rel: 'USED', ...to } as never] })
  const other = '018f2b5e-0000-7000-8000-000000000000'

  it.each([
    [
      'a neighbour that is not there',
      'UNKNOWN_NEIGHBOUR',
      link({ id: `urn:selvedge:dataset:${other}` }),
    ],
    ['a relation to the wrong kind', 'RELATION_INVALID', link({ to: job('x') })],
    ['an id of another kind', 'KIND_MISMATCH', { id: `urn:selvedge:dataset:${other}` }],
    ['an id that is none', 'KIND_MISMATCH', { id: 'urn:selvedge:job:x' }],
    ['the id of another name', 'ENTITY_UNKNOWN', { name: 'not etl' }],
    ['a text with half a character', 'RECORD_INVALID', { fields: { owner: '\ud800' } }],
  ] as const)('refuses %s with %s, and appends nothing', async (_what, code, change) => {
    const tenant = await freshTenant(ledger)
    const asserting = assertOne(ledger, tenant, job('etl'), change as never, {
      names: [job('x') as never],
      ids: [`urn:selvedge:dataset:${other}`],
    })
    await expect(asserting).rejects.toEqual(withCode(code))
    expect(await sizeOf(tenant)).toBe(3)
  })

  it('refuses what would make a header that no log can hold', async () => {
    const tenant = await freshTenant(ledger)
    const asserting = tell(ledger, tenant, () => {
      throw new ProofError('PROOF_LEAF_TOO_LARGE', 'as the writing of a leaf says')
    })
    await expect(asserting).rejects.toEqual(withCode('HEADER_TOO_LARGE'))
  })

  it('refuses half a character in a name before it joins any batch', async () => {
    const tenant = await freshTenant(ledger)
    await expect(record(tenant, '\udc00')).rejects.toEqual(withCode('NAME_INVALID'))
  })

  it('refuses to retire the tenant, or to make an entity another name of itself', async () => {
    const tenant = await freshTenant(ledger)
    await Promise.all([record(tenant, 'a'), record(tenant, 'b')])
    const names = [a, dataset('b'), job('j')]
    await assertOne(ledger, tenant, job('j'))
    const retire = (work: Parameters<typeof tell>[2]) => tell(ledger, tenant, work, { names })
    const own = { kind: 'Tenant', namespace: 'tenant', name: tenant } as never
    await expect(
      tell(ledger, tenant, (draft) => draft.retire(idOf(draft, own)), { names: [own] }),
    ).rejects.toEqual(withCode('RETIRE_REFUSED'))
    await expect(retire((draft) => draft.retire(idOf(draft, a), idOf(draft, a)))).rejects.toEqual(
      withCode('ALIAS_CYCLE'),
    )
    await expect(
      retire((draft) => draft.retire(idOf(draft, a), idOf(draft, job('j')))),
    ).rejects.toEqual(withCode('RELATION_INVALID'))
    await retire((draft) => draft.retire(idOf(draft, a), idOf(draft, dataset('b'))))
    await expect(
      retire((draft) => draft.retire(idOf(draft, dataset('b')), idOf(draft, a))),
    ).rejects.toEqual(withCode('ALIAS_CYCLE'))
    await expectClean(database, tenant)
  })

  it('knows no tenant that was not created, however often it is asked', async () => {
    await expect(record('nobody')).rejects.toEqual(withCode('TENANT_UNKNOWN'))
    await expect(record('-')).rejects.toEqual(withCode('TENANT_UNKNOWN'))
    await expect(ledger.checkpoint('nobody')).rejects.toEqual(withCode('TENANT_UNKNOWN'))
  })
})

describe('founding', () => {
  it('creates a tenant once, though two ask at the same time', async () => {
    const tenant = `twice-${crypto.randomUUID().slice(0, 8)}`
    const asked = ['ada', 'bob', 'cy'].map((subject) => ledger.createTenant({ tenant, subject }))
    const settled = await Promise.allSettled(asked)
    const refused = settled.filter((end) => end.status === 'rejected')
    expect(refused.map(({ reason }) => reason.code)).toEqual(['TENANT_EXISTS', 'TENANT_EXISTS'])
    await expectClean(database, tenant)
  })

  it('gives a repeated key the first answer', async () => {
    const tenant = `keyed-${crypto.randomUUID().slice(0, 8)}`
    const create = (name = tenant) =>
      ledger.createTenant({ tenant: name, subject: 'ada', key: 'k' })
    const [first, again] = [await create(), await create()]
    expect(again).toEqual({ ...first, replayed: true })
  })

  it.each(['', 'Acme', '-', 'a'.repeat(64), 'a b', 'ä'])('refuses the name %j', async (tenant) => {
    await expect(ledger.createTenant({ tenant, subject: 'ada' })).rejects.toEqual(
      withCode('TENANT_NAME_INVALID'),
    )
  })
})

it('left nothing to be told in the background', () => expect(errors).toEqual([]))
