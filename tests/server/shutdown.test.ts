import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, vi } from 'vitest'
import { query } from '../../lineage/graph.ts'
import { dataset, RECORD, type Recorded } from '../schema/recording.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { startServing } from '../setup/serving.ts'

const { database, ledger } = await testLedger('in the background')

const STORED = query<{ id: string }>(`
  // those of some ids that are stored
  MATCH (entity:Entity {tenant: $tenant}) WHERE entity.id IN $ids RETURN entity.id AS id`)

const LONG = { timeout: 150_000, interval: 20 }
vi.setConfig({ testTimeout: 180_000 })

/** A request of which the server has the head, and never gets the rest. */
async function openStuckRequest(url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      'Content-Length: 100\r\nExpect: 100-continue\r\n\r\n',
  )
  // By this the server says that it has taken the request.
  await once(socket, 'data')
  return { closed: once(socket, 'close') }
}

it('is told to end under load: it says so first, and all that it acknowledged is there', async () => {
  const tenant = await freshTenant(ledger)
  const { child, ended, url } = await startServing({ SELVEDGE_DRAIN_WAIT: '8000' })
  const acknowledged: string[] = []
  const refused: number[] = []
  let sent = 0
  const write = async () => {
    for (;;) {
      const name = `d${sent++}`
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
        body: JSON.stringify({ query: RECORD, variables: { items: [dataset(name)] } }),
      }).catch(() => null)
      // Nothing is listened to any more: this one was never taken.
      if (answer === null) return
      const { data, errors } = (await answer.json()) as { data: Recorded; errors?: unknown }
      if (answer.status === 200 && !errors) acknowledged.push(data.record.results[0]!.id)
      else refused.push(answer.status)
    }
  }
  const writers = Array.from({ length: 4 }, write)
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(10), LONG)
  child.kill('SIGTERM')
  await vi.waitFor(async () => {
    const ready = await fetch(`${url}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([
      503,
      expect.objectContaining({ missing: ['serving'] }),
    ])
  }, LONG)
  const atDraining = acknowledged.length
  await Promise.all(writers)
  expect(await ended).toBe(0)
  // Requests were taken while nobody should send any, and none of them was refused.
  expect(acknowledged.length).toBeGreaterThan(atDraining)
  expect(refused).toEqual([])
  const rows = await database.graph(tenant).read(STORED, { ids: acknowledged })
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(acknowledged))
})

it('cuts off a caller who never comes to an end, and ends all the same', async () => {
  const server = await startServing({ SELVEDGE_SHUTDOWN_WITHIN: '100' })
  const stuck = await openStuckRequest(server.url)
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  await stuck.closed
  expect(server.logged()).toContain('"msg":"ended"')
})

it('ends at once by a second signal', async () => {
  const server = await startServing({ SELVEDGE_SHUTDOWN_WITHIN: '3600000' })
  await openStuckRequest(server.url)
  server.child.kill('SIGTERM')
  await vi.waitFor(() => expect(server.logged()).toContain('ending'), LONG)
  const again = setInterval(() => server.child.kill('SIGTERM'), 250)
  expect(await server.ended).toBe(128 + 15)
  clearInterval(again)
})

it('reads its certificate again by SIGHUP, and goes on', async () => {
  const server = await startServing({
    SELVEDGE_TLS_CERT: 'tests/fixtures/tls/first.crt',
    SELVEDGE_TLS_KEY: 'tests/fixtures/tls/first.key',
  })
  expect(server.url).toMatch(/^https:/)
  server.child.kill('SIGHUP')
  await vi.waitFor(() => expect(server.logged()).toContain('certificate is in force'), LONG)
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  // Whoever reads JSON lines meets nothing else, from the first to the last.
  const lines = server.logged().trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).level)).toContain('info')
})
