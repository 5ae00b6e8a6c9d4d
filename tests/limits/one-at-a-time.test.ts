import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { openHeaderIdentity } from '../../server/identity/open.ts'
import { openDoor } from '../../server/limits/door.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { type LineageCaller, receiveBatch } from '../../server/openlineage.ts'
import { head, runId } from '../openlineage/events.ts'

/**
 * The process does one thing at a time: whatever is done without a pause, nobody else is answered
 * meanwhile. Time is told here by the rounds of the event loop, in each of which others have their turn.
 */
let rounds = 0
let isCounting = false
async function countRounds() {
  isCounting = true
  for (; isCounting; rounds++) await setImmediate()
}
afterEach(() => {
  isCounting = false
})

const none = undefined as never
const faults: unknown[] = []
const app = createApp({
  ...{ database: none, ledger: none, objects: none },
  report: (fault) => faults.push(fault),
})
const post = (body: string, path = '/graphql') =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-selvedge-tenant': 'acme' },
    body,
  })
const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i))

describe('of several long bodies that wait', () => {
  const address = `http://localhost/graphql?query={${'a '.repeat(4_096)}}`
  it.each<[string, () => Request]>([
    ['JSON', () => post(`{"query":"{ __typename }","variables":{"a":[${'[],'.repeat(5_000)}1]}}`)],
    ['no JSON', () => post(`{"query":"{ __typename }","variables":{"a":[${'[],'.repeat(5_000)}`)],
    ['the text of an operation', () => post(JSON.stringify({ query: `{${'a '.repeat(4_096)}}` }))],
    [
      'the text in an address',
      () => new Request(address, { headers: { 'x-selvedge-tenant': 'a' } }),
    ],
  ])('one is read in a round: %s', async (_what, make) => {
    void countRounds()
    const answered = await Promise.all(
      times(12, async () => {
        await (await app.fetch(make())).text()
        return rounds
      }),
    )
    expect(new Set(answered).size).toBe(12)
    expect(faults).toEqual([])
  })
})

it('a batch is read in pieces, and others are looked at in between', async () => {
  const events = times(200, (i) => ({
    ...head('2026-01-01T00:00:00Z'),
    run: { runId: runId(i), facets: { note: { text: 'x'.repeat(5_000) } } },
    job: { namespace: 'jobs', name: `job ${i}` },
  }))
  const body = JSON.stringify(events)
  const request = post(body, '/api/v1/lineage/batch')
  const door = openDoor({ limits: defaultLimits(), identity: openHeaderIdentity() })
  await door.admit(request)
  let taken = -1
  const caller: LineageCaller = {
    ledger: {
      submit: () => {
        taken = taken === -1 ? rounds : taken
        return Promise.reject(new Error('no ledger'))
      },
    },
    ...{ tenant: 'acme', subject: 'ada', report: () => {}, turns: door.turnsOf(request) },
  }
  void countRounds()
  const before = rounds
  await receiveBatch(request, caller)
  expect(taken - before).toBeGreaterThanOrEqual(Math.floor(body.length / 65_536))
})
