import { expect, it } from 'vitest'
import { expectClean } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { startServing } from '../setup/serving.ts'
import { metering, usage } from './support.ts'

const test = await testApp('in the background')
const { database, freshTenant } = test
const { sendBatch, windows, seal, prove } = metering(test)

const post = (tenant: string, path: string, type: string, body: unknown) =>
  [
    path,
    {
      method: 'POST',
      headers: { 'x-selvedge-tenant': tenant, 'content-type': type },
      body: JSON.stringify(body),
    },
  ] as const

/** Has a server of its own carry something out, and die at a point of it. */
async function dyingAt(point: string, [path, init]: ReturnType<typeof post>) {
  const { url, ended } = await startServing({ SELVEDGE_FAILPOINT: point })
  await expect(fetch(`${url}${path}`, init)).rejects.toThrow()
  expect(await ended).toBeNull()
}

it('loses no event and counts none twice, and makes one record, where a server is killed at any step', async () => {
  const tenant = await freshTenant()
  const events = Array.from({ length: 20 }, (_, i) => usage(`${i}`))

  // Between the commit and the answer: whoever sends again is told that all of it is there.
  await dyingAt('usage-kept', post(tenant, '/events', 'application/cloudevents-batch+json', events))
  const { results } = await sendBatch(tenant, events)
  expect(results!.filter(({ duplicate }) => duplicate)).toHaveLength(20)
  const [{ id } = { id: '' }] = await windows(tenant)
  expect(await windows(tenant)).toMatchObject([{ state: 'OPEN', count: 20 }])

  const sealing = post(tenant, '/graphql', 'application/json', {
    query: `mutation { meteringSeal(window: "${id}") { already } }`,
  })
  // Closed, and not recorded: what is late goes elsewhere.
  await dyingAt('usage-closed', sealing)
  expect(await windows(tenant)).toMatchObject([{ state: 'CLOSING', count: 20, record: null }])
  const { results: late } = await sendBatch(tenant, [usage('late'), usage('7')])
  expect(late).toMatchObject([
    { late: true, duplicate: false },
    { window: id, duplicate: true },
  ])
  // Recorded, and not noted: whoever seals it next finds the record, and makes no other.
  await dyingAt('usage-recorded', sealing)
  expect((await windows(tenant)).find((one) => one.id === id)).toMatchObject({ state: 'CLOSING' })
  const { window } = await seal(tenant, id)
  expect(window).toMatchObject({
    state: 'SEALED',
    record: { body: { count: 20, total: '20', late: 0 } },
  })
  const { data } = await test.ask<{ entity: { version: number } }>(
    `{ entity(id: "${window!.record!.id}") { version } }`,
    { tenant },
  )
  expect(data.entity.version).toBe(1)
  expect((await prove(tenant, '7')).document).toBeTruthy()
  await expectClean(database, tenant)
}, 240_000)
