import { expect, it } from 'vitest'
import { dataset, recorded } from '../schema/recording.ts'
import { type Answer, testApp } from '../setup/app.ts'
import {
  create,
  hookOf,
  LOOPBACK,
  redeliver,
  steer,
  tryLetters,
  tryToCreate,
  tryToUpdate,
} from './support.ts'

const test = await testApp('on demand', { webhookNetworks: LOOPBACK })
const { ask, freshTenant } = test

const codeOf = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code
const URL_OF_IT = 'https://example.com/hook'

it('registers, changes, pauses, resumes and deletes, each a record of the log', async () => {
  const tenant = await freshTenant()
  const { id } = await create(test, tenant, { url: URL_OF_IT, kinds: ['Job', 'Dataset'] })
  const size = async () =>
    (await ask<{ log: { size: number } }>('{ log { size } }', { tenant })).data.log.size
  const before = await size()
  await tryToUpdate(test, tenant, id, { kinds: null })
  await steer(test, tenant, 'webhookPause', id)
  await steer(test, tenant, 'webhookPause', id)
  expect(await hookOf(test, tenant, id)).toMatchObject({
    url: URL_OF_IT,
    kinds: [],
    state: 'PAUSED',
  })
  await steer(test, tenant, 'webhookResume', id)
  await steer(test, tenant, 'webhookDelete', id)
  expect(await size()).toBe(before + 4)
  const { data } = await ask<{ entity: { history: { nodes: { version: number }[] } } }>(
    `{ entity(id: "${id}") { history { nodes { version actor } } } }`,
    { tenant },
  )
  expect(data.entity.history.nodes.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1])
  for (const verb of ['webhookPause', 'webhookResume', 'webhookDelete'] as const) {
    expect(codeOf(await steer(test, tenant, verb, id))).toBe('WEBHOOK_UNKNOWN')
  }
  expect(codeOf(await tryToUpdate(test, tenant, id, { kinds: null }))).toBe('WEBHOOK_UNKNOWN')
  const { data: listed } = await ask('{ webhooks { nodes { id } } }', { tenant })
  expect(listed).toEqual({ webhooks: { nodes: [] } })
})

it('registers once under one Idempotency-Key', async () => {
  const tenant = await freshTenant()
  const headers = { 'idempotency-key': 'once' }
  const first = await tryToCreate(test, tenant, { url: URL_OF_IT }, { headers })
  const second = await tryToCreate(test, tenant, { url: URL_OF_IT }, { headers })
  expect(second.data.webhookCreate).toMatchObject({
    ...{ replayed: true, webhook: { id: first.data.webhookCreate.webhook!.id } },
  })
  const other = await tryToCreate(test, tenant, { url: `${URL_OF_IT}/2` }, { headers })
  expect(codeOf(other)).toBe('IDEMPOTENCY_KEY_REUSED')
})

it('takes 20 of a tenant, and one more once one is deleted', async () => {
  const tenant = await freshTenant()
  const ids: string[] = []
  for (let i = 0; i < 20; i++) {
    ids.push((await create(test, tenant, { url: `${URL_OF_IT}/${i}` })).id)
  }
  expect(codeOf(await tryToCreate(test, tenant, { url: URL_OF_IT }))).toBe('WEBHOOK_TOO_MANY')
  await steer(test, tenant, 'webhookDelete', ids[0]!)
  await create(test, tenant, { url: URL_OF_IT })
})

it('takes 20 of a tenant, however many come at the same moment', async () => {
  const tenant = await freshTenant()
  const all = Array.from({ length: 30 }, (_, i) =>
    tryToCreate(test, tenant, { url: `${URL_OF_IT}/${i}` }),
  )
  const codes = (await Promise.all(all)).map(codeOf)

  expect(codes.filter((code) => code === 'WEBHOOK_TOO_MANY')).toHaveLength(10)
  const { data } = await ask<{ webhooks: { nodes: object[] } }>('{ webhooks { nodes { id } } }', {
    tenant,
  })
  expect(data.webhooks.nodes).toHaveLength(20)
})

it.each([
  ['plain http', { url: 'http://example.com/' }],
  ['an address that is not public', { url: 'https://10.0.0.1/' }],
  ['no kind at all', { url: URL_OF_IT, kinds: [] }],
])('refuses %s, and records nothing', async (_what, input) => {
  const tenant = await freshTenant()
  expect(codeOf(await tryToCreate(test, tenant, input))).toBe('WEBHOOK_INVALID')
  const { data } = await ask('{ webhooks(deleted: true) { nodes { id } } }', { tenant })
  expect(data).toEqual({ webhooks: { nodes: [] } })
})

it('leaves to webhookDelete what retire would do: another permission', async () => {
  const tenant = await freshTenant()
  const { id } = await create(test, tenant, { url: URL_OF_IT })
  const retired = await ask('mutation ($id: ID!) { retire(id: $id) { position } }', {
    ...{ tenant, variables: { id } },
  })
  expect(codeOf(retired)).toBe('RETIRE_REFUSED')
})

it('tells another tenant of none: each answer is that for one that is nowhere', async () => {
  const [tenant, other] = [await freshTenant(), await freshTenant()]
  const { id } = await create(test, tenant, { url: URL_OF_IT })
  const answers = [
    await tryToUpdate(test, other, id, { url: 'https://evil.example/' }),
    await steer(test, other, 'webhookPause', id),
    await steer(test, other, 'webhookResume', id),
    await steer(test, other, 'webhookDelete', id),
    await tryLetters(test, other, id),
    await redeliver(test, other, id),
  ]
  expect(answers.map(codeOf)).toEqual(answers.map(() => 'WEBHOOK_UNKNOWN'))
  expect(await hookOf(test, tenant, id)).toMatchObject({ url: URL_OF_IT, state: 'WAITING' })
})

it.each([
  ['steward', [undefined, undefined]],
  ['admin', [undefined, undefined]],
  ['auditor', [undefined, 'PERMISSION_DENIED']],
  ['reader', ['PERMISSION_DENIED', 'PERMISSION_DENIED']],
  ['writer', ['PERMISSION_DENIED', 'PERMISSION_DENIED']],
])('lets a %s do what the role may', async (role, codes) => {
  const tenant = await freshTenant()
  const headers = { 'x-selvedge-roles': role }
  const listed = await ask('{ webhooks { nodes { id } } }', { tenant, headers })
  const made = await tryToCreate(test, tenant, { url: URL_OF_IT }, { headers })
  expect([codeOf(listed), codeOf(made)]).toEqual(codes)
})

it('stays readable, and can be deleted, where what it says was erased', async () => {
  const tenant = await freshTenant()
  const { id } = await create(test, tenant, { url: URL_OF_IT })
  await recorded(test, tenant, [dataset('a')])
  const erased = await ask(
    'mutation ($id: ID!) { erase(id: $id, ground: OTHER, reason: "a name in it") { position } }',
    { tenant, variables: { id } },
  )
  expect(erased.errors).toBeUndefined()
  expect(await hookOf(test, tenant, id)).toMatchObject({ url: null, state: 'DELETED' })
  expect(codeOf(await steer(test, tenant, 'webhookDelete', id))).toBeUndefined()
})
