import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import type { Database } from '../../lineage/graph.ts'
import { createApp } from '../../server/app.ts'
import { openRequest, withinRequest } from '../../server/current-request.ts'
import { openLog, reportTo } from '../../server/log.ts'
import { logRequests } from '../../server/observed.ts'

/** A log whose lines are kept. */
function keptLog(settings: Partial<Parameters<typeof openLog>[0]> = {}) {
  const written: string[] = []
  const sink = { write: (line: string) => written.push(line) }
  const log = openLog({ logLevel: 'info', logFormat: 'json', ...settings }, sink)
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { log, written, lines }
}

describe('a log line', () => {
  it('is one JSON object with its time, its level and the request that it belongs to', () => {
    const { log, written, lines } = keptLog()
    withinRequest(openRequest('GET', 'req-1'), () => log.warn({ left: 3 }, 'few left'))
    expect(written[0]).toMatch(/^\{[^\n]*\}\n$/)
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(lines()).toEqual([{ level: 'warn', time, requestId: 'req-1', left: 3, msg: 'few left' }])
  })

  it('is written from the level on that is set, and not at all when silent', () => {
    const { log, written } = keptLog({ logLevel: 'error' })
    log.warn('no')
    expect(written).toEqual([])
    log.error('yes')
    expect(written).toHaveLength(1)
    const silent = keptLog({ logLevel: 'silent' })
    silent.log.fatal('no')
    expect(silent.written).toEqual([])
  })

  it('tells an error with its code, its stack and its causes', () => {
    const { log, lines } = keptLog()
    const cause = new Error('the socket hung up')
    reportTo(log)(new Problem('DATABASE_UNAVAILABLE', 'away', { cause }), 'i-1')
    expect(lines()[0]).toMatchObject({
      incident: 'i-1',
      err: {
        type: 'Problem',
        code: 'DATABASE_UNAVAILABLE',
        stack: expect.stringContaining('log.test.ts'),
        cause: { message: 'the socket hung up' },
      },
    })
  })

  it.each([
    ['authorization', { headers: { Authorization: 'Bearer swordfish' } }],
    ['cookies', { headers: { 'set-cookie': ['a=swordfish'] } }],
    ['a token', { accessToken: 'swordfish' }],
    ['a password', { neo4j: { password: 'swordfish' } }],
    ['a passphrase', [{ keysPassphrase: 'swordfish' }]],
    ['a client secret', { client_secret: { value: 'swordfish' } }],
    ['a private key as JWK', { jwk: { kty: 'OKP', d: 'swordfish' } }],
    ['a member of an error', Object.assign(new Error('no'), { token: 'swordfish' })],
    ['a cause', new Error('no', { cause: { password: 'swordfish' } })],
    ['a bearer token in a message', new Error('sent Authorization: Bearer swordfish.x-y')],
    ['a password in a URL', new Error('no route to bolt://neo4j:swordfish@db:7687')],
    ['a private key as PEM', '-----BEGIN PRIVATE KEY-----\nswordfish\n-----END PRIVATE KEY-----'],
    ['a JWT', 'got eyJhbGciOiJFZERTQSJ9.swordfish.swordfish from there'],
  ])('masks %s', (_what, given) => {
    const { log, written, lines } = keptLog()
    log.info({ given, left: 'as it is' }, 'said')
    expect(written[0]).toContain('********')
    expect(written[0]).not.toContain('swordfish')
    expect(lines()[0]).toMatchObject({ left: 'as it is', msg: 'said' })
  })

  it('ends where what is logged goes round in a circle', () => {
    const { log, lines } = keptLog()
    const circle: Record<string, unknown> = { name: 'a' }
    circle.self = circle
    log.info({ circle }, 'round')
    expect(lines()[0]).toMatchObject({ circle: { name: 'a', self: { name: 'a' } } })
  })

  it('cannot be forged by what it tells, in either format', () => {
    const forged = (level: string) => `\n{"level":"${level}"}\u001b[2J\u2028\r\n`
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('info', 'fatal'),
        (text, level) => {
          for (const logFormat of ['json', 'text'] as const) {
            const { log, written } = keptLog({ logFormat })
            log.info({ text: text + forged(level) }, text + forged(level))
            log.error({ err: { stack: `Error: ${text}${forged(level)}` } })
            const [said, failed] = written as [string, string]
            expect(said.indexOf('\n')).toBe(said.length - 1)
            expect(said.slice(0, -1)).not.toMatch(logFormat === 'text' ? /[\p{Cc}\u2028]/u : /\n/)
            // A stack has lines of its own: they are indented, so that none looks like the log's.
            if (logFormat === 'text') expect(failed).not.toMatch(/\n(?! {2}|$)/)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

/** An app on a database that answers nothing, whose requests are logged. */
function loggedApp() {
  const fail = () => Promise.reject(new Problem('DATABASE_UNAVAILABLE', 'away', { status: 503 }))
  const database = {
    graph: (tenant: string) => ({ tenant, read: fail, write: fail }),
    verify: fail,
  }
  const { log, lines, written } = keptLog({ logLevel: 'debug' })
  const app = createApp({
    database: database as unknown as Database,
    ledger: undefined as never,
    objects: undefined as never,
    report: reportTo(log),
    onEnded: logRequests(log),
  })
  const send = (path: string, init?: RequestInit) =>
    app.fetch(new Request(`http://localhost${path}`, init))
  const ask = (query: string, more: object = {}, headers: Record<string, string> = {}) =>
    send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': 'acme', ...headers },
      body: JSON.stringify({ query, ...more }),
    })
  return { ask, send, lines, written }
}

describe('a request', () => {
  it('is one line: what was asked and how it ended, and nothing that the caller wrote', async () => {
    const { ask, lines, written } = loggedApp()
    const query = 'query Swordfish($id: ID!) { node(id: $id) { id } }'
    await ask(query, { variables: { id: 'urn:mallory' } }, { 'x-request-id': 'req-7' })
    expect(lines().filter(({ msg }) => msg === 'request')).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        requestId: 'req-7',
        method: 'POST',
        route: '/graphql',
        operation: 'Swordfish',
        status: 503,
        code: 'DATABASE_UNAVAILABLE',
        ms: expect.any(Number),
        tenant: 'acme',
        msg: 'request',
      },
    ])
    expect(written.join('')).not.toMatch(/mallory|\$id/)
  })

  it('is told by the template of its route, without its query', async () => {
    const { send, lines, written } = loggedApp()
    await send('/exports/urn:selvedge:export:mallory?who=mallory', {
      headers: { 'x-selvedge-tenant': 'not a tenant' },
    })
    await send('/mallory')
    const requests = lines().filter(({ msg }) => msg === 'request')
    expect(requests.map(({ route }) => route)).toEqual(['/exports/{id}', null])
    expect(requests[0]).not.toHaveProperty('tenant')
    expect(written.join('')).not.toContain('mallory')
  })

  it('is not told of at the usual level where it is a probe that succeeds', async () => {
    const { send, lines } = loggedApp()
    await send('/livez')
    expect(lines().map(({ route, level }) => [route, level])).toEqual([['/livez', 'debug']])
  })

  it.each([
    ['as the caller names it', 'a.Name_of-7', /^a\.Name_of-7$/],
    ['of the longest that is taken', 'x'.repeat(128), /^x{128}$/],
    ['of ours where it is too long', 'x'.repeat(129), /^[0-9a-f-]{36}$/],
    ['of ours where it is empty', '', /^[0-9a-f-]{36}$/],
    ['of ours where it would forge a line', 'a"b', /^[0-9a-f-]{36}$/],
  ])('has an id %s, in the answer and in the problem', async (_what, given, id) => {
    const { send, ask } = loggedApp()
    const headers = { 'x-request-id': given }
    const rest = await send('/nowhere', { headers })
    expect(rest.headers.get('x-request-id')).toMatch(id)
    expect(await rest.json()).toMatchObject({ requestId: rest.headers.get('x-request-id') })
    for (const query of ['{ log { size } }', '{ nothing }', '{']) {
      const answer = await ask(query, {}, headers)
      const sent = answer.headers.get('x-request-id')
      expect(sent).toMatch(id)
      const { errors } = (await answer.json()) as { errors: { extensions: object }[] }
      expect(errors[0]!.extensions).toMatchObject({ requestId: sent })
    }
  })
})
