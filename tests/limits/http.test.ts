import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import { createApp } from '../../server/app.ts'
import { openCrossSite } from '../../server/limits/cross-site.ts'
import { MOST_HEADERS } from '../../server/limits/http.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { listen } from '../../server/listen.ts'
import { SECURITY_HEADERS } from '../../server/security-headers.ts'

/** Nothing here is about what is in a database: where one is asked, it is away. */
const away = new Problem('DATABASE_UNAVAILABLE', 'The database does not answer.', { status: 503 })
const fail = () => Promise.reject(away)
const graph = (tenant: string) => ({ tenant, read: fail, write: fail })
const database = { graph, verify: fail } as never

const PAGE = 'https://console.example'
const faults: unknown[] = []
const app = createApp({
  ...{ database, ledger: undefined as never, objects: undefined as never },
  report: (fault) => faults.push(fault),
  limits: { ...defaultLimits(), corsOrigins: [PAGE] },
})
const { url, port, close } = await listen(app, { host: '127.0.0.1', port: 0 })
afterAll(close)

/** Sends bytes as they are, and reads until the server ends the connection. */
async function raw(bytes: string, { at = port, end = true } = {}): Promise<string> {
  const socket = connect(at, '127.0.0.1')
  socket.write(bytes)
  if (end) socket.end()
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  socket.on('error', () => {})
  await once(socket, 'close')
  return Buffer.concat(parts).toString()
}

/** All that comes on a connection until the server ends it. */
async function answersOn(socket: Socket): Promise<string> {
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  socket.on('error', () => {})
  await new Promise((resolve) => {
    socket.once('close', resolve)
  })
  return Buffer.concat(parts).toString()
}

function answerIn(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((one) => {
      const [name = '', value = ''] = one.split(': ')
      return [name.toLowerCase(), value]
    }),
  )
  return { status: Number(line.split(' ')[1]), headers, body }
}

const HOST = 'Host: localhost'

