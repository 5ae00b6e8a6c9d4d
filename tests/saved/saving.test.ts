import { expect, it } from 'vitest'
import { savedQueryNamed } from '../../domains/saved-queries/save.ts'
import { testApp } from '../setup/app.ts'
import {
  codeOf,
  erase,
  find,
  NAMES,
  namesIn,
  run,
  SIZE,
  save,
  tryToList,
  tryToRemove,
  tryToSave,
} from './support.ts'

const test = await testApp('on demand')
const { ask, freshTenant } = test

const sizeOf = async (tenant: string) =>
  (await ask<{ log: { size: number } }>(SIZE, { tenant })).data.log.size

it('saves a query, changes it, removes it and saves it again, each a record of one entity', async () => {
  const tenant = await freshTenant()
  const first = await save(test, tenant, {
    ...{ name: 'names', document: NAMES, title: 'Names', description: 'What there is.' },
    variables: { first: 2 },
  })
  const before = await sizeOf(tenant)
  expect(first).toMatchObject({ changed: true, replayed: false })
  expect(await find(test, tenant, 'names')).toEqual(first.savedQuery)
  expect(first.savedQuery).toMatchObject({
    ...{ name: 'names', version: 1, title: 'Names', description: 'What there is.' },
    ...{ document: NAMES, operationName: null, variables: { first: 2 } },
  })

  const second = await save(test, tenant, { name: 'names', document: SIZE })
  expect(second.savedQuery).toMatchObject({
    ...{ id: first.savedQuery.id, version: 2, document: SIZE },
    ...{ title: null, description: null, variables: null },
  })
  expect(codeOf(await tryToRemove(test, tenant, 'names'))).toBeUndefined()
  expect(await find(test, tenant, 'names')).toBeNull()
  expect(await namesIn(test, tenant, 50)).toEqual([])
  await save(test, tenant, { name: 'names', document: SIZE })
  expect(await sizeOf(tenant)).toBe(before + 3)

  const { data } = await ask<{ entity: { history: { nodes: object[] } } }>(
    `{ entity(id: "${first.savedQuery.id}") { history { nodes { version action changes { name after } } } } }`,
    { tenant },
  )
  expect(data.entity.history.nodes).toMatchObject([
    { version: 4, action: 'ASSERT' },
    { version: 3, action: 'RETIRE' },
    { version: 2, action: 'ASSERT' },
    { version: 1, action: 'ASSERT' },
  ])
})

it('records nothing where it is saved just so already, and once under one Idempotency-Key', async () => {
  const tenant = await freshTenant()
  const input = { name: 'size', document: SIZE }
  const headers = { 'idempotency-key': 'once' }
  await tryToSave(test, tenant, input, { headers })
  const before = await sizeOf(tenant)
  expect(await save(test, tenant, input)).toMatchObject({ changed: false })
  const replayed = await tryToSave(test, tenant, input, { headers })
  expect(replayed.data.savedQuerySave).toMatchObject({ replayed: true, savedQuery: { version: 1 } })
  expect(await sizeOf(tenant)).toBe(before)
  const other = await tryToSave(test, tenant, { ...input, title: 'x' }, { headers })
  expect(codeOf(other)).toBe('IDEMPOTENCY_KEY_REUSED')
})

it('tells of the past as it was', async () => {
  const tenant = await freshTenant()
  const { position } = await save(test, tenant, { name: 'a', document: SIZE })
  await save(test, tenant, { name: 'a', document: NAMES })
  await save(test, tenant, { name: 'b', document: SIZE })
  await tryToRemove(test, tenant, 'a')
  expect(await namesIn(test, tenant, 50)).toEqual(['b'])
  expect(await namesIn(test, tenant, 50, { position })).toEqual(['a'])
  expect(await find(test, tenant, 'a', { position })).toMatchObject({ document: SIZE, version: 1 })
  expect(await find(test, tenant, 'b', { position })).toBeNull()
})

it('reads later pages at the position of the first', async () => {
  const tenant = await freshTenant()
  for (const name of ['a', 'c', 'e']) await save(test, tenant, { name, document: SIZE })
  const { data } = await tryToList(test, tenant, { first: 1 })
  await save(test, tenant, { name: 'b', document: SIZE })
  await tryToRemove(test, tenant, 'c')
  const after = data.savedQueries.pageInfo.endCursor
  const rest = await tryToList(test, tenant, { after })
  expect(rest.data.savedQueries.nodes.map(({ name }) => name)).toEqual(['c', 'e'])
})

it('refuses a page too large, and a cursor of another list', async () => {
  const tenant = await freshTenant()
  expect(codeOf(await tryToList(test, tenant, { first: 1_001 }))).toBe('LINEAGE_PAGE_OUT_OF_RANGE')
  expect(codeOf(await tryToList(test, tenant, { after: 'AAAA' }))).toBe('LINEAGE_CURSOR_INVALID')
})

