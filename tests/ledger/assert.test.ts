import { describe, expect, it } from 'vitest'
import type { Assertion, Draft } from '../../ledger/draft.ts'
import { MOST_BODY } from '../../ledger/versions.ts'
import { readLeaves } from '../../lineage/log.ts'
import { canonical } from '../../proofs/canonical.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { assertOne, dataset, expectClean, headers, idOf, job, tell } from './support.ts'

const { database, ledger } = await testLedger()
const [a, b, c, etl] = [dataset('a'), dataset('b'), dataset('c'), job('etl')] as const

/** What the next transaction finds of an entity. */
async function find(tenant: string, name: typeof a | typeof etl) {
  let found: ReturnType<Draft['get']>
  const look = async (draft: Draft) => {
    found = draft.get(idOf(draft, name))
    return []
  }
  await tell(ledger, tenant, look, { names: [name] })
  return found
}

describe('fields', () => {
  const set = (tenant: string, fields: Assertion['fields'], name = a) =>
    assertOne(ledger, tenant, name, { fields })

  it('keeps what is not mentioned, sets what is, deletes what is undefined', async () => {
    const tenant = await freshTenant(ledger)
    await set(tenant, { owner: 'ada', rows: 1, note: 'x' })
    await set(tenant, { rows: 2, note: undefined })
    expect(await find(tenant, a)).toMatchObject({ version: 2 })
    expect((await find(tenant, a))!.fields).toEqual({
      namespace: 'db',
      name: 'a',
      owner: 'ada',
      rows: 2,
    })
    await set(tenant, { owner: null })
    expect((await find(tenant, a))!.fields).toHaveProperty('owner', null)
    await expectClean(database, tenant)
  })

  it('takes a body of 4,000,000 characters, and refuses one more', async () => {
    const tenant = await freshTenant(ledger)
    const rest = canonical({ namespace: 'db', name: 'a', text: '' }).length
    await set(tenant, { text: 'x'.repeat(MOST_BODY - rest) })
    await expect(set(tenant, { text: 'x'.repeat(MOST_BODY - rest + 1) })).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
    })
    expect(await find(tenant, a)).toMatchObject({ version: 1 })
  })

  it('takes a field that is called like a member of every object for what it is', async () => {
    const tenant = await freshTenant(ledger)
    await set(tenant, JSON.parse('{"__proto__":{}}'))
    const again = await set(tenant, JSON.parse('{"__proto__":{}}'))
    expect(again.outcomes).toMatchObject([{ changed: false, version: 1 }])
    const swapped = await set(tenant, JSON.parse('{"toString":{}}'))
    expect(swapped.outcomes).toMatchObject([{ changed: true, version: 2 }])
    const names = Object.keys((await find(tenant, a))!.fields).sort()
    expect(names).toEqual(['__proto__', 'name', 'namespace', 'toString'])
    await expectClean(database, tenant)
  })

  it('never lets a field stand for the name that the id is made of', async () => {
    const tenant = await freshTenant(ledger)
    await set(tenant, { name: 'other', namespace: undefined })
    expect((await find(tenant, a))!.fields).toEqual({ namespace: 'db', name: 'a' })
  })

  it('appends nothing where only the order of members differs', async () => {
    const tenant = await freshTenant(ledger)
    await set(tenant, { facet: { x: [1, { y: 2, z: null }], w: 'a' } })
    const same = await set(tenant, { facet: { w: 'a', x: [1, { z: null, y: 2 }] } })
    expect(same.outcomes).toMatchObject([{ changed: false, version: 1, seq: 3 }])
    expect(same.position.seq).toBe(4)
    const other = await set(tenant, { facet: { w: 'a', x: [{ z: null, y: 2 }, 1] } })
    expect(other.outcomes).toMatchObject([{ changed: true, version: 2, seq: 4 }])
  })

  it('writes a name in NFC, whichever way it was typed', async () => {
    const tenant = await freshTenant(ledger)
    await set(tenant, { owner: 'x' }, dataset('cafe\u0301') as never)
    await assertOne(
      ledger,
      tenant,
      etl,
      { link: [{ rel: 'USED', to: dataset('the\u0301') }] },
      {
        names: [dataset('the\u0301')],
      },
    )
    expect(await find(tenant, dataset('caf\u00e9') as never)).toMatchObject({ name: 'caf\u00e9' })
    expect(await find(tenant, dataset('th\u00e9') as never)).toMatchObject({ name: 'th\u00e9' })
    await expectClean(database, tenant)
  })
})

