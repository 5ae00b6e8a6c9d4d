import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause, setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { openHeaderIdentity } from '../../server/identity/open.ts'
import { openDoor } from '../../server/limits/door.ts'
import { openHeld, SHORT_BODY_BYTES } from '../../server/limits/held.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { listen } from '../../server/listen.ts'
import { receiveBatch } from '../../server/openlineage.ts'
import { head, runId } from '../openlineage/events.ts'

const busy = expect.objectContaining({ code: 'SERVER_BUSY' })
const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i))

describe('the count of bytes that are held', () => {
  it('refuses a tenant more than half, and leaves the other half to others', () => {
    const held = openHeld(100_000)
    const [first, second] = [{}, {}]
    held.take(first, 'a', 50_000)
    expect(() => held.take({}, 'a', 5_000)).toThrow(busy)
    held.take(second, 'b', 50_000)
    expect(() => held.take({}, 'c', 5_000)).toThrow(busy)
    held.letGo(first)
    held.take({}, 'c', 5_000)
    expect(held.bytes).toBe(55_000)
  })

  it('leaves out who asks little, until it is no longer little', () => {
    const held = openHeld(20_000)
    held.take({}, 'a', 10_000)
    const little = {}
    held.take(little, 'a', SHORT_BODY_BYTES)
    expect(held.bytes).toBe(10_000)
    expect(() => held.take(little, 'a', 1)).toThrow(busy)
    held.letGo(little)
    held.letGo(little)
    expect(held.bytes).toBe(10_000)
  })

  it('is never above the most, and nothing once all are let go of', () => {
    const step = fc.record({
      request: fc.nat(5),
      party: fc.constantFrom('a', 'b', 'c'),
      bytes: fc.oneof(fc.nat(100), fc.nat(20_000)),
      isLast: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const held = openHeld(40_000)
        const requests = times(6, () => ({}))
        for (const { request, party, bytes, isLast } of steps) {
          try {
            held.take(requests[request]!, party, bytes)
          } catch (error) {
            expect(error).toEqual(busy)
          }
          if (isLast) held.letGo(requests[request]!)
          expect(held.bytes).toBeLessThanOrEqual(40_000)
        }
        for (const request of requests) held.letGo(request)
        expect(held.bytes).toBe(0)
      }),
    )
  })
})

it('holds bodies that wait as they were sent, and inflates one when its turn has come', async () => {
  const door = openDoor({
    limits: { ...defaultLimits(), writeSlots: 1 },
    identity: openHeaderIdentity(),
  })
  const event = {
    ...head('2026-01-01T00:00:00Z'),
    run: { runId: runId(1), facets: { note: { text: 'x'.repeat(200_000) } } },
    job: { namespace: 'jobs', name: 'job' },
  }
  const body = gzipSync(JSON.stringify(times(20, () => event)))
  const inflatedBytes = 20 * 200_000
  let begin = () => {}
  const first = new Promise<void>((resolve) => {
    begin = resolve
  })
  const most: number[] = []
  const send = async () => {
    const request = new Request('http://localhost/api/v1/lineage/batch', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'x-selvedge-tenant': 'acme',
      },
      body,
    })
    await door.admit(request)
    const submit = async () => {
      most.push(door.held.bytes)
      await first
      throw new Error('no ledger')
    }
    const ledger = { submit }
    const turns = door.turnsOf(request)
    await receiveBatch(request, {
      ...{ ledger, turns, tenant: 'acme', subject: 'ada', report: () => {} },
    })
    door.leave(request, new Headers())
  }
  const sent = times(8, send)
  while (door.lanes.write.waiting < 7) await setImmediate()
  while (most.length === 0) await setImmediate()
  begin()
  await Promise.all(sent)
  expect(Math.max(...most)).toBeGreaterThan(inflatedBytes)
  expect(Math.max(...most)).toBeLessThan(inflatedBytes + 8 * (body.length + 200) + 10_000)
  expect(door.held.bytes).toBe(0)
})

describe('a server that holds little', async () => {
  const none = undefined as never
  const app = createApp({
    ...{ database: none, ledger: none, objects: none, report: () => {} },
    limits: { ...defaultLimits(), bodyMemory: 40_000 },
  })
  const headers = { 'content-type': 'application/json', 'x-selvedge-tenant': 'acme' }
  const post = (body: BodyInit, path = '/graphql') =>
    app.fetch(
      new Request(`http://localhost${path}`, {
        ...{ method: 'POST', headers, body },
        duplex: 'half',
      } as RequestInit),
    )
  const codeOf = async (response: Response) => {
    const told = await response.json()
    return told.code ?? told.errors?.[0]?.extensions.code
  }
  const long = (text: string) => text.padEnd(15_000)

  it('refuses a body of more than its half', async () => {
    expect(await codeOf(await post('{"query":"{ __typename }"}'.padEnd(21_000)))).toBe(
      'SERVER_BUSY',
    )
  })

  it('counts what single bytes take, and not the bytes alone', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (const one of Buffer.from('{"query":"{ __typename }"}'.padEnd(300))) {
          controller.enqueue(Uint8Array.of(one))
        }
        controller.close()
      },
    })
    expect(await codeOf(await post(body))).toBe('SERVER_BUSY')
  })

  it.each<[string, string, () => BodyInit]>([
    ['an answer', '/graphql', () => long('{"query":"{ __typename }"}')],
    ['what is no JSON', '/graphql', () => long('{')],
    ['what is no GraphQL', '/graphql', () => long('{"query":"}"}')],
    ['what is not valid', '/graphql', () => long('{"query":"{ nothing }"}')],
    ['a fault of ours', '/graphql', () => long('{"query":"{ log { size } }"}')],
    ['a fault of ours by REST', '/api/v1/lineage', () => long('{}')],
    ['what it refused to hold', '/graphql', () => ''.padEnd(21_000)],
  ])('lets go of a body after %s', async (_what, path, body) => {
    for (let i = 0; i < 5; i++) await (await post(body(), path)).text()
    expect(await codeOf(await post(long('{"query":"{ __typename }"}')))).toBeUndefined()
  })

  it('lets go of a body that broke off', async () => {
    const { url, port, close } = await listen(app, { host: '127.0.0.1', port: 0 })
    try {
      for (let i = 0; i < 3; i++) {
        const client = connect(port, '127.0.0.1')
        client.on('error', () => {})
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
        client.write(
          `POST /graphql HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n${lines.join('')}content-length: 19000\r\n\r\n`,
        )
        // By this the server says that it reads the body.
        await once(client, 'data')
        client.write(''.padEnd(15_000), () => client.destroy())
        await once(client, 'close')
      }
      const ask = () =>
        fetch(`${url}/graphql`, {
          method: 'POST',
          headers,
          body: long('{"query":"{ __typename }"}'),
        })
      // The server is told of the end a moment later.
      while ((await codeOf(await ask())) === 'SERVER_BUSY') await pause(10)
    } finally {
      await close()
    }
  })
})
