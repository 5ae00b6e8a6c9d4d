import { request } from 'node:http'
import neo4j from 'neo4j-driver'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { type Database, openDatabase, query } from '../../lineage/graph.ts'
import { createApp } from '../../server/app.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { listen } from '../../server/listen.ts'
import { testNeo4j } from '../setup/database.ts'

const { uri, username, password } = testNeo4j()
const database = openDatabase({ uri, username, password })
const operator = neo4j.driver(uri, neo4j.auth.basic(username, password))
afterAll(() => Promise.all([database.close(), operator.close()]))

/** Runs for hours, and is found by its mark. */
const ENDLESS = query<{ n: number }>(`
  // endless, for tests
  UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b
  WITH a, b WHERE a * b < 0 AND $mark <> $tenant
  RETURN count(*) AS n`)

/** What the database itself says is running under a mark. */
async function running(mark: string) {
  const { records } = await operator.executeQuery(
    `SHOW TRANSACTIONS YIELD currentQuery, parameters, status
     WHERE parameters.mark = $wanted AND NOT currentQuery STARTS WITH 'SHOW' RETURN status`,
    { wanted: mark },
  )
  return records.map((record) => record.get('status') as string)
}

async function eventually(what: () => Promise<boolean>) {
  while (!(await what())) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}

const runs = (mark: string) => eventually(async () => (await running(mark)).length === 1)
const isGone = (mark: string) => eventually(async () => (await running(mark)).length === 0)

let mark = ''
beforeEach(() => {
  mark = `mark-${crypto.randomUUID()}`
})

it('ends what it reads in the database where its caller goes', async () => {
  const caller = new AbortController()
  const until = { timeoutMs: 600_000, endsAt: performance.now() + 600_000, signal: caller.signal }
  const reading = database.graph('acme', until).read(ENDLESS, { mark })
  const refused = expect(reading).rejects.toMatchObject({ code: 'REQUEST_CANCELLED' })
  await runs(mark)
  caller.abort()
  await refused
  await isGone(mark)
})

it('reads nothing for a caller who has gone, and nothing after the end', async () => {
  const gone = { timeoutMs: 1, endsAt: performance.now() + 600_000, signal: AbortSignal.abort() }
  const late = { timeoutMs: 7, endsAt: performance.now() - 1 }
  for (const [until, code] of [
    [gone, 'REQUEST_CANCELLED'],
    [late, 'DEADLINE_EXCEEDED'],
  ] as const) {
    await expect(database.graph('acme', until).read(ENDLESS, { mark })).rejects.toMatchObject({
      code,
    })
  }
  expect(await running(mark)).toEqual([])
})

it('has the database end a read when the time of the request is over', async () => {
  const until = { timeoutMs: 300, endsAt: performance.now() + 300 }
  await expect(database.graph('acme', until).read(ENDLESS, { mark })).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    details: { timeoutMs: 300 },
  })
  await isGone(mark)
})

/** A server on this database, whose every read takes for ever, but for the look at policies, which all share. */
async function slowServer() {
  const slow: Database = {
    ...database,
    graph: (tenant, until) => {
      const graph = database.graph(tenant, until)
      return {
        ...graph,
        read: (query, params) =>
          query.name === 'version of the policies'
            ? graph.read(query, params)
            : graph.read(ENDLESS as never, { mark }),
      }
    },
  }
  const faults: unknown[] = []
  const app = createApp({
    database: slow,
    ledger: undefined as never,
    objects: undefined as never,
    report: (fault) => faults.push(fault),
    limits: { ...defaultLimits(), requestTimeout: 600_000, mostRequestTimeout: 600_000 },
  })
  return { ...(await listen(app, { host: '127.0.0.1', port: 0 })), faults }
}

const { url, faults, close } = await slowServer()
afterAll(close)

const headers = { 'content-type': 'application/json', 'x-selvedge-tenant': 'acme' }
const GRAPHQL = JSON.stringify({ query: '{ log { size } }' })

it.each([
  ['GraphQL', 'POST', '/graphql', GRAPHQL],
  ['an export', 'GET', '/exports/urn:selvedge:export:01936893-9751-7a91-a2a0-a51101a3970c', ''],
  ['a file of the log', 'GET', '/log/acme/checkpoint', ''],
])('a client that disconnects from %s has its query ended', async (_what, method, path, body) => {
  const asked = request(`${url}${path}`, { method, headers })
  asked.on('error', () => {})
  asked.end(body)
  await runs(mark)
  asked.destroy()
  await isGone(mark)
})

it('takes the time of a request from its header, and says when it was over', async () => {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'x-request-timeout': '300' },
    body: GRAPHQL,
  })
  expect([answer.status, await answer.json()]).toMatchObject([
    504,
    { errors: [{ extensions: { code: 'DEADLINE_EXCEEDED', timeoutMs: 300 } }] },
  ])
})

it.each(['0', '-1', '1.5', 'soon', '1e3', ''])('refuses a time of %j', async (given) => {
  for (const path of ['/graphql', '/log/acme/checkpoint']) {
    const method = path === '/graphql' ? 'POST' : 'GET'
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, 'x-request-timeout': given },
      ...(method === 'POST' && { body: GRAPHQL }),
    })
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'TIMEOUT_INVALID' }])
  }
})

it('had no fault of its own', () => expect(faults).toEqual([]))