describe('edges', () => {
  const names = [a, b, c, etl, job('parent')]
  const change = (
    tenant: string,
    what: Parameters<typeof assertOne>[3],
    name: typeof a | typeof etl = etl,
  ) => assertOne(ledger, tenant, name, what, { names })
  const derived = (to: typeof a) => ({ rel: 'WAS_DERIVED_FROM' as const, to })
  const used = (to: typeof a) => ({ rel: 'USED' as const, to })

  it('keeps, adds, drops, and replaces relations apart from each other', async () => {
    const tenant = await freshTenant(ledger)
    const rels = async () =>
      [...(await find(tenant, etl))!.links.values()].map(({ rel }) => rel).sort()
    await change(tenant, {
      link: [used(a), used(b), { rel: 'PART_OF', to: job('parent') }],
    })
    expect(await rels()).toEqual(['PART_OF', 'USED', 'USED'])
    await change(tenant, (draft) => ({ unlink: [{ rel: 'USED', id: idOf(draft, a) }] }))
    expect(await rels()).toEqual(['PART_OF', 'USED'])
    await change(tenant, { replace: [{ rel: 'USED', targets: [{ to: c }] }] })
    expect(await rels()).toEqual(['PART_OF', 'USED'])
    await change(tenant, { replace: [{ rel: 'USED', targets: [] }] })
    expect(await rels()).toEqual(['PART_OF'])
    const later = (await headers(database, tenant)).filter(
      ({ kind, version }) => kind === 'Job' && version > 1,
    )
    expect(later.map(({ links, unlinks }) => [links.length, unlinks.length])).toEqual([
      [0, 1],
      [1, 1],
      [0, 1],
    ])
    await expectClean(database, tenant)
  })

  it('appends nothing for an edge that is in force, or dropped and added at once', async () => {
    const tenant = await freshTenant(ledger)
    await change(tenant, { link: [used(a)] })
    const again = await change(tenant, { link: [used(a)] })
    const swapped = await change(tenant, (draft) => ({
      link: [used(a)],
      unlink: [{ rel: 'USED', id: idOf(draft, a) }],
    }))
    expect([again, swapped].map(({ outcomes }) => outcomes[0]!.changed)).toEqual([false, false])
    await expectClean(database, tenant)
  })

  it('passes over the drop of an edge that is not in force', async () => {
    const tenant = await freshTenant(ledger)
    await change(tenant, { link: [used(a)] })
    const { outcomes } = await change(tenant, (draft) => ({
      unlink: [{ rel: 'USED', id: idOf(draft, b) }],
    }))
    expect(outcomes[0]!.changed).toBe(false)
  })

  it('links at the latest leaf of the other, itself at none, and at a new one when linked again', async () => {
    const tenant = await freshTenant(ledger)
    await change(tenant, { link: [derived(a), derived(b)] }, a)
    await change(tenant, { fields: { owner: 'x' } }, b)
    await change(tenant, { fields: { owner: 'x' } }, a)
    await change(
      tenant,
      (draft) => ({ unlink: [{ rel: 'WAS_DERIVED_FROM', id: idOf(draft, b) }] }),
      a,
    )
    await change(tenant, { link: [derived(b)] }, a)
    const rows = await readLeaves(database.graph(tenant).read, 3, 10)
    const [stub, first, changed, same, , relinked] = rows.map(({ header }) => JSON.parse(header))
    const linked = new Map(
      first.links.map(({ id, leaf }: { id: string; leaf: string }) => [id, leaf]),
    )
    expect(linked).toEqual(
      new Map([
        [first.id, null],
        [stub.id, rows[0]!.leaf],
      ]),
    )
    expect(same.links).toEqual([])
    expect(changed.id).toBe(stub.id)
    expect(relinked.links).toMatchObject([{ leaf: rows[2]!.leaf }])
    await expectClean(database, tenant)
  })

  it('moves the time of an edge forward only, also within one transaction', async () => {
    const tenant = await freshTenant(ledger)
    const at = (time: string) => change(tenant, { fields: { time }, link: [{ ...used(a), time }] })
    const times = async () => [...(await find(tenant, etl))!.links.values()].map(({ time }) => time)
    await at('2026-01-01')
    await Promise.all([at('2026-01-03'), at('2026-01-02')])
    expect(await times()).toEqual(['2026-01-03'])
    await at('2026-01-02')
    expect(await times()).toEqual(['2026-01-03'])
    await expectClean(database, tenant)
  })
})

