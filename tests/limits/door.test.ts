import { expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { defaultLimits, type Limits } from '../../server/limits/limits.ts'
import { listen } from '../../server/listen.ts'
import { testApp } from '../setup/app.ts'

const { database, ledger, freshTenant } = await testApp()

/** The service with other limits than the usual ones, asked without a socket. */
function serviceWith(limits: Partial<Limits>) {
  const faults: unknown[] = []
  const app = createApp({
    ...{ database, ledger, objects: undefined as never },
    report: (fault) => faults.push(fault),
    limits: { ...defaultLimits(), ...limits },
  })
  const ask = (tenant: string, headers: Record<string, string> = {}) =>
    app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant, ...headers },
        body: '{"query": "{ log { size } }"}',
      }),
    )
  const get = (path: string, tenant: string) =>
    app.fetch(new Request(`http://localhost${path}`, { headers: { 'x-selvedge-tenant': tenant } }))
  return { app, ask, get, faults }
}

it('refuses what is above the rate of a subject, by GraphQL and by REST, and says when to come again', async () => {
  const tenant = await freshTenant()
  const { ask, get, faults } = serviceWith({ ratePrincipal: { requests: 2, seconds: 600 } })
  const first = await ask(tenant)
  expect(first.headers.get('ratelimit-policy')).toBe('"principal";q=2;w=600, "tenant";q=60000;w=60')
  expect(first.headers.get('ratelimit')).toBe('"principal";r=1;t=300, "tenant";r=59999;t=1')
  expect((await get('/log/x/checkpoint', tenant)).headers.get('ratelimit')).toMatch(
    /^"principal";r=0;/,
  )

  const refused = await ask(tenant)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('ratelimit')).toMatch(/^"principal";r=0;t=\d+$/)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(200)
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: 'RATE_LIMITED', 'violated-policies': ['principal'] } }],
  })
  const rest = await get('/log/x/checkpoint', tenant)
  expect([rest.status, rest.headers.get('content-type')]).toEqual([429, 'application/problem+json'])
  expect(await rest.json()).toMatchObject({ code: 'RATE_LIMITED', status: 429 })

  expect((await ask(tenant, { 'x-selvedge-subject': 'bob' })).status).toBe(200)
  expect(faults).toEqual([])
})

it('refuses what is above the rate of a tenant, whoever asks for it', async () => {
  const [one, other] = [await freshTenant(), await freshTenant()]
  const { ask } = serviceWith({ rateTenant: { requests: 1, seconds: 600 } })
  expect((await ask(one)).status).toBe(200)
  expect((await ask(one, { 'x-selvedge-subject': 'bob' })).status).toBe(429)
  expect((await ask(other)).status).toBe(200)
})

it('answers probes and verifiers whatever the rates', async () => {
  const { ask, get } = serviceWith({ ratePrincipal: { requests: 1, seconds: 600 } })
  const tenant = await freshTenant()
  await ask(tenant)
  for (const path of ['/livez', '/.well-known/jwks.json']) {
    expect((await get(path, tenant)).status).toBe(200)
  }
})

it('refuses an address that sends too much, before it looks who is asking', async () => {
  const { app } = serviceWith({ rateAddress: { requests: 2, seconds: 600 } })
  const { url, close } = await listen(app, { host: '127.0.0.1', port: 0 })
  try {
    const answers = [
      await fetch(`${url}/livez`),
      await fetch(`${url}/x`),
      await fetch(`${url}/livez`),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 429])
    expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThan(200)
    expect(await answers[2]!.json()).toMatchObject({ code: 'RATE_LIMITED' })
  } finally {
    await close()
  }
})

it('says that it is busy where no more may wait, and takes the next once there is room', async () => {
  const tenant = await freshTenant()
  const { ask, faults } = serviceWith({ readSlots: 1, queue: 2 })
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(tenant)))
  const busy = answers.filter(({ status }) => status === 503)
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3)
  expect(busy.length).toBeGreaterThan(0)
  for (const answer of busy) {
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'SERVER_BUSY' } }] })
  }
  expect([(await ask(tenant)).status, faults]).toEqual([200, []])
})
