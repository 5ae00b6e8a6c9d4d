import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { numbersFrom } from '../make/numbers.ts'
import { acme, dataIn, mallory, startTarget } from './target.ts'
import { comparable, type Door, isTold, probe } from './timing.ts'

const next = numbersFrom(20_260_331)
const target = await startTarget()
const { ask, bearer, port } = target
for (const name of [acme, mallory]) {
  dataIn(await ask('operator', `mutation { tenantCreate(name: "${name}") { name } }`))
}

const THINGS = 100
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const letter = () => letters[next(letters.length)]!
/** An id like any other, of nothing. */
const nowhereId = () =>
  `urn:selvedge:dataset:h:${Array.from({ length: 42 }, letter).join('')}${['A', 'E', 'I', 'M'][next(4)]}`
const nowhereUuid = () => `urn:selvedge:export:${crypto.randomUUID().replace(/^(.{14})./, '$17')}`
const many = <T>(n: number, make: () => T) => Array.from({ length: n }, make)

const items = Array.from({ length: THINGS }, (_, i) => ({
  dataset: {
    ...{ namespace: 'n', name: `d${i}`, description: 'x'.repeat(2_000) },
    ...(i > 0 && { derivedFrom: [{ namespace: 'n', name: `d${i - 1}` }] }),
  },
}))
const RECORD = 'mutation ($items: [RecordItem!]!) { record(items: $items) { results { id } } }'
const there = dataIn<{ record: { results: { id: string }[] } }>(
  await ask('acme', RECORD, { variables: { items } }),
).record.results.map(({ id }) => id)
const exported: string[] = []
for (let i = 0; i < 5; i++) {
  const EXPORT = 'mutation ($root: ID!) { exportBundle(root: $root, depth: 1) { export { id } } }'
  const answer = await ask('acme', EXPORT, { variables: { root: there[i] } })
  exported.push(dataIn<{ exportBundle: { export: { id: string } } }>(answer).exportBundle.export.id)
}

const asking = (by: 'acme' | 'mallory', query: string) => (id: string) => ({
  ...{ method: 'POST', path: '/graphql', body: JSON.stringify({ query, variables: { id } }) },
  headers: { ...bearer(by), 'content-type': 'application/json' },
})
const getting = (path: (thing: string) => string) => (thing: string) => ({
  path: path(thing),
  headers: bearer('mallory'),
})
const ENTITY = 'query ($id: ID!) { entity(id: $id) { id name facets { name value } } }'
const LINEAGE = 'query ($id: ID!) { lineage(root: $id) { total nodes { entity { id } } } }'
const ids = { there, nowhere: many(THINGS, nowhereId) }

/** What a stranger asks for in another tenant. */
const DOORS: [name: string, door: Door][] = [
  ['an entity', { asking: asking('mallory', ENTITY), ...ids }],
  ['the root of lineage', { asking: asking('mallory', LINEAGE), ...ids }],
  [
    'the link of an export',
    {
      asking: getting((id) => `/exports/${id}`),
      there: exported,
      nowhere: many(exported.length, nowhereUuid),
    },
  ],
  [
    'the address of a log that is not public',
    {
      asking: getting((tenant) => `/log/${tenant}/checkpoint`),
      there: [acme],
      nowhere: [acme.replace('acme', 'none')],
    },
  ],
]

describe.each(DOORS)('whether there is %s in another tenant', (_name, door) => {
  it('is not told by an answer', async () => {
    const answerTo = async (thing: string) => {
      const answer = await target.send(door.asking(thing))
      expect(answer.body).not.toContain('DATABASE_TIMEOUT')
      return comparable(answer, thing)
    }
    expect(await answerTo(door.there[0]!)).toEqual(await answerTo(door.nowhere[0]!))
  })

  it('is not told by how long an answer takes', { timeout: 300_000 }, async () => {
    const found = await probe(port, door, { next })
    expect(isTold(found), `p = ${found.join(', ')}`).toBe(false)
  })
})

describe('the probe', () => {
  it('tells what is there from what is not, where the caller may see it', async () => {
    const found = await probe(
      port,
      { asking: asking('acme', ENTITY), ...ids },
      { next, probes: 400 },
    )
    expect(isTold(found), `p = ${found.join(', ')}`).toBe(true)
  }, 300_000)

  it('tells a comparison that takes a millisecond longer', async () => {
    const leaky = createServer(async (request, response) => {
      if (request.url === '/there') await sleep(1)
      response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => {
      leaky.listen(0, '127.0.0.1', resolve)
    })
    afterAll(() => leaky.close())
    const door = { asking: (path: string) => ({ path }), there: ['/there'], nowhere: ['/nowhe'] }
    const found = await probe((leaky.address() as AddressInfo).port, door, { next, probes: 400 })
    expect(isTold(found), `p = ${found.join(', ')}`).toBe(true)
  }, 300_000)
})
