import { expect, it } from 'vitest'
import { restoring } from '../restore/support.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { openReceiver } from './receiver.ts'
import { create, hookOf, until, webhookTest } from './support.ts'

const test = await webhookTest()
const receiver = await openReceiver()
const { newTenant, copyOf, setBack, restore, writeSigned, writeMany, openAnother } = restoring(test)

it('goes on where a database was set back: what comes in place of what was cut has ids of its own', async () => {
  const tenant = await newTenant()
  test.tenants.push(tenant)
  await create(test, tenant, { url: receiver.url() })
  await writeSigned(tenant, 'kept', 3)
  await until(() => expect(receiver.events()).toHaveLength(4))
  const copy = await copyOf(tenant)
  await writeSigned(tenant, 'lost', 3)
  await until(() => expect(receiver.events()).toHaveLength(7))

  test.tenants.length = 0
  await setBack(tenant, copy)
  expect(await restore(tenant)).toMatchObject({ outcome: 'opened' })
  const server = await openAnother('on demand')
  await writeMany(server, tenant, 'next', 3)
  test.tenants.push(tenant)

  const events = await until(() => {
    const after = receiver.events().slice(7)
    expect(after.filter(({ data }) => data.kind === 'Dataset').length).toBeGreaterThanOrEqual(3)
    return after
  })
  const anew = events.filter(({ data }) => data.position.startsWith('1:'))
  expect(anew.map(({ id, data }) => id === `${SERVICE_NAME}/${tenant}/1#${data.seq}`)).toEqual([
    ...[true, true, true],
  ])
  expect(new Set(receiver.events().map(({ id }) => id)).size).toBe(10)
  expect(test.errors).toEqual([])
})

it('shows how it stands then', async () => {
  const [tenant] = test.tenants
  const [event] = receiver.events()
  await until(async () =>
    expect(await hookOf(test, tenant!, event!.subject)).toMatchObject({
      ...{ state: 'ACTIVE', delivery: { behind: 0 } },
    }),
  )
})
