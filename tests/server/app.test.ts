import { expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import type { Database } from '../../lineage/graph.ts'
import { createApp } from '../../server/app.ts'

/** An app on a database that fails, for what callers are told of faults that are not theirs. */
function broken(error: unknown) {
  const fail = () => Promise.reject(error)
  const database = {
    graph: (tenant: string) => ({ tenant, read: fail, write: fail }),
    verify: fail,
  } as unknown as Database
  const reported: unknown[] = []
  const app = createApp({
    database,
    ledger: undefined as never,
    objects: undefined as never,
    report: (fault) => reported.push(fault),
  })
  const ask = async (query: string) => {
    const response = await app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': 'acme' },
        body: JSON.stringify({ query }),
      }),
    )
    return { response, text: await response.text() }
  }
  return { app, ask, reported }
}

it('tells nothing of a fault of its own but a number, and reports the fault', async () => {
  const { app, ask, reported } = broken(new Error('the password is swordfish'))
  const { text } = await ask('{ log { size } }')
  const rest = await app.fetch(
    new Request(
      'http://localhost/exports/urn:selvedge:export:01936893-9751-7a91-a2a0-a51101a3970c',
      { headers: { 'x-selvedge-tenant': 'acme' } },
    ),
  )
  expect(rest.status).toBe(500)
  for (const told of [text, await rest.text()]) {
    expect(told).toMatch(/"code":"INTERNAL_ERROR"/)
    expect(told).toMatch(/"incident":"[0-9a-f-]{36}"/)
    expect(told).not.toMatch(/swordfish|at .*:\d+/)
  }
  expect(reported).toHaveLength(2)
})

it('says that the database is away, and when to come again', async () => {
  const away = new Problem('DATABASE_UNAVAILABLE', 'The database does not answer.', { status: 503 })
  const { app, ask, reported } = broken(away)
  const { response, text } = await ask('{ log { size } }')
  const ready = await app.fetch(new Request('http://localhost/readyz'))
  for (const answer of [response, ready]) {
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  }
  expect(text).toContain('"code":"DATABASE_UNAVAILABLE"')
  expect(await ready.json()).toMatchObject({ code: 'SERVER_NOT_READY' })
  expect(reported).toEqual([])
})