describe('what the parser refuses', () => {
  it.each([
    ['no HTTP at all', 'garbage\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['another version', `GET / HTTP/9.9\r\n${HOST}\r\n\r\n`, 400, 'REQUEST_MALFORMED'],
    [
      'a length below zero',
      `POST /graphql HTTP/1.1\r\n${HOST}\r\nContent-Length: -1\r\n\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'a length and chunks',
      `POST /graphql HTTP/1.1\r\n${HOST}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'a header over two lines',
      `GET /livez HTTP/1.1\r\n${HOST}\r\nX-A: a\r\n b\r\n\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'a space before a colon',
      `GET /livez HTTP/1.1\r\n${HOST}\r\nX-A : a\r\n\r\n`,
      400,
      'REQUEST_MALFORMED',
    ],
    ['no Host', 'GET /livez HTTP/1.1\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    [
      'long headers',
      `GET /livez HTTP/1.1\r\n${HOST}\r\nX-A: ${'a'.repeat(17_000)}\r\n\r\n`,
      431,
      'REQUEST_HEADERS_TOO_LARGE',
    ],
    [
      'a long path',
      `GET /${'a'.repeat(17_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
      431,
      'REQUEST_HEADERS_TOO_LARGE',
    ],
    [
      'a flood of headers',
      `GET /livez HTTP/1.1\r\n${HOST}\r\n${'X-A: a\r\n'.repeat(MOST_HEADERS)}\r\n`,
      431,
      'REQUEST_HEADERS_TOO_MANY',
    ],
    ['a tunnel', `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n\r\n`, 405, 'METHOD_NOT_ALLOWED'],
    [
      'another expectation',
      `GET /livez HTTP/1.1\r\n${HOST}\r\nExpect: a-miracle\r\n\r\n`,
      417,
      'EXPECTATION_UNKNOWN',
    ],
    [
      'another method for GraphQL',
      `DELETE /graphql HTTP/1.1\r\n${HOST}\r\n\r\n`,
      405,
      'METHOD_NOT_ALLOWED',
    ],
  ])('is a problem with a code: %s', async (_what, bytes, status, code) => {
    const answer = answerIn(await raw(bytes))
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      ...SECURITY_HEADERS,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    // Chunks come with their lengths.
    const [told = ''] = /\{.*\}/s.exec(answer.body) ?? []
    expect(JSON.parse(told)).toMatchObject({
      code,
      status,
      type: `urn:selvedge:problem:${code}`,
    })
  })

  it('takes as many headers as it says', async () => {
    const lines = `${HOST}\r\nConnection: close\r\n${'X-A: a\r\n'.repeat(MOST_HEADERS - 2)}`
    expect(answerIn(await raw(`GET /livez HTTP/1.1\r\n${lines}\r\n`)).status).toBe(200)
  })

  it('does not write a refusal into an answer', async () => {
    const told = await raw(`GET /livez HTTP/1.1\r\n${HOST}\r\n\r\ngarbage\r\n\r\n`)
    const { body } = answerIn(told)
    expect(() => JSON.parse(body)).not.toThrow()
    expect(told.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })
})

it.each([
  ['', 'Content-Length: 5000000\r\n\r\n', ''],
  [' in chunks', 'Transfer-Encoding: chunked\r\n\r\n', `${(50_000).toString(16)}\r\n`],
])(
  'tells who sends too much%s that it is, and hears what is asked next',
  async (_how, frame, size) => {
    const socket = connect(port, '127.0.0.1')
    const answers = answersOn(socket)
    const head = `${HOST}\r\nContent-Type: application/json\r\nX-Selvedge-Tenant: a`
    socket.write(`POST /graphql HTTP/1.1\r\n${head}\r\n${frame}`)
    for (let i = 0; i < 100; i++) socket.write(`${size}${' '.repeat(50_000)}${size && '\r\n'}`)
    if (size) socket.write('0\r\n\r\n')
    socket.write(`GET /livez HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`)
    const told = await answers
    expect(told.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
    expect(told).toContain('"code":"REQUEST_TOO_LARGE"')
  },
)

it('answers a request once, however its body goes on', async () => {
  const socket = connect(port, '127.0.0.1')
  const answers = answersOn(socket)
  socket.write(`POST /nothing HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`)
  await once(socket, 'data')
  socket.write('2\r\nhello\r\n0\r\n\r\n')
  expect((await answers).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404'])
})

it('says 408 to who sends headers or a body too slowly, and goes on', async () => {
  const http = { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 }
  const hasty = await listen(app, { host: '127.0.0.1', port: 0, http })
  try {
    for (const slow of [
      'GET /livez HT',
      `POST /graphql HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nX-Selvedge-Tenant: a\r\nContent-Length: 100\r\n\r\n{`,
      `POST /graphql HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nX-Selvedge-Tenant: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
    ]) {
      const answer = answerIn(await raw(slow, { at: hasty.port, end: false }))
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
        408,
        { code: 'REQUEST_TOO_SLOW' },
      ])
    }
    // It is as hasty with who is kept waiting by a busy machine.
    while ((await fetch(`${hasty.url}/livez`)).status !== 200);
  } finally {
    await hasty.close()
  }
})

it('takes no more connections than it says', async () => {
  const small = await listen(app, { host: '127.0.0.1', port: 0, mostConnections: 1 })
  try {
    const first = connect(small.port, '127.0.0.1')
    await once(first, 'connect')
    first.write(`GET /livez HTTP/1.1\r\n${HOST}\r\n\r\n`)
    await once(first, 'data')
    expect(await raw(`GET /livez HTTP/1.1\r\n${HOST}\r\n\r\n`, { at: small.port })).toBe('')
    first.destroy()
  } finally {
    await small.close()
  }
})

it.each(['/graphql', '/api/v1/lineage', '/api/v1/lineage/batch'])(
  '%s takes a body that breaks off for what it is',
  async (path) => {
    for (const frame of [
      'Content-Length: 100\r\n\r\n{',
      'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n',
    ]) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(
        `POST ${path} HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nX-Selvedge-Tenant: a\r\nExpect: 100-continue\r\n${frame}`,
      )
      // By this the server says that it reads the body.
      await once(socket, 'data')
      socket.destroy()
    }
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect(faults).toEqual([])
  },
)

const GRAPHQL = { method: 'POST', body: '{"query": "{ __typename }"}' }
const json = { 'content-type': 'application/json' }

describe('every answer', () => {
  it.each([
    ['a probe', '/livez', {}],
    ['a refusal', '/nothing', {}],
    ['GraphQL', '/graphql', { ...GRAPHQL, headers: json }],
    ['what GraphQL refuses', '/graphql', { method: 'POST', body: '{', headers: json }],
    ['a file of a log', '/log/nobody/checkpoint', {}],
    ['an export', '/exports/x', { headers: { 'x-selvedge-tenant': 'nobody' } }],
    ['GraphiQL', '/graphql', { headers: { accept: 'text/html' } }],
  ])('tells a browser to be careful: %s', async (_what, path, init) => {
    const { headers } = await fetch(`${url}${path}`, init)
    for (const name of Object.keys(SECURITY_HEADERS)) expect(headers.get(name), name).toBeTruthy()
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none';.*frame-ancestors 'none'/,
    )
    expect(headers.get('content-security-policy')).not.toMatch(
      /unsafe-eval|script-src[^;]*unsafe-inline|\*/,
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('strict-transport-security')).toBeNull()
  })
})

describe('a page of another site', () => {
  const post = (headers: Record<string, string>) =>
    app.fetch(
      new Request('http://localhost/graphql', { ...GRAPHQL, headers: { ...json, ...headers } }),
    )
  const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code

  it.each([
    ['by its origin', { origin: 'https://evil.example' }],
    ['from a sandbox', { origin: 'null' }],
    ['as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['under the same domain', { 'sec-fetch-site': 'same-site' }],
    ['with our name in its own', { origin: 'http://localhost.evil.example' }],
  ])('is refused a POST: %s', async (_what, headers) => {
    const response = await post(headers)
    expect([response.status, await codeOf(response)]).toEqual([403, 'CROSS_SITE'])
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  it.each([
    ['ours by its origin', { origin: 'http://localhost' }],
    ['ours as the browser says', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' }],
    ['one that is allowed', { origin: PAGE, 'sec-fetch-site': 'cross-site' }],
    ['no page at all', {}],
  ])('is not %s, which is answered', async (_what, headers) => {
    expect((await post(headers)).status).toBe(200)
  })

  it.each([
    ['text/plain', '{"query": "{ __typename }"}'],
    ['application/x-www-form-urlencoded', 'query={__typename}'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/graphql', '{ __typename }'],
  ])('cannot send %s as a form could', async (type, body) => {
    const response = await post({ 'content-type': type, ...(body && {}) })
    expect(response.status).toBe(415)
  })

  it('is refused a GET that it could send, and which no header marks as a program’s', async () => {
    const get = (headers: Record<string, string>) =>
      app.fetch(new Request('http://localhost/graphql?query={__typename}', { headers }))
    expect(await codeOf(await get({}))).toBe('REQUEST_MAY_BE_FORGED')
    expect(await codeOf(await get({ accept: '*/*', 'content-type': 'text/plain' }))).toBe(
      'REQUEST_MAY_BE_FORGED',
    )
    expect((await get({ 'x-selvedge-tenant': 'acme' })).status).toBe(200)
    expect((await get({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })

  it('changes nothing by GET', async () => {
    const tenant = `never-${crypto.randomUUID()}`
    const query = encodeURIComponent(`mutation { tenantCreate(name: "${tenant}") { name } }`)
    const address = `http://localhost/graphql?query=${query}`
    const headers = { 'x-selvedge-tenant': tenant }
    expect((await app.fetch(new Request(address, { headers }))).status).toBe(405)
  })

  it('is told by a preflight whether it may', async () => {
    const ask = (origin: string) =>
      app.fetch(
        new Request('http://localhost/graphql', {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        }),
      )
    const yes = await ask(PAGE)
    expect([yes.status, yes.headers.get('access-control-allow-origin')]).toEqual([204, PAGE])
    expect(yes.headers.get('access-control-allow-headers')).toContain('x-selvedge-tenant')
    expect(yes.headers.get('access-control-allow-credentials')).toBeNull()
    expect(yes.headers.get('vary')).toContain('origin')
    const no = await ask('https://evil.example')
    expect([no.status, await codeOf(no)]).toEqual([403, 'ORIGIN_NOT_ALLOWED'])
    expect(no.headers.get('access-control-allow-origin')).toBeNull()
  })

  it.each([
    ['public, max-age=60', '*', 'cross-origin'],
    ['private, no-cache', null, null],
  ])('may read what is for everyone, and nothing else: %s', (caching, origin, policy) => {
    const headers = new Headers({ 'cache-control': caching })
    const asked = new Request('http://localhost/', { headers: { origin: 'https://any.example' } })
    openCrossSite([PAGE]).tell(asked, headers)
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('cross-origin-resource-policy')).toBe(policy)
  })
})

it('had no fault of its own', () => expect(faults).toEqual([]))
