import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect, it } from 'vitest'
import { readLeaves } from '../../lineage/log.ts'
import { parseLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import { jwks } from '../../server/jwks.ts'
import { CLOUD_EVENT } from '../metering/cloud-events-schema.ts'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { isSigned, openReceiver } from './receiver.ts'
import { create, hookOf, steer, tryToUpdate, until, webhookTest } from './support.ts'

const test = await webhookTest()
const { database, freshTenant, keys, outcomes } = test
const receiver = await openReceiver()

const ajv = new Ajv({ strict: false })
;(addFormats as unknown as (to: Ajv) => void)(ajv)
const isCloudEvent = ajv.compile(CLOUD_EVENT)

const publicKeys = async () => jwks(await keys.webhook!.list()).keys.map(({ x }) => x)
const fresh = () => `/${crypto.randomUUID()}`

it('tells exactly the records of the log, in its order, as signed CloudEvents', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  await recorded(test, tenant, [dataset('before')])
  await create(test, tenant, { url: receiver.url(path), from: 0 })
  await recorded(test, tenant, [dataset('a'), job('j'), dataset('b', { derivedFrom: [near('a')] })])
  const [again] = await recorded(test, tenant, [dataset('a', { description: 'x' })])
  const { id } = again!
  await test.ask('mutation ($id: ID!) { retire(id: $id) { position } }', {
    tenant,
    variables: { id },
  })

  const leaves = await readLeaves(database.graph(tenant).read, 0, 100)
  const log = leaves
    .map(({ header }) => parseLeaf(header))
    .filter((leaf): leaf is RecordHeader => leaf.v === 'selvedge/record/1')
  expect(log).toHaveLength(leaves.length - 2)
  const events = await until(() => {
    const came = receiver.events(path)
    expect(came).toHaveLength(log.length)
    return came
  })
  expect(events.map(({ data }) => [data.seq, data.id, data.version, data.action])).toEqual(
    log.map(({ seq, id, version, action }) => [seq, id, version, action]),
  )
  for (const [i, event] of events.entries()) {
    const { seq, kind, at, action } = log[i]!
    expect(isCloudEvent(event), JSON.stringify(isCloudEvent.errors)).toBe(true)
    expect(event).toMatchObject({
      id: `${SERVICE_NAME}/${tenant}#${seq}`,
      source: `urn:selvedge:log:${SERVICE_NAME}/${tenant}`,
      type: `dev.selvedge.record.${kind.toLowerCase()}.${action}ed`.replace('ee', 'e'),
      subject: log[i]!.id,
      time: at,
      data: { tenant, position: `0:${seq + 1}`, kind },
    })
  }
  const xs = await publicKeys()
  const came = receiver.came(path)
  expect(came.filter((one) => !isSigned(one, xs))).toEqual([])
  expect(isSigned({ ...came[0]!, body: came[0]!.body.replace('0:', '1:') }, xs)).toBe(false)
  expect(new Set(came.map((one) => one.headers['webhook-id'])).size).toBe(log.length)
  expect(came[0]!.headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-request-origin': SERVICE_NAME,
    'webhook-id': expect.stringMatching(/^evt_[\w-]{32}$/),
  })
})

it('tells only of the kinds that are asked for, from its own record on', async () => {
  const tenant = await freshTenant()
  const [all, some] = [fresh(), fresh()]
  await recorded(test, tenant, [dataset('before'), job('before')])
  const hook = await create(test, tenant, { url: receiver.url(all) })
  await create(test, tenant, { url: receiver.url(some), kinds: ['Job'] })
  expect(hook).toMatchObject({ url: receiver.url(all), kinds: [] })
  await recorded(test, tenant, [dataset('a'), job('a'), dataset('b'), job('b')])
  await until(() => {
    expect(receiver.events(all).map(({ data }) => data.kind)).toEqual([
      ...['Webhook', 'Webhook', 'Dataset', 'Job', 'Dataset', 'Job'],
    ])
    expect(receiver.events(some).map(({ data }) => data.kind)).toEqual(['Job', 'Job'])
  })
  await until(async () =>
    expect(await hookOf(test, tenant, hook.id)).toMatchObject({
      ...{ state: 'ACTIVE', url: receiver.url(all), retired: false },
      delivery: { behind: 0, agreed: true, attempts: 0, lastError: null, deadLetters: 0 },
    }),
  )
})

