import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { checkLog } from '../../domains/fsck/check-log.ts'
import type { Because, Draft } from '../../ledger/draft.ts'
import { entitiesByIds } from '../../lineage/entities.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import {
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

const { database, ledger, journal } = await testLedger()
const raw = rawDatabase()

const EMPTY_BODY = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
const because = (): Because => ({
  id: `urn:selvedge:erasure:${uuidv7()}`,
  ground: 'consent-withdrawn',
  reason: 'asked for on the phone',
})

const erase = (tenant: string, entity: string, records?: number[], why = because()) =>
  ledger.erase({
    tenant,
    subject: 'dpo',
    request: `erase ${entity} ${records} ${why.id}`,
    because: why,
    what: { entity, ...(records && { records }) },
  })

const customer = dataset('ada.lovelace@example.org')

/** A dataset with personal data in three versions, and another that came from it. */
async function world() {
  const tenant = await freshTenant(ledger, 'erase')
  const mail = { fields: { mail: 'ada@example.org' } }
  const first = await assertOne(ledger, tenant, customer, mail)
  const id = first.outcomes[0]!.id
  await assertOne(
    ledger,
    tenant,
    dataset('report'),
    {
      link: [{ rel: 'WAS_DERIVED_FROM', id }],
    },
    { ids: [id] },
  )
  await assertOne(ledger, tenant, customer, { fields: { phone: '+44 20 7946 0958' } })
  const link = [{ rel: 'WAS_GENERATED_BY' as const, to: job('crm') }]
  await assertOne(ledger, tenant, customer, { link }, { names: [job('crm')] })
  return { tenant, id }
}

const stored = (tenant: string) =>
  raw('MATCH (n {tenant: $tenant}) RETURN properties(n) AS properties', { tenant })

const entity = async (tenant: string, id: string, n: number | null = null) =>
  (await entitiesByIds(database.graph(tenant).read, [id], n))?.entities[0]

