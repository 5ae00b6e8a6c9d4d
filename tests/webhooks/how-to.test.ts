import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dataset, job, recorded } from '../schema/recording.ts'
import { selvedge } from '../setup/selvedge.ts'
import { type Came, openReceiver } from './receiver.ts'
import { lettersOf, until, webhookTest } from './support.ts'

const test = await webhookTest()
const receiver = await openReceiver()
const server = createServer(test.app.listener)
const page = readFileSync(resolve(import.meta.dirname, '../../docs/how-to/webhooks.md'), 'utf8')
let url = ''

beforeAll(async () => {
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** The commands of the page, by their verb. */
const lines = [...page.matchAll(/^ {4}selvedge (webhook (\S+).*)$/gm)].map(([, line, verb]) => ({
  verb: verb!,
  args: line!.split(' '),
}))

async function run(
  verb: string,
  put: Record<string, string>,
  { json = true, which = 0 }: { json?: boolean; which?: number } = {},
) {
  const { args } = lines.filter((one) => one.verb === verb)[which]!
  const asked = args.map((one) => put[one] ?? one)
  const { code, stdout, stderr } = await selvedge([
    ...asked,
    '--url',
    url,
    ...(json ? ['--json'] : []),
  ])
  expect(code, stderr).toBe(0)
  return stdout
}

it('docs/how-to/webhooks.md: each command does as it says', async () => {
  const tenant = await test.freshTenant()
  receiver.answer('/hook', ({ event }) => (event.data.kind === 'Dataset' ? { status: 500 } : {}))
  const put: Record<string, string> = {
    'https://catalogue.example/hooks/selvedge': receiver.url('/hook'),
    acme: tenant,
  }
  const added = JSON.parse(await run('add', put))
  expect(added).toMatchObject({ ok: true, tenant, webhook: { kinds: ['Dataset', 'Job'] } })
  const { id } = added.webhook
  put['urn:selvedge:webhook:…'] = id

  const [bad] = await recorded(test, tenant, [dataset('a'), job('j')])
  put['42'] = String(bad!.seq)
  await until(() => expect(receiver.events('/hook')).toHaveLength(1))
  const table = await run('list', put, { json: false })
  expect(table).toMatch(/^state +behind +dead +last failure +kinds +url +webhook\n/)
  expect(table).toContain(id)
  expect(await run('dead-letters', put, { json: false })).toMatch(
    new RegExp(`^seq .*\\n${bad!.seq} .* 3 +500 +- +${bad!.id}\\n$`, 's'),
  )
  receiver.answer('/hook', () => ({}))
  expect(JSON.parse(await run('redeliver', put, { which: 1 }))).toMatchObject({ count: 1 })
  await until(async () => expect(await lettersOf(test, tenant, id)).toEqual([]))
  expect(await run('redeliver', put, { json: false })).toBe('0 events are delivered again.\n')
  expect(JSON.parse(await run('pause', put)).webhook.state).toBe('PAUSED')
  expect(JSON.parse(await run('resume', put)).webhook.state).not.toBe('PAUSED')
  expect(JSON.parse(await run('remove', put)).webhook.state).toBe('DELETED')
  expect(await run('list', put, { json: false })).toBe('There is no webhook.\n')
  expect(new Set(lines.map(({ verb }) => verb)).size).toBe(7)
})

it('docs/how-to/webhooks.md: what it has a receiver do tells what is genuine from what is not', async () => {
  const tenant = await test.freshTenant()
  await recorded(test, tenant, [dataset('a')])
  const { data } = await test.ask<{ webhookCreate: { webhook: { id: string } } }>(
    `mutation ($url: String!) { webhookCreate(input: { url: $url, from: 0 }) { webhook { id } } }`,
    { tenant, variables: { url: receiver.url('/verified') } },
  )
  expect(data.webhookCreate.webhook.id).toBeDefined()
  await until(() => expect(receiver.events('/verified')).toHaveLength(3))
  const [, code] = /^```js\n(.*?)^```$/ms.exec(page)!
  const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code!)}`)) as {
    isGenuine(headers: Came['headers'], body: string, keys: object): boolean
  }
  const jwks = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
    keys: { selvedge_use: string }[]
  }
  for (const { headers, body } of receiver.came('/verified')) {
    expect(isGenuine(headers, body, jwks)).toBe(true)
    expect(isGenuine(headers, body.replace(tenant, 'other'), jwks)).toBe(false)
    const late = String(Number(headers['webhook-timestamp']) - 600)
    expect(isGenuine({ ...headers, 'webhook-timestamp': late }, body, jwks)).toBe(false)
    const others = jwks.keys.filter(({ selvedge_use: use }) => use !== 'webhook')
    expect(
      isGenuine(headers, body, {
        keys: others.map((key) => ({ ...key, selvedge_use: 'webhook' })),
      }),
    ).toBe(false)
  }
})
