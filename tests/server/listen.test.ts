import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, expect, it } from 'vitest'
import { listen } from '../../server/listen.ts'
import { chain, dataset, RECORD } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { startServing } from '../setup/serving.ts'

const test = await testApp()
const { app, freshTenant, faults } = test
const { url, port, close } = await listen(app, { host: '127.0.0.1', port: 0 })
afterAll(close)

const post = (path: string, tenant: string, body: RequestInit['body'], more = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant, ...more },
    body,
    duplex: 'half',
  } as RequestInit)

it('lives, is ready, and opens GraphiQL in a browser', async () => {
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ready' })
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })
  expect([page.status, await page.text()]).toEqual([
    200,
    expect.stringContaining('<title>Selvedge'),
  ])
})

it('takes bodies whole and in chunks, and cuts off one that is too long', async () => {
  const tenant = await freshTenant()
  const body = JSON.stringify({ query: RECORD, variables: { items: [dataset('é')] } })
  for (const sent of [body, new Blob([body]).stream()]) {
    const answer = (await (await post('/graphql', tenant, sent)).json()) as { data: object }
    expect(answer.data).toMatchObject({ record: { results: [{ version: 1 }] } })
  }
  for (const path of ['/graphql', '/api/v1/lineage']) {
    const long = 'x'.repeat(4_100_000)
    expect((await post(path, tenant, long)).status).toBe(413)
    // The answer comes while the rest is still being sent, which some clients take for a failure.
    const status = await post(path, tenant, new Blob([long]).stream()).then(
      (response) => response.status,
      () => 413,
    )
    expect(status).toBe(413)
  }
})

it('takes OpenLineage events, streams bundles, and sends a known one no second time', async () => {
  const tenant = await freshTenant()
  const event = {
    eventTime: '2026-01-01T00:00:00Z',
    producer: 'https://example.org/producer',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
    dataset: { namespace: 'db', name: 'a' },
  }
  expect((await post('/api/v1/lineage', tenant, JSON.stringify(event))).status).toBe(200)
  const batch = await post('/api/v1/lineage/batch', tenant, JSON.stringify([event, {}]))
  expect(await batch.json()).toMatchObject({ results: [{ ok: true }, { ok: false }] })

  const [, , root] = await chain(test, tenant)
  const { data } = await test.ask<{ exportBundle: { export: { id: string } } }>(
    'mutation Export($root: ID!) { exportBundle(root: $root) { export { id } } }',
    { tenant, variables: { root } },
  )
  const path = `${url}/exports/${data.exportBundle.export.id}`
  const headers = { 'x-selvedge-tenant': tenant }
  const bundle = await fetch(path, { headers })
  const bytes = new Uint8Array(await bundle.arrayBuffer())
  expect(bundle.headers.get('content-type')).toBe('application/vnd.selvedge.bundle+zip')
  expect(Number(bundle.headers.get('content-length'))).toBe(bytes.length)
  expect([...bytes.slice(0, 4)]).toEqual([0x50, 0x4b, 3, 4])
  const etag = bundle.headers.get('etag') ?? ''
  const again = await fetch(path, { headers: { ...headers, 'if-none-match': etag } })
  expect(again.status).toBe(304)
  const head = await fetch(path, { method: 'HEAD', headers: { ...headers, range: 'bytes=0-9' } })
  expect([head.status, Number(head.headers.get('content-length'))]).toEqual([200, bytes.length])
  expect([head.headers.get('etag'), (await head.arrayBuffer()).byteLength]).toEqual([etag, 0])

  const partOf = async (range: string, more = {}) => {
    const answer = await fetch(path, { headers: { ...headers, range, ...more } })
    const part = new Uint8Array(await answer.arrayBuffer())
    return { status: answer.status, part, said: answer.headers.get('content-range') }
  }
  const start = await partOf('bytes=0-999')
  expect([start.status, start.said]).toEqual([206, `bytes 0-999/${bytes.length}`])
  const rest = await partOf('bytes=1000-', { 'if-range': etag })
  expect([rest.status, rest.said]).toEqual([206, `bytes 1000-${bytes.length - 1}/${bytes.length}`])
  expect(Buffer.concat([start.part, rest.part]).equals(bytes)).toBe(true)
  expect((await partOf('bytes=-22')).part).toEqual(bytes.slice(-22))
  for (const more of [{ 'if-range': '"another file"' }, { range: 'bytes=0-1,5-6' }]) {
    const whole = await partOf('bytes=0-9', more)
    expect([whole.status, whole.part.length, whole.said]).toEqual([200, bytes.length, null])
  }
  const beyond = await partOf(`bytes=${bytes.length}-`)
  expect([beyond.status, beyond.said]).toEqual([416, `bytes */${bytes.length}`])
  expect(JSON.parse(Buffer.from(beyond.part).toString())).toMatchObject({
    code: 'RANGE_NOT_SATISFIABLE',
  })

  const other = await fetch(path, { headers: { 'x-selvedge-tenant': await freshTenant() } })
  expect([other.status, await other.json()]).toMatchObject([404, { code: 'EXPORT_UNKNOWN' }])
})