describe('erasing an entity', () => {
  it('leaves nothing of what it said anywhere in the database, and every edge', async () => {
    const { tenant, id } = await world()
    const before = await headers(database, tenant)
    const { outcomes } = await erase(tenant, id)
    const after = await headers(database, tenant)
    expect(after.slice(0, before.length)).toEqual(before)
    const [erased, told] = after.slice(before.length) as [RecordHeader, RecordHeader]
    const own = before.filter((header) => header.id === id)
    expect(erased).toMatchObject({
      id,
      action: 'erase',
      version: 4,
      links: [],
      unlinks: [],
      out: own.at(-1)!.out,
      body: EMPTY_BODY,
      targets: own.map(({ seq }) => seq),
    })
    expect(told).toMatchObject({ kind: 'Erasure', links: [{ rel: 'BASED_ON', id }] })
    expect(outcomes.map(({ seq }) => seq)).toEqual([erased.seq, told.seq])
    const text = JSON.stringify(await stored(tenant))
    for (const word of ['ada@', 'lovelace', '7946']) expect(text).not.toContain(word)
    const read = await entity(tenant, id)
    expect(read).toMatchObject({ namespace: '', name: '', version: 4, retired: false })
    await expectClean(database, tenant)
  })

  it('is found by its name as before, and linked to as before', async () => {
    const { tenant, id } = await world()
    await erase(tenant, id)
    const { outcomes } = await assertOne(
      ledger,
      tenant,
      dataset('second report'),
      { link: [{ rel: 'WAS_DERIVED_FROM', to: customer }] },
      { names: [customer] },
    )
    expect(outcomes[0]).toMatchObject({ changed: true, version: 1 })
    const last = (await headers(database, tenant)).at(-1)!
    expect(last.links).toMatchObject([{ rel: 'WAS_DERIVED_FROM', id }])
    expect((await entity(tenant, id))?.name).toBe('')
    await expectClean(database, tenant)
  })

  it('takes a later assertion as the next version, with what it newly says and nothing else', async () => {
    const { tenant, id } = await world()
    await erase(tenant, id)
    const { outcomes } = await assertOne(ledger, tenant, customer, { fields: { rows: 7 } })
    expect(outcomes[0]).toMatchObject({ id, version: 5, changed: true })
    const [row] = await raw('MATCH (r:Record {tenant: $tenant, seq: $seq}) RETURN r.fields AS f', {
      tenant,
      seq: outcomes[0]!.seq,
    })
    const said = { namespace: 'db', name: customer.name, rows: 7 }
    expect(JSON.parse(row!.f as string)).toEqual(said)
    expect(await entity(tenant, id)).toMatchObject({ name: customer.name })
    const header = (await headers(database, tenant)).at(-1)!
    expect([header.links, header.unlinks]).toEqual([[], []])
    await expectClean(database, tenant)
  })

  it('keeps the name away from who changes it by id alone, or by the name of an alias', async () => {
    const { tenant, id } = await world()
    await tell(
      ledger,
      tenant,
      (draft) => [
        draft.assert({ ...dataset('other name'), id: idOf(draft, dataset('other name')) }),
      ],
      { names: [dataset('other name')] },
    )
    await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, dataset('other name')), id), {
      names: [dataset('other name')],
      ids: [id],
    })
    await erase(tenant, id)
    await assertOne(ledger, tenant, dataset('other name'), { fields: { rows: 1 } })
    expect(await entity(tenant, id)).toMatchObject({ namespace: '', name: '' })
    await expectClean(database, tenant)
  })

  it('stays retired, and an alias, where it was; asserted anew it is neither', async () => {
    const { tenant, id } = await world()
    const alias = dataset('ada by another name')
    await assertOne(ledger, tenant, alias)
    const asked = { names: [alias], ids: [id] }
    await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, alias), id), asked)
    const old = (await headers(database, tenant)).findLast(({ action }) => action === 'retire')!
    await erase(tenant, old.id)
    expect(await entity(tenant, old.id)).toMatchObject({ retired: true, aliasOf: id, name: '' })
    const n = (await headers(database, tenant)).at(-1)!.seq + 1
    await tell(ledger, tenant, (draft) => draft.retire(id), { ids: [id] })
    expect(await entity(tenant, old.id, n)).toMatchObject({ retired: true, aliasOf: id })
    await erase(tenant, id)
    expect(await entity(tenant, id)).toMatchObject({ retired: true, aliasOf: null, name: '' })
    await expectClean(database, tenant)
  })

  it('does nothing where nothing is left, and says so', async () => {
    const { tenant, id } = await world()
    await erase(tenant, id)
    const size = await expectClean(database, tenant)
    const { outcomes } = await erase(tenant, id)
    expect(outcomes).toMatchObject([{ id, changed: false }])
    expect(await expectClean(database, tenant)).toBe(size)
  })

  it('erases what the same transaction has just written', async () => {
    const { tenant, id } = await world()
    const why = because()
    await tell(
      ledger,
      tenant,
      async (draft) => [
        draft.assert({ ...customer, id, fields: { mail: 'countess@example.org' } }),
        ...(await draft.erase({ id }, why)),
      ],
      { ids: [id] },
    )
    expect(JSON.stringify(await stored(tenant))).not.toContain('countess')
    await expectClean(database, tenant)
  })

  it.each([
    [
      'the tenant itself',
      (draft: Draft) => draft.urn('Tenant', 'tenant', draft.tenant),
      'ERASE_REFUSED',
    ],
    ['nothing that there is', () => `urn:selvedge:dataset:${uuidv7()}`, 'ENTITY_UNKNOWN'],
  ])('refuses %s', async (_what, of, code) => {
    const tenant = await freshTenant(ledger, 'erase')
    let id = ''
    await tell(ledger, tenant, (draft) => {
      id = of(draft)
      return []
    })
    await expect(erase(tenant, id)).rejects.toEqual(withCode(code))
    expect(await journal.of(tenant)).toEqual([])
  })
})

