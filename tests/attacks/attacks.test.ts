import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { rawDatabase } from '../ledger/support.ts'
import { check } from './check.ts'
import { HOSTILE, writeEverywhere } from './hostile.ts'
import { PROTO_FACET } from './pollution.ts'
import { THEMES } from './themes.ts'
import { acme, beta, openWorld } from './world.ts'

const world = await openWorld()
const raw = rawDatabase()

/** What those who are attacked have: as they see it themselves, and as it is stored. */
const victims = async () => ({
  acme: await world.see('acme'),
  beta: await world.see('beta'),
})
const stored = () =>
  raw(
    `MATCH (n) WHERE n.tenant IN $tenants
     RETURN n.tenant AS tenant, labels(n) AS labels, count(*) AS count ORDER BY tenant, labels`,
    { tenants: [acme, beta] },
  )
const before = { ...(await victims()), stored: await stored() }

describe.each(THEMES)('$theme', ({ attacks, writes }) => {
  let own: unknown
  beforeAll(async () => {
    own = await world.see('mallory')
  })

  it.each(attacks)('%s', async (_name, send, status, code) => {
    await check(world, send, { status, code })
  })

  it('has written nothing, and the service answers as before', async () => {
    expect(world.child.exitCode).toBeNull()
    expect(await victims()).toEqual({ acme: before.acme, beta: before.beta })
    if (!writes) expect(await world.see('mallory')).toEqual(own)
  })
})

describe('what is taken', () => {
  it.each(HOSTILE)('is kept as the text that it is, and does nothing: %j', async (text) => {
    const { dataset, read, sent } = await writeEverywhere(world, text)
    expect(read).toEqual({
      ...dataset,
      facets: [{ group: 'dataset', name: text, value: { [text]: [text] } }],
    })
    expect(sent).toBe(200)
  })

  it('is kept as it is also where its members are those of every object', async () => {
    const literal = PROTO_FACET.replaceAll(/"(\w+)":/g, '$1:')
    const written = await world.ask(
      'mallory',
      `mutation { record(items: [{dataset: {namespace: "n", name: "p", facets: [{group: dataset, name: "constructor", value: ${literal}}]}}]) { results { id } } }`,
    )
    const { id } = JSON.parse(written.body).data.record.results[0]
    const { body } = await world.ask('mallory', `{ entity(id: "${id}") { facets { name value } } }`)
    expect(body).toContain(`"value":${PROTO_FACET}`)
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
  })
})

it('goes on answering while many are slow', async () => {
  const sockets = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const socket = connect(world.port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write('POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n')
      return socket
    }),
  )
  expect((await world.see('acme')).log).toEqual(before.acme.log)
  for (const socket of sockets) socket.destroy()
})

describe('after all of it', () => {
  it('nothing is stored of those who are attacked that was not there', async () => {
    expect({ ...(await victims()), stored: await stored() }).toEqual(before)
  })

  it('nobody was led to ask for an address, and slow requests reached nothing', () => {
    expect(world.canary.asked).toEqual([])
    expect(world.hasty.touched).toEqual([])
  })

  it('the log has a line an event, holds no token, and tells of no fault', () => {
    const lines = world.logged().split('\n').slice(0, -1)
    expect(lines.length).toBeGreaterThan(300)
    const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    for (const line of read)
      expect(line).toMatchObject({ level: expect.any(String), time: expect.any(String) })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal acts on.
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    expect(read.filter(({ msg }) => msg === 'forged')).toEqual([])
    const faults = read.filter(
      ({ requestId, level, code }) =>
        requestId && /warn|error|fatal/.test(String(level)) && code !== 'DATABASE_TIMEOUT',
    )
    expect(faults).toEqual([])
    for (const token of Object.values(world.tokens)) {
      expect(world.logged()).not.toContain(token.split('.')[2])
    }
  })
})
