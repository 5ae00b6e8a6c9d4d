import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, expect, it } from 'vitest'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { testNeo4j } from '../setup/database.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { openReceiver } from './receiver.ts'
import { create, hookOf, LOOPBACK, until } from './support.ts'

const test = await testApp('on demand', { webhookNetworks: LOOPBACK })
const receiver = await openReceiver()
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

async function startDeliverer(tenant: string): Promise<ChildProcess> {
  const { uri, username, password, home } = testNeo4j()
  const child = fork(new URL('./deliverer-process.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      ...{ NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password },
      ...{ SELVEDGE_HOME: home, SELVEDGE_SERVICE: SERVICE_NAME, TENANTS: tenant },
    },
  })
  children.add(child)
  await once(child, 'message')
  return child
}

const EVENTS = 120

it('loses nothing where one of two servers is killed in the midst, and keeps the order', async () => {
  const tenant = await test.freshTenant()
  const names = Array.from({ length: EVENTS }, (_, i) => dataset(`d${i}`))
  const all = await recorded(test, tenant, names)
  const [first] = all
  const started = await Promise.all([startDeliverer(tenant), startDeliverer(tenant)])
  let killed: ChildProcess | undefined
  receiver.answer('/', ({ event }) => {
    // Whoever delivers dies with an event on its way, and others behind it that are not noted.
    if (event.data.id === all[60]!.id && !killed) {
      killed = started[0]
      for (const child of started.slice(0, 1)) child.kill('SIGKILL')
      return { hangs: true }
    }
    return {}
  })
  const { id } = await create(test, tenant, { url: receiver.url(), from: first!.seq })

  await until(() => expect(killed).toBeDefined())
  // Which of the two had it is not known: the other one goes the same way.
  started[1]!.kill('SIGKILL')
  await startDeliverer(tenant)
  const last = all.at(-1)!
  await until2(() => expect(receiver.events().map(({ data }) => data.id)).toContain(last.id))

  const told = receiver.events().map(({ data }) => data.seq)
  const once = told.filter((seq, i) => told.indexOf(seq) === i)
  const wanted = all.map(({ seq }) => seq)
  expect(once.filter((seq) => wanted.includes(seq))).toEqual(wanted)
  expect(told.length - once.length).toBeLessThan(EVENTS)
  await until2(async () =>
    expect(await hookOf(test, tenant, id)).toMatchObject({
      delivery: { behind: 0, deadLetters: 0 },
    }),
  )
}, 150_000)

/** What a killed server holds is another's after half a minute. */
const until2 = <T>(holds: () => T | Promise<T>) => until(holds, 90_000)

it('tells each event once, however many servers there are', async () => {
  const tenant = await test.freshTenant()
  const path = '/once'
  await Promise.all([startDeliverer(tenant), startDeliverer(tenant), startDeliverer(tenant)])
  await create(test, tenant, { url: receiver.url(path) })
  const all = await recorded(
    test,
    tenant,
    Array.from({ length: 50 }, (_, i) => dataset(`d${i}`)),
  )
  await until(() => expect(receiver.events(path).length).toBeGreaterThan(all.length))
  expect(
    receiver
      .events(path)
      .slice(1)
      .map(({ data }) => data.seq),
  ).toEqual(all.map(({ seq }) => seq))
})
