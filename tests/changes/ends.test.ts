import { setTimeout } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { openHeaderIdentity } from '../../server/identity/open.ts'
import { tokenExpired } from '../../server/identity/problems.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { appWith, codeOf } from './apps.ts'
import { CHANGES, type SubscribeAsked, type Subscriber, subscribe } from './subscriber.ts'

const test = await testApp()
const { freshTenant, ask } = test

/** Of the server whose reads are counted. */
const openCounted = (asked: SubscribeAsked) =>
  subscribe({ send: (request) => test.app.fetch(request), ...asked })

it('ends, says why and where to go on, when it has lasted for as long as any', async () => {
  const tenant = await freshTenant()
  const { open } = appWith(test, { subscriptionLife: 300 })
  const subscriber = await open({ tenant })

  const told = await subscriber.next()

  expect(told?.errors?.[0]?.extensions).toMatchObject({
    code: 'SUBSCRIPTION_ENDED',
    because: 'LIFE_OVER',
    after: '0:3',
    retryAfterSeconds: 1,
  })
  expect(subscriber.lastSeen).toBe('0:3')
  expect(await subscriber.next()).toBeUndefined()
})

it('ends where the server ends, which takes no more of them then', async () => {
  const tenant = await freshTenant()
  const { app, open } = appWith(test)
  const subscriber = await open({ tenant })
  app.endSubscriptions()

  expect((await subscriber.next())?.errors?.[0]?.extensions.because).toBe('SERVER_ENDS')
  expect(await subscriber.next()).toBeUndefined()
  const late = await open({ tenant })
  expect([late.response.status, codeOf(await late.next())]).toEqual([503, 'SERVER_BUSY'])
})

it('takes just so many of one tenant, and so many in all', async () => {
  const [one, other] = [await freshTenant(), await freshTenant()]
  const { open } = appWith(test, { tenantSubscriptions: 2, subscriptions: 3 })
  const [first] = [await open({ tenant: one }), await open({ tenant: one })]

  const third = await open({ tenant: one })
  expect(third.response.status).toBe(429)
  expect(third.response.headers.get('retry-after')).toBe('5')
  expect(codeOf(await third.next())).toBe('SUBSCRIPTIONS_TOO_MANY')
  expect((await open({ tenant: other })).response.status).toBe(200)
  expect((await open({ tenant: other })).response.status).toBe(503)

  first.cut()
  expect((await open({ tenant: one })).response.status).toBe(200)
})

it('ends where a policy withdraws the permission, and tells nothing that comes after that', async () => {
  const tenant = await freshTenant()
  const { open } = appWith(test)
  const subscriber = await open({ tenant, headers: { 'x-selvedge-roles': 'reader' } })
  await recorded(test, tenant, [dataset('seen')])
  expect((await subscriber.next())?.data?.changes.entity).toMatchObject({ name: 'seen' })

  const put = await ask(
    'mutation ($text: String!) { policyPut(name: "closed", text: $text) { position } }',
    {
      tenant,
      variables: {
        text: 'forbid(principal in Role::"reader", action == Action::"changes:read", resource);',
      },
    },
  )
  expect(put.errors).toBeUndefined()
  await recorded(test, tenant, [dataset('unseen')])

  expect(codeOf(await subscriber.next())).toBe('PERMISSION_DENIED')
  expect(await subscriber.next()).toBeUndefined()
  const again = await open({ tenant, headers: { 'x-selvedge-roles': 'reader' } })
  expect(codeOf(await again.next())).toBe('PERMISSION_DENIED')
})

it('ends where nobody vouches any more for who asks, though nothing is recorded', async () => {
  const tenant = await freshTenant()
  const headers = openHeaderIdentity()
  let isOver = false
  const identity = {
    ...headers,
    identify: async (request: Request) => {
      if (isOver) throw tokenExpired()
      return headers.identify(request)
    },
  }
  const { open } = appWith(test, {}, { identity })
  const subscriber = await open({ tenant })
  isOver = true

  expect(codeOf(await subscriber.next())).toBe('TOKEN_EXPIRED')
  expect(await subscriber.next()).toBeUndefined()
})

it('reads nothing for those who wait but how far their logs go, once for all', async () => {
  const { reads } = test
  const tenants = [await freshTenant(), await freshTenant()]
  const subscribers: Subscriber[] = []
  for (let i = 0; i < 6; i++) subscribers.push(await openCounted({ tenant: tenants[i % 2]! }))
  for (const subscriber of subscribers) subscriber.next().catch(() => {})

  await vi.waitFor(
    async () => {
      reads()
      await setTimeout(1_100)
      const read = reads()
      expect(new Set(read)).toEqual(new Set(['how far some logs go']))
      expect(read.length).toBeLessThanOrEqual(6)
    },
    { timeout: 30_000 },
  )
  for (const subscriber of subscribers) subscriber.cut()
})

it('reads no further than a reader takes, and loses nothing of it', async () => {
  const tenant = await freshTenant()
  const all = Array.from({ length: 120 }, (_, i) => `d${i}`)
  await recorded(
    test,
    tenant,
    all.map((name) => dataset(name)),
  )
  test.reads()
  const subscriber = await openCounted({ tenant, variables: { after: '0:3' } })
  const told = [await subscriber.next()]
  await setTimeout(500)
  expect(test.reads().filter((name) => name === 'records of a stretch of the log')).toHaveLength(1)

  while (told.length < all.length) told.push(await subscriber.next())
  expect(told.map((one) => one?.data?.changes.entity)).toEqual(
    all.map((name) => expect.objectContaining({ name })),
  )
  subscriber.cut()
})

it.each([
  [
    'no event stream is taken',
    { headers: { accept: 'application/json' } },
    406,
    'SUBSCRIPTION_NOT_ACCEPTED',
  ],
  ['a position is none', { variables: { after: 'x' } }, 200, 'POSITION_INVALID'],
  ['a position is to come', { variables: { after: '0:99999' } }, 503, 'POSITION_NOT_REACHED'],
  ['what was last seen is none', { headers: { 'last-event-id': '7' } }, 200, 'POSITION_INVALID'],
  [
    'a depth is too great',
    { variables: { root: `urn:selvedge:dataset:h:${'A'.repeat(43)}`, depth: 21 } },
    200,
    'LINEAGE_DEPTH_OUT_OF_RANGE',
  ],
] as const)('refuses to open where %s', async (_why, asked, status, code) => {
  const tenant = await freshTenant()
  const { app } = appWith(test)
  const response = await app.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: {
        accept: 'text/event-stream, application/json',
        'content-type': 'application/json',
        'x-selvedge-tenant': tenant,
        ...('headers' in asked ? asked.headers : {}),
      },
      body: JSON.stringify({
        query: CHANGES,
        variables: 'variables' in asked ? asked.variables : {},
      }),
    }),
  )
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] }
  expect([response.status, errors[0]!.extensions.code]).toEqual([status, code])
})

it('is priced before it is opened, and told its price instead', async () => {
  const tenant = await freshTenant()
  const { app, open } = appWith(test, { mostPrice: 100 })
  const dear = `subscription { changes { impact(first: 500) { nodes { entity { id } } } } }`
  const refused = await open({ tenant, query: dear })
  expect(codeOf(await refused.next())).toBe('OPERATION_TOO_COSTLY')
  const response = await app.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify({
        query: 'subscription { changes { position } }',
        extensions: { cost: 'only' },
      }),
    }),
  )
  expect(await response.text()).toContain('"price":20')
})