it('takes 1,000 of a tenant, and one more once one is removed', async () => {
  const tenant = await freshTenant()
  const some = Array.from({ length: 1_000 }, (_, i) => `q${String(i).padStart(4, '0')}`)
  const named = some.slice(1).map(savedQueryNamed)
  await test.ledger.submit({
    ...{ tenant, subject: 'ada', request: 'many', names: named },
    run: async (draft) =>
      named.map((one) =>
        draft.assert({
          ...one,
          id: draft.urn(one.kind, one.namespace, one.name),
          fields: { document: SIZE },
        }),
      ),
  })
  await save(test, tenant, { name: some[0]!, document: SIZE })
  expect(await namesIn(test, tenant, 300)).toEqual(some)
  expect(codeOf(await tryToSave(test, tenant, { name: 'x', document: SIZE }))).toBe(
    'SAVED_QUERY_TOO_MANY',
  )
  // One that is there can still be changed.
  await save(test, tenant, { name: 'q0000', document: NAMES })
  await tryToRemove(test, tenant, 'q0001')
  await save(test, tenant, { name: 'x', document: SIZE })
  expect(codeOf(await tryToSave(test, tenant, { name: 'y', document: SIZE }))).toBe(
    'SAVED_QUERY_TOO_MANY',
  )
})

it('says the same of a name that never was, one that was removed and one that is erased', async () => {
  const tenant = await freshTenant()
  await save(test, tenant, { name: 'removed', document: SIZE })
  await tryToRemove(test, tenant, 'removed')
  const { savedQuery } = await save(test, tenant, { name: 'erased', document: SIZE })
  expect((await erase(test, tenant, savedQuery.id)).errors).toBeUndefined()
  const names = ['removed', 'erased', 'never', '', 'Not A Name', '../x']
  for (const name of names) {
    expect(await find(test, tenant, name)).toBeNull()
    for (const answer of [
      await run(test, tenant, { name }),
      await run(test, tenant, { name, version: 1 }),
      await tryToRemove(test, tenant, name),
    ]) {
      const [error] = answer.errors!
      const { requestId: _, ...extensions } = error!.extensions
      expect([error!.message, extensions.code, extensions.name]).toEqual([
        'There is no saved query of this name.',
        'SAVED_QUERY_NOT_FOUND',
        name,
      ])
    }
  }
  expect(await namesIn(test, tenant, 50)).toEqual([])
  // The names are free.
  await save(test, tenant, { name: 'erased', document: NAMES })
  expect(await namesIn(test, tenant, 50)).toEqual(['erased'])
})

it('leaves to savedQueryRemove what retire would do: another permission', async () => {
  const tenant = await freshTenant()
  const { savedQuery } = await save(test, tenant, { name: 'a', document: SIZE })
  const retired = await ask('mutation ($id: ID!) { retire(id: $id) { position } }', {
    ...{ tenant, variables: { id: savedQuery.id } },
  })
  expect(codeOf(retired)).toBe('RETIRE_REFUSED')
})

it('tells another tenant of none: each answer is that for one that is nowhere', async () => {
  const [tenant, other] = [await freshTenant(), await freshTenant()]
  const { savedQuery } = await save(test, tenant, { name: 'mine', document: SIZE })
  expect(await find(test, other, 'mine')).toBeNull()
  expect(await namesIn(test, other, 50)).toEqual([])
  expect(codeOf(await run(test, other, { name: 'mine' }))).toBe('SAVED_QUERY_NOT_FOUND')
  expect(codeOf(await tryToRemove(test, other, 'mine'))).toBe('SAVED_QUERY_NOT_FOUND')
  const { data } = await ask(`{ entity(id: "${savedQuery.id}") { id } }`, { tenant: other })
  expect(data).toEqual({ entity: null })
  expect(await find(test, tenant, 'mine')).toEqual(savedQuery)
})

it.each([
  ['reader', [undefined, 'PERMISSION_DENIED', 'PERMISSION_DENIED']],
  ['auditor', [undefined, 'PERMISSION_DENIED', 'PERMISSION_DENIED']],
  ['writer', [undefined, undefined, undefined]],
  ['steward', [undefined, undefined, undefined]],
  ['admin', [undefined, undefined, undefined]],
])('lets a %s do what the role may', async (role, codes) => {
  const tenant = await freshTenant()
  const headers = { 'x-selvedge-roles': role }
  await save(test, tenant, { name: 'old', document: SIZE })
  const listed = await ask('{ savedQueries { nodes { id } } }', { tenant, headers })
  const made = await tryToSave(test, tenant, { name: 'new', document: SIZE }, { headers })
  const removed = await tryToRemove(test, tenant, 'old', { headers })
  expect([listed, made, removed].map(codeOf)).toEqual(codes)
})