it('sends nothing before the endpoint agrees, and says of one that does not', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  receiver.agree(path, null)
  const { id } = await create(test, tenant, { url: receiver.url(path) })
  await until(async () =>
    expect(await hookOf(test, tenant, id)).toMatchObject({
      ...{ state: 'FAILING', delivery: { agreed: false, lastStatus: 405, lastError: 'STATUS' } },
    }),
  )
  receiver.agree(path, { allow: 'POST' })
  await until(async () =>
    expect((await hookOf(test, tenant, id)).delivery).toMatchObject({ lastError: 'NOT_AGREED' }),
  )
  receiver.agree(path, { 'webhook-allowed-origin': 'another.example' })
  const asked = receiver.asked(path).length
  await until(() => expect(receiver.asked(path).length).toBeGreaterThan(asked + 1))
  expect(receiver.came(path, 'all')).toEqual([])
  receiver.agree(path, { 'webhook-allowed-origin': '*' })
  await until(() => expect(receiver.events(path)).toHaveLength(1))
  expect(receiver.asked(path).every((one) => one['webhook-request-origin'] === SERVICE_NAME)).toBe(
    true,
  )
})

it('asks anew where it is led elsewhere, and goes on from where it was', async () => {
  const tenant = await freshTenant()
  const [old, next] = [fresh(), fresh()]
  const { id } = await create(test, tenant, { url: receiver.url(old) })
  await until(() => expect(receiver.events(old)).toHaveLength(1))
  receiver.agree(next, null)
  const { errors } = await tryToUpdate(test, tenant, id, { url: receiver.url(next) })
  expect(errors).toBeUndefined()
  await recorded(test, tenant, [dataset('a')])
  await until(() => expect(receiver.asked(next).length).toBeGreaterThan(0))
  receiver.agree(next, { 'webhook-allowed-origin': SERVICE_NAME.toUpperCase() })
  await until(() => {
    const kinds = receiver.events(next).map(({ data }) => `${data.kind} ${data.version}`)
    expect(kinds).toEqual(['Webhook 2', 'Dataset 1'])
  })
  expect(receiver.events(old)).toHaveLength(1)
})

it('takes no longer than the rate that an endpoint allows', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  receiver.agree(path, { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '300' })
  const { id } = await create(test, tenant, { url: receiver.url(path) })
  await recorded(test, tenant, [dataset('a'), dataset('b')])
  await until(() => expect(receiver.events(path)).toHaveLength(3))
  const [first, , last] = receiver.came(path)
  expect(last!.at - first!.at).toBeGreaterThan(380)
  expect(await hookOf(test, tenant, id)).toMatchObject({ delivery: { rate: 300 } })
})

it('sends the same event again, under the same id, until it is taken', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  let failures = 0
  receiver.answer(path, ({ event }) =>
    event.data.kind === 'Dataset' && failures++ < 2 ? { status: 500 + failures } : {},
  )
  await create(test, tenant, { url: receiver.url(path) })
  await recorded(test, tenant, [dataset('a'), dataset('b')])
  await until(() => expect(receiver.events(path)).toHaveLength(3))
  const came = receiver.came(path, 'all')
  expect(came.map(({ status }) => status)).toEqual([204, 501, 502, 204, 204])
  expect(new Set(came.slice(1, 4).map((one) => one.headers['webhook-id'])).size).toBe(1)
  expect(new Set(came.slice(1, 4).map(({ body }) => body)).size).toBe(1)
  expect(
    came.every(
      (one) => Math.abs(Number(one.headers['webhook-timestamp']) - Date.now() / 1000) < 60,
    ),
  ).toBe(true)
})

it('waits as long as Retry-After says', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  let failed = false
  receiver.answer(path, () => {
    if (failed) return {}
    failed = true
    return { status: 429, headers: { 'retry-after': '2' } }
  })
  const { id } = await create(test, tenant, { url: receiver.url(path) })
  await until(async () =>
    expect(await hookOf(test, tenant, id)).toMatchObject({
      state: 'FAILING',
      delivery: { lastStatus: 429 },
    }),
  )
  await until(() => expect(receiver.events(path)).toHaveLength(1))
  const [first, second] = receiver.came(path, 'all')
  expect(second!.at - first!.at).toBeGreaterThan(1_900)
})

