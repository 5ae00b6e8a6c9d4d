import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { afterEach, expect, it } from 'vitest'
import { chain, dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'

const test = await testApp()

async function listen(port = 0): Promise<Server> {
  const server = createServer(test.app.listener)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const portOf = (server: Server) => (server.address() as AddressInfo).port
const urlOf = (server: Server) => `http://127.0.0.1:${portOf(server)}`

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
})

/** A `tail` that runs, and its lines as they come. */
function tail(args: string[]) {
  const child = spawnSelvedge(['tail', ...args])
  ending.push(() => child.kill('SIGKILL'))
  let complaints = ''
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    complaints += chunk
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    child,
    complaints: () => complaints,
    async take(count: number) {
      const taken: string[] = []
      while (taken.length < count) {
        const { done, value } = await lines.next()
        if (done) throw new Error(`it ended: ${complaints}`)
        taken.push(value)
      }
      return taken
    },
  }
}

it('prints a line for each change, whatever its name says to a terminal', async () => {
  const tenant = await test.freshTenant()
  const server = await listen()
  ending.push(
    () => server.closeAllConnections(),
    () => void server.close(),
  )
  await chain(test, tenant)
  await recorded(test, tenant, [dataset('b\u202ead')])
  const { take, child } = tail(['--tenant', tenant, '--url', urlOf(server), '--after', '0:3'])

  const lines = await take(4)

  expect(lines.map((line) => line.replace(/\d{4}-\d\d-\d\dT\S+/, 'then'))).toEqual([
    '0:4         then  ASSERT    dataset     raw (db)  +name +namespace',
    '0:5         then  ASSERT    dataset     clean (db)  +name +namespace +WAS_DERIVED_FROM',
    '0:6         then  ASSERT    dataset     public (db)  +name +namespace +WAS_DERIVED_FROM',
    '0:7         then  ASSERT    dataset     b?ad (db)  +name +namespace',
  ])
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([null, 'SIGINT'])
})

it('goes on where it stopped when the server comes back, and tells nothing twice', async () => {
  const tenant = await test.freshTenant()
  const first = await listen()
  const url = urlOf(first)
  await recorded(test, tenant, [dataset('a'), dataset('b')])
  const { take, complaints } = tail(['--tenant', tenant, '--url', url, '--from-start', '--json'])
  const names = async (count: number) =>
    (await take(count)).map(
      (line) => (JSON.parse(line) as { entity: { name: string } }).entity.name,
    )
  expect((await names(3)).slice(1)).toEqual(['a', 'b'])

  first.closeAllConnections()
  first.close()
  await recorded(test, tenant, [dataset('while it was away')])
  const second = await listen(Number(new URL(url).port))
  ending.push(
    () => second.closeAllConnections(),
    () => void second.close(),
  )
  expect(await names(1)).toEqual(['while it was away'])
  await recorded(test, tenant, [dataset('after')])
  expect(await names(1)).toEqual(['after'])
  expect(complaints()).toContain('asking again')
})

it('ends where the server refuses for good, or where there is none', async () => {
  const tenant = await test.freshTenant()
  const server = await listen()
  ending.push(
    () => server.closeAllConnections(),
    () => void server.close(),
  )
  const at = ['--tenant', tenant, '--url', urlOf(server)]
  const nowhere = await selvedge(['tail', 'urn:selvedge:dataset:h:x', ...at])
  expect([nowhere.code, nowhere.stderr.split(':')[0]]).toEqual([1, 'ENTITY_ID_INVALID'])
  const lost = await selvedge(['tail', ...at, '--after', '7:99'])
  expect([lost.code, lost.stderr.split(':')[0]]).toEqual([1, 'POSITION_LOST'])
  const away = await selvedge(['tail', '--tenant', tenant, '--url', 'http://127.0.0.1:1'])
  expect([away.code, away.stderr.split(':')[0]]).toEqual([1, 'SERVER_UNREACHABLE'])
})
