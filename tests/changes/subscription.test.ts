import { expect, it } from 'vitest'
import { defaultLimits } from '../../server/limits/limits.ts'
import { openMetrics } from '../../server/metrics/metrics.ts'
import { IMPACT, type ImpactAnswer } from '../impact/asking.ts'
import { recordedKind } from '../kinds/recording.ts'
import { chain, dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { type SubscribeAsked, type Subscriber, subscribe } from './subscriber.ts'

const limits = { ...defaultLimits(), subscriptionHeartbeat: 100, tenantSubscriptions: 2 }
const metrics = openMetrics({ version: '1.2.3' })
const test = await testApp('on demand', { limits, metrics })
const { app, freshTenant, ask } = test

const open = (asked: SubscribeAsked) =>
  subscribe({ send: (request) => app.fetch(request), ...asked })

/** The names of the next so many. */
async function names(subscriber: Subscriber, count: number) {
  const told: string[] = []
  for (let i = 0; i < count; i++) {
    const result = await subscriber.next()
    if (!result?.data) throw new Error(JSON.stringify(result))
    told.push((result.data.changes.entity as { name: string }).name)
  }
  return told
}

it('tells what is recorded from now on, with what it is of and where to go on', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('before')])
  const subscriber = await open({ tenant })
  expect(subscriber.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const [own] = await recorded(test, tenant, [dataset('after')])

  const told = await subscriber.next()

  const position = `0:${own!.seq + 1}`
  expect(told).toEqual({
    data: {
      changes: {
        position,
        entity: { id: own!.id, kind: 'Dataset', name: 'after' },
        version: { seq: own!.seq, version: 1, action: 'ASSERT' },
      },
    },
    extensions: { position },
  })
  expect(subscriber.lastSeen).toBe(position)
  expect(await metrics.text()).toMatch(/^selvedge_subscription_events_total 1$/m)
  expect(await metrics.text()).toMatch(/^selvedge_subscriptions_open 1$/m)
  subscriber.cut()
})

it('goes on after any position, be it said as an argument or as what was last seen', async () => {
  const tenant = await freshTenant()
  await recorded(
    test,
    tenant,
    ['a', 'b', 'c'].map((name) => dataset(name)),
  )
  const first = await open({ tenant, variables: { after: '0:3' } })
  expect(await names(first, 2)).toEqual(['a', 'b'])
  first.cut()

  const second = await open({
    tenant,
    variables: { after: '0:3' },
    headers: { 'last-event-id': first.lastSeen },
  })

  expect(await names(second, 1)).toEqual(['c'])
  second.cut()
})

it('tells what lies under a root, and of the kinds that are asked for', async () => {
  const tenant = await freshTenant()
  const [raw] = await chain(test, tenant)
  const down = await open({
    tenant,
    variables: { root: raw, direction: 'DOWNSTREAM', depth: 1, kinds: ['Dataset'] },
  })
  await recorded(test, tenant, [dataset('apart'), dataset('new', { derivedFrom: [near('raw')] })])
  await recorded(test, tenant, [dataset('public', { description: 'two hops away' })])
  await recorded(test, tenant, [dataset('clean', { description: 'one' })])

  expect(await names(down, 2)).toEqual(['new', 'clean'])
  down.cut()
})

const IMPACTS = `subscription Impacts($after: String!) {
  changes(after: $after) {
    position
    impact { nodes { entity { id kind name } distance effect reasonCount
      reasons { cause effect rule { type action } unknown license { id } clause { id } spdx }
      owners { id } } }
  }
}`

/** The dry run of a change, then the change, and what the subscription tells that it did. */
async function dryAndDone(
  tenant: string,
  dryRun: Record<string, unknown>,
  change: () => Promise<unknown>,
) {
  const dry = await ask<ImpactAnswer>(IMPACT, { tenant, variables: { first: 50, ...dryRun } })
  expect(dry.errors).toBeUndefined()
  const { data } = await ask<{ entities: unknown }>('{ entities(first: 1) { nodes { id } } }', {
    tenant,
  }).then(({ extensions }) => ({ data: extensions!.position! }))
  await change()
  const subscriber = await open({ tenant, query: IMPACTS, variables: { after: data } })
  const told = await subscriber.next()
  subscriber.cut()
  expect(told?.errors).toBeUndefined()
  const { impact } = told!.data!.changes as unknown as { impact: ImpactAnswer['impact'] | null }
  return { dry: dry.data.impact.nodes, told: impact?.nodes }
}

it('tells of a retirement what its dry run told', async () => {
  const tenant = await freshTenant()
  const [raw] = await chain(test, tenant)
  const { dry, told } = await dryAndDone(tenant, { id: raw, change: 'RETIRE' }, () =>
    ask('mutation ($id: ID!) { retire(id: $id) { position } }', { tenant, variables: { id: raw } }),
  )
  expect(dry.map(({ entity }) => entity.name)).toEqual(['clean', 'public'])
  expect(told).toEqual(dry)
})

it('tells of new terms what their dry run told, and nothing of what is no change of terms', async () => {
  const tenant = await freshTenant()
  await recordedKind(test, 'Clause', {
    tenant,
    items: [
      { ...near('use'), body: { type: 'permission', action: 'use' } },
      { ...near('no use'), body: { type: 'prohibition', action: 'use' } },
    ],
  })
  const licence = (clause: string) =>
    recordedKind(test, 'License', {
      tenant,
      items: [{ ...near('terms'), body: { title: 'Terms' }, hasClause: [near(clause)] }],
    })
  const [own] = await licence('use')
  const { id } = own!
  await recordedKind(test, 'Source', {
    tenant,
    items: [
      {
        ...near('shop'),
        body: { title: 'Shop', description: 'Of it.' },
        licensedUnder: [near('terms')],
      },
    ],
  })
  const { data } = await ask<{ entity: { id: string } }>(
    '{ entity(kind: Clause, namespace: "db", name: "no use") { id } }',
    { tenant },
  )
  const terms = { clauses: [{ id: data.entity.id }] }

  const { dry, told } = await dryAndDone(tenant, { id, change: 'TERMS', terms }, () =>
    licence('no use'),
  )
  expect(dry.map(({ entity, effect }) => [entity.name, effect])).toEqual([['shop', 'BLOCKED']])
  expect(told).toEqual(dry)

  const other = await dryAndDone(tenant, { id, change: 'RETIRE' }, () =>
    recorded(test, tenant, [dataset('new')]),
  )
  expect(other.told).toBeUndefined()
})

it('takes a permission of its own for what a change did', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('own')])
  await ask('mutation ($text: String!) { policyPut(name: "p", text: $text) { position } }', {
    tenant,
    variables: { text: 'forbid(principal, action == Action::"impact:read", resource);' },
  })
  const subscriber = await open({ tenant, query: IMPACTS, variables: { after: '0:3' } })
  const told = await subscriber.next()

  expect(told?.errors?.[0]).toMatchObject({
    path: ['changes', 'impact'],
    extensions: { code: 'PERMISSION_DENIED' },
  })
  expect(told?.data?.changes.position).toBe('0:4')
  subscriber.cut()
})

it('tells a tenant nothing of another', async () => {
  const [own, other] = [await freshTenant(), await freshTenant()]
  const subscriber = await open({ tenant: own, variables: { after: '0:3' } })
  await recorded(test, other, [dataset('theirs')])
  await recorded(test, own, [dataset('ours')])

  expect(await names(subscriber, 1)).toEqual(['ours'])
  subscriber.cut()
})
