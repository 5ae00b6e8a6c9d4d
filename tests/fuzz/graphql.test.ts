import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { schema } from '../../schema/index.ts'
import { testApp } from '../setup/app.ts'
import { documentFrom, wordsOf } from './documents.ts'
import { HOSTILE_TEXTS, hostileValue, mutateText, oneOf } from './mutate.ts'
import { answered, eachOf, seededNumbers } from './seeded.ts'

const DOCUMENTS = 50_000

const { app, ask, faults, freshTenant } = await testApp()
const next = seededNumbers()
const tenant = await freshTenant()

const events = readFileSync('tests/fixtures/openlineage/food-delivery.ndjson', 'utf8')
await app.fetch(
  new Request('http://localhost/api/v1/lineage/batch', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
    body: `[${events.trim().split('\n').join(',')}]`,
  }),
)
const { data } = await ask<{ entities: { nodes: { id: string }[] } }>(
  '{ entities(kind: Dataset, first: 20) { nodes { id } } }',
  { tenant },
)
const ids = data.entities.nodes.map(({ id }) => id)

const known = {
  id: ids,
  root: ids,
  ids,
  of: ids,
  // Tenants are founded elsewhere: every one of them is looked after for the rest of the run.
  name: ['_', 'public.orders', ''],
  namespace: ['food_delivery', 'db', ''],
  depth: [0, 1, 3, 20, 21, -1],
  first: [0, 1, 10, 100, 1_000, 1_001],
  after: ['', 'AAAA', ids[0]],
}
const words = [...wordsOf(schema), ...HOSTILE_TEXTS, ...ids.map((id) => JSON.stringify(id))]

/** Positions beyond the log's: another server may be that far already, so this one cannot call them wrong. */
const BEHIND = new Set(['POSITION_NOT_REACHED', 'CHECKPOINT_NOT_READY'])

/** What a client would send: mostly a changed document, sometimes a whole one or odd company. */
function request() {
  const whole = documentFrom(next, schema, known)
  const query = next(10) < 3 ? whole : mutateText(next, whole, words)
  const more = next(10) === 0 && {
    variables: { [oneOf(next, ['id', 'a', '__proto__'])]: hostileValue(next) },
    operationName: oneOf(next, ['', 'a', null, 7]),
    extensions: hostileValue(next),
  }
  const headers = {
    'content-type': 'application/json',
    'x-selvedge-tenant': next(50) === 0 ? 'nobody' : tenant,
    ...(next(20) === 0 && { 'x-selvedge-min-position': oneOf(next, ['0', '-1', 'x', '99999999']) }),
    ...(next(20) === 0 && { 'idempotency-key': oneOf(next, ['a', 'b', 'x'.repeat(300)]) }),
  }
  return { headers, body: JSON.stringify({ query, ...more }) }
}

it(`answers ${DOCUMENTS} changed documents, each by its code or its data, and never by a fault`, async () => {
  const codes = new Map<string, number>()
  const wrong: string[] = []
  let answeredWhole = 0
  await eachOf(DOCUMENTS, 8, async () => {
    const { headers, body } = request()
    const asked = new Request('http://localhost/graphql', { method: 'POST', headers, body })
    const response = await answered(app.fetch(asked), () => body)
    const { data, errors = [] } = (await response.json()) as {
      data?: unknown
      errors?: { extensions?: { code?: string } }[]
    }
    if (data && errors.length === 0) answeredWhole++
    for (const { extensions } of errors) {
      codes.set(String(extensions?.code), (codes.get(String(extensions?.code)) ?? 0) + 1)
    }
    const isBehind = errors.some(({ extensions }) => BEHIND.has(extensions?.code ?? ''))
    const isTyped = errors.every(({ extensions }) => typeof extensions?.code === 'string')
    if ((response.status >= 500 && !isBehind) || !isTyped || (!data && errors.length === 0)) {
      wrong.push(`${response.status} ${JSON.stringify(errors)} ${body}`)
    }
  })
  expect(wrong.slice(0, 5)).toEqual([])
  expect(faults.slice(0, 5)).toEqual([])
  expect(codes.get('INTERNAL_ERROR')).toBe(undefined)
  // The fuzzer would be worth little if all that it sends were refused for one reason, or nothing were.
  expect(codes.size).toBeGreaterThan(15)
  expect(answeredWhole).toBeGreaterThan(DOCUMENTS / 50)
  // And the tenant is what it was: readable.
  expect((await ask('{ log { checkpoint { size } } }', { tenant })).errors).toBe(undefined)
}, 600_000)
