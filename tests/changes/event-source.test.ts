import { expect, it } from 'vitest'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { readEvents } from './events.ts'

const test = await testApp()
const { app, freshTenant } = test

/** What `EventSource` sends: a GET without a body, and with no header of its own but the last id. */
function listen(query: string, headers: Record<string, string> = {}, variables: object = {}) {
  const going = new AbortController()
  const asked = new URLSearchParams({ query, variables: JSON.stringify(variables) })
  const response = app.fetch(
    new Request(`http://localhost/graphql?${asked}`, {
      signal: going.signal,
      headers: { accept: 'text/event-stream', ...headers },
    }),
  )
  return { response, cut: () => going.abort() }
}

const LAST_ID = 'last-event-id'
const CHANGES =
  'subscription ($after: String!) { changes(after: $after) { position entity { name } } }'

it('is answered by GET too, and goes on after the last id', async () => {
  const tenant = await freshTenant()
  await recorded(
    test,
    tenant,
    ['a', 'b'].map((name) => dataset(name)),
  )
  const headers = { 'x-selvedge-tenant': tenant }
  const told: string[] = []
  let lastSeen: string | undefined
  for (let i = 0; i < 2; i++) {
    const more: Record<string, string> = lastSeen === undefined ? {} : { [LAST_ID]: lastSeen }
    const { response, cut } = listen(CHANGES, { ...headers, ...more }, { after: '0:3' })
    const { status, body, headers: answered } = await response
    expect([status, answered.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ])
    for await (const { type, data, lastEventId } of readEvents(body!)) {
      if (type !== 'next') continue
      told.push(JSON.parse(data).data.changes.entity.name)
      lastSeen = lastEventId
      break
    }
    cut()
  }
  expect(told).toEqual(['a', 'b'])
})

it('is refused, and told why, where a page of any site could have sent it', async () => {
  const { response } = listen(CHANGES, {}, { after: '0:3' })
  const answer = await response
  const { code } = (await answer.json()) as { code: string }
  expect([answer.status, code]).toEqual([403, 'REQUEST_MAY_BE_FORGED'])
})

it('takes no mutation by GET, whatever it accepts', async () => {
  const { response } = listen('mutation { retire(id: "urn:x") { position } }', {
    'x-selvedge-tenant': await freshTenant(),
  })
  const { status } = await response
  expect(status).toBe(405)
})