it('ends for good where the endpoint says 410, until somebody resumes it', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  receiver.answer(path, () => ({ status: 410 }))
  const { id } = await create(test, tenant, { url: receiver.url(path) })
  await until(async () =>
    expect(await hookOf(test, tenant, id)).toMatchObject({
      ...{ state: 'ENDED', delivery: { because: 'GONE', nextAttemptAt: null } },
    }),
  )
  await recorded(test, tenant, [dataset('a')])
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(receiver.came(path, 'all')).toHaveLength(1)
  receiver.answer(path, () => ({}))
  await steer(test, tenant, 'webhookResume', id)
  await until(() => {
    expect(receiver.events(path).map(({ data }) => data.kind)).toEqual([
      'Webhook',
      'Dataset',
      'Webhook',
    ])
  })
  await until(async () => expect(await hookOf(test, tenant, id)).toMatchObject({ state: 'ACTIVE' }))
})

it('tells nothing while it is paused, and afterwards what was recorded meanwhile', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  const { id } = await create(test, tenant, { url: receiver.url(path) })
  await until(() => expect(receiver.events(path)).toHaveLength(1))
  expect((await steer(test, tenant, 'webhookPause', id)).data.it.webhook).toMatchObject({
    state: 'PAUSED',
  })
  await recorded(test, tenant, [dataset('a')])
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(receiver.events(path)).toHaveLength(1)
  await steer(test, tenant, 'webhookResume', id)
  await until(() => expect(receiver.events(path)).toHaveLength(4))
})

it('tells a deleted one nothing, and keeps nothing of it beside the log', async () => {
  const tenant = await freshTenant()
  const path = fresh()
  const { id } = await create(test, tenant, { url: receiver.url(path) })
  await until(() => expect(receiver.events(path)).toHaveLength(1))
  expect((await steer(test, tenant, 'webhookDelete', id)).errors).toBeUndefined()
  await recorded(test, tenant, [dataset('a')])
  await until(async () =>
    expect(await hookOf(test, tenant, id)).toMatchObject({
      state: 'DELETED',
      url: null,
      delivery: null,
    }),
  )
  expect(receiver.events(path)).toHaveLength(1)
})

it('does not let a slow endpoint of one tenant hold up another’s', async () => {
  const [slow, quick] = [await freshTenant(), await freshTenant()]
  const path = fresh()
  for (let i = 0; i < 8; i++) {
    const hanging = fresh()
    receiver.answer(hanging, () => ({ hangs: true }))
    await create(test, slow, { url: receiver.url(hanging) })
  }
  await create(test, quick, { url: receiver.url(path) })
  const from = performance.now()
  await recorded(test, quick, [dataset('a')])
  await until(() => expect(receiver.events(path)).toHaveLength(2))
  expect(performance.now() - from).toBeLessThan(10_000)
})

it('follows no redirect, and reads no more of an answer than it needs', async () => {
  const tenant = await freshTenant()
  const [from, to, long] = [fresh(), fresh(), fresh()]
  receiver.answer(from, () => ({ status: 302, headers: { location: receiver.url(to) } }))
  receiver.answer(long, () => ({ status: 200, body: Buffer.alloc(5_000_000, 'x') }))
  const { id } = await create(test, tenant, { url: receiver.url(from) })
  await create(test, tenant, { url: receiver.url(long) })
  await until(async () =>
    expect(await hookOf(test, tenant, id)).toMatchObject({ delivery: { lastStatus: 302 } }),
  )
  await until(() => expect(receiver.events(long).length).toBeGreaterThan(0))
  expect([receiver.came(to, 'all'), receiver.asked(to)]).toEqual([[], []])
})

it('counts what came of its attempts, and has failed at nothing itself', () => {
  expect(outcomes).toEqual(
    expect.arrayContaining(['agreed', 'delivered', 'retried', 'refused', 'ended']),
  )
  expect(test.errors).toEqual([])
  expect(test.faults).toEqual([])
})