describe('erasing some records of an entity', () => {
  it('takes their bodies and leaves the one in force as it is', async () => {
    const { tenant, id } = await world()
    const own = (await headers(database, tenant)).filter((header) => header.id === id)
    await erase(tenant, id, [own[0]!.seq])
    const erased = (await headers(database, tenant)).find(({ action }) => action === 'erase')!
    expect(erased).toMatchObject({ targets: [own[0]!.seq], body: own.at(-1)!.body })
    expect(await entity(tenant, id)).toMatchObject({ name: customer.name })
    await expectClean(database, tenant)
    // What repeats a body carries it: both go together.
    await erase(tenant, id, [erased.seq])
    const second = (await headers(database, tenant)).findLast(({ action }) => action === 'erase')!
    expect(second).toMatchObject({ targets: [own.at(-1)!.seq, erased.seq], body: EMPTY_BODY })
    await expectClean(database, tenant)
  })

  it('takes all parts of a record that was split, for they have one body', async () => {
    const tenant = await freshTenant(ledger, 'erase')
    const inputs = Array.from({ length: 700 }, (_, i) => dataset(`input ${i}`))
    const link = inputs.map((to) => ({ rel: 'USED' as const, to }))
    await assertOne(
      ledger,
      tenant,
      job('wide'),
      { fields: { who: 'ada' }, link },
      { names: inputs },
    )
    const parts = (await headers(database, tenant)).filter(({ kind }) => kind === 'Job')
    expect(parts.length).toBe(3)
    await erase(tenant, parts[0]!.id, [parts[1]!.seq])
    const erased = (await headers(database, tenant)).find(({ action }) => action === 'erase')!
    expect(erased.targets).toEqual(parts.map(({ seq }) => seq))
    await expectClean(database, tenant)
  })

  it('refuses records of another entity, and an empty list', async () => {
    const { tenant, id } = await world()
    for (const records of [[2], [1_000_000], []]) {
      await expect(erase(tenant, id, records)).rejects.toEqual(withCode('ERASE_RECORD_INVALID'))
    }
  })
})

it('erases more than 3,000 bodies by several records, none of which repeats what is to go', async () => {
  const tenant = await freshTenant(ledger, 'erase')
  let id = ''
  const versions = (from: number) =>
    tell(
      ledger,
      tenant,
      (draft) => {
        id = idOf(draft, customer)
        return Array.from({ length: 2_200 }, (_, i) =>
          draft.assert({ ...customer, id, fields: { i: from + i } }),
        )
      },
      { names: [customer] },
    )
  for (const from of [0, 2_200, 4_400]) await versions(from)
  const why = because()
  const { outcomes } = await erase(tenant, id, undefined, why)
  const erased = (await headers(database, tenant, 6_603)).filter(({ action }) => action === 'erase')
  expect(erased.map(({ targets }) => targets!.length)).toEqual([3_000, 3_000, 600])
  expect(erased.map(({ body }) => body)).toEqual([EMPTY_BODY, EMPTY_BODY, EMPTY_BODY])
  expect(new Set(erased.flatMap(({ targets }) => targets)).size).toBe(6_600)
  expect(outcomes.at(-1)).toMatchObject({ id: why.id, changed: true })
  await expectClean(database, tenant)
}, 60_000)

describe('fsck', () => {
  const found = async (tenant: string) => {
    const { differences } = await checkLog(database.graph(tenant))
    return [...new Set(differences.map(({ name }) => name))].sort()
  }
  const record = 'MATCH (r:Record {tenant: $tenant, id: $id, version: 1})'
  const other = "MATCH (r:Record {tenant: $tenant, kind: 'Job', version: 1})"
  const node = 'MATCH (e:Dataset {tenant: $tenant}) WHERE e.erased IS NOT NULL'

  it.each([
    ['an erased body that is stored again', `${record} SET r.fields = '{}'`, ['BODY_ERASED']],
    ['a secret that was left', `${record} SET r.secret = 'x'`, ['BODY_ERASED']],
    ['a column that names no erasure', `${record} REMOVE r.erased`, ['LEAF_COLUMN']],
    ['a column that names one that is not', `${record} SET r.erased = 1`, ['LEAF_COLUMN']],
    ['a record called erased that is not', `${other} SET r.erased = 8`, ['LEAF_COLUMN']],
    [
      'a body deleted that no record erases',
      `${other} REMOVE r.fields, r.secret`,
      ['BODY_MISSING'],
    ],
    ['an erased name', `${node} SET e.name = 'ada'`, ['ENTITY_NAME']],
    ['a node that does not know', `${node} REMOVE e.erased`, ['ENTITY_VALUE']],
    [
      'an erasure without a ground',
      "MATCH (r:Record {tenant: $tenant, action: 'erase'}) REMOVE r.erasure",
      ['ERASE_GROUND'],
    ],
  ])('finds %s', async (_what, damage, names) => {
    const { tenant, id } = await world()
    await erase(tenant, id)
    await raw(damage, { tenant, id })
    expect(await found(tenant)).toEqual(names)
  })
})