describe('stubs', () => {
  it('stand in id order immediately before the record that needs them, with a name and nothing else', async () => {
    const tenant = await freshTenant(ledger)
    const inputs = Array.from({ length: 12 }, (_, i) => dataset(`input ${i}`))
    await tell(
      ledger,
      tenant,
      (draft) => [
        draft.assert({ ...a, id: idOf(draft, a) }),
        draft.assert({
          ...etl,
          id: idOf(draft, etl),
          link: inputs.map((to) => ({ rel: 'USED' as const, to })),
        }),
        draft.assert({ ...inputs[3]!, id: idOf(draft, inputs[3]!), fields: { owner: 'x' } }),
      ],
      { names: [a, etl, ...inputs] },
    )
    const all = await headers(database, tenant)
    expect(all.map(({ kind, version }) => `${kind} ${version}`)).toEqual([
      'Dataset 1',
      ...inputs.map(() => 'Dataset 1'),
      'Job 1',
      'Dataset 2',
    ])
    const ids = all.slice(1, 13).map(({ id }) => id)
    expect(ids).toEqual([...ids].sort())
    expect(all.slice(1, 13).every(({ links }) => links.length === 0)).toBe(true)
    expect((await find(tenant, inputs[0]! as never))!.fields).toEqual({
      namespace: 'db',
      name: 'input 0',
    })
    await expectClean(database, tenant)
  })

  it('arise once, however often a transaction names them', async () => {
    const tenant = await freshTenant(ledger)
    await Promise.all(
      ['x', 'y', 'z'].map((name) =>
        assertOne(ledger, tenant, job(name), { link: [{ rel: 'USED', to: a }] }, { names: [a] }),
      ),
    )
    const all = await headers(database, tenant)
    expect(all.filter(({ kind }) => kind === 'Dataset')).toHaveLength(1)
    await expectClean(database, tenant)
  })
})

describe('retiring', () => {
  it('drops out-edges and body, keeps in-edges, and gives new edges a new since', async () => {
    const tenant = await freshTenant(ledger)
    const names = [a, b, etl]
    const link = [{ rel: 'WAS_GENERATED_BY' as const, to: etl }]
    await assertOne(ledger, tenant, a, { fields: { owner: 'x' }, link }, { names })
    await assertOne(ledger, tenant, b, { link: [{ rel: 'WAS_DERIVED_FROM', to: a }] }, { names })
    await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, a)), { names })
    expect(await find(tenant, a)).toMatchObject({ action: 'retire', version: 2, fields: {} })
    expect((await find(tenant, a))!.links.size).toBe(0)
    expect((await find(tenant, b))!.links.size).toBe(1)
    const again = await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, a)), { names })
    expect(again.outcomes).toMatchObject([{ changed: false, version: 2 }])
    const back = await assertOne(ledger, tenant, a, { link }, { names })
    expect(back.outcomes).toMatchObject([{ changed: true, version: 3 }])
    expect(await find(tenant, a)).toMatchObject({ fields: { namespace: 'db', name: 'a' } })
    expect((await headers(database, tenant)).at(-1)!.links).toHaveLength(1)
    await expectClean(database, tenant)
  })

  it('and asserting again in one transaction leaves just the new edge in force', async () => {
    const tenant = await freshTenant(ledger)
    const names = [a, etl]
    const link = [{ rel: 'WAS_GENERATED_BY' as const, to: etl }]
    await assertOne(ledger, tenant, a, { link }, { names })
    await tell(
      ledger,
      tenant,
      (draft) => [draft.retire(idOf(draft, a)), draft.assert({ ...a, id: idOf(draft, a), link })],
      { names },
    )
    expect((await find(tenant, a))!.links.size).toBe(1)
    await expectClean(database, tenant)
  })

  it('pins a link to a retired neighbour at the leaf that retired it, and does not revive it', async () => {
    const tenant = await freshTenant(ledger)
    await assertOne(ledger, tenant, a)
    await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, a)), { names: [a] })
    await assertOne(ledger, tenant, etl, { link: [{ rel: 'USED', to: a }] }, { names: [a] })
    const rows = await readLeaves(database.graph(tenant).read, 3, 10)
    expect(rows).toHaveLength(3)
    expect(JSON.parse(rows[2]!.header).links).toMatchObject([{ leaf: rows[1]!.leaf }])
    await expectClean(database, tenant)
  })

  it('leaves another name of the canonical, which later mentions resolve to', async () => {
    const tenant = await freshTenant(ledger)
    const names = [a, b, c, etl]
    await assertOne(ledger, tenant, a)
    await assertOne(ledger, tenant, b)
    await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, b), idOf(draft, a)), { names })
    await assertOne(ledger, tenant, etl, { link: [{ rel: 'USED', to: b }] }, { names })
    const changed = await assertOne(ledger, tenant, b, { fields: { owner: 'x' } }, { names })
    expect(await find(tenant, a)).toMatchObject({ version: 2, fields: { owner: 'x' } })
    expect((await find(tenant, etl))!.links.has(`USED ${changed.outcomes[0]!.id}`)).toBe(true)
    const dropped = await assertOne(
      ledger,
      tenant,
      etl,
      (draft) => ({ unlink: [{ rel: 'USED', id: idOf(draft, b) }] }),
      { names },
    )
    expect(dropped.outcomes[0]!.changed).toBe(true)
    expect((await find(tenant, etl))!.links.size).toBe(0)
    await expectClean(database, tenant)
  })
})