/** Sends bytes as they are, for what no client would send. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(bytes)
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  await once(socket, 'close')
  return Buffer.concat(parts).toString()
}

it.each([
  [
    'another name in Host',
    'GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: evil.example\r\n\r\n',
  ],
  [
    'another name in the target',
    'GET http://evil.example/readyz HTTP/1.1\r\nHost: evil.example\r\n\r\n',
  ],
  [
    'a name that opens like a local one',
    'GET /readyz HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n',
  ],
  ['a user before the name', 'GET /readyz HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n'],
  ['a name that is none', 'GET /readyz HTTP/1.1\r\nHost: a b\r\n\r\n'],
  ['half an address', 'GET /readyz HTTP/1.1\r\nHost: [::1\r\n\r\n'],
  ['a port that is none', 'GET /readyz HTTP/1.1\r\nHost: localhost:99999\r\n\r\n'],
])('refuses %s', async (_what, bytes) => {
  expect(await raw(bytes)).toMatch(/^HTTP\/1.1 4(21|00) /)
})

it.each([
  'garbage\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
  'GET //%% HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: localhost:80\r\n\r\n',
  'GET http://localhost:80/readyz HTTP/1.1\r\nHost: localhost:80\r\n\r\n',
  'GET * HTTP/1.0\r\n\r\n',
])('answers %j with a refusal, and goes on', async (bytes) => {
  const answer = await raw(bytes)
  expect(answer).toMatch(/^HTTP\/1.1 4\d\d /)
  expect(answer).not.toMatch(/ at .*:\d+:\d+/)
  expect((await fetch(`${url}/livez`)).status).toBe(200)
})

it('listens on loopback alone, and says when a port is taken', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
    await expect(listen(app, { host, port: 0 })).rejects.toMatchObject({ code: 'LISTEN_NOT_LOCAL' })
  }
  await expect(listen(app, { host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
  })
})

it('had no fault of its own', () => expect(faults).toEqual([]))

it('answers what it has taken before it ends, as a process', async () => {
  const { child, url: served, ended } = await startServing()
  const tenant = await freshTenant()
  const items = Array.from({ length: 500 }, (_, i) => dataset(`d${i}`))
  const asked = request(`${served}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-selvedge-tenant': tenant,
      expect: '100-continue',
    },
  })
  asked.flushHeaders()
  // By this the server says that it has taken the request.
  await once(asked, 'continue')
  child.kill('SIGTERM')
  asked.end(JSON.stringify({ query: RECORD, variables: { items } }))
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const { data } = (await json(answer)) as { data: { record: { results: object[] } } }
  expect(data.record.results).toHaveLength(500)
  expect(await ended).toBe(0)
})
