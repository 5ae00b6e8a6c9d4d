import { beforeAll, expect, it } from 'vitest'
import { type Access, openAccess } from '../../domains/access/access.ts'
import type { Database } from '../../lineage/graph.ts'
import type { Until } from '../../lineage/until.ts'
import { createApp } from '../../server/app.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { decisionEngine } from '../../server/surface.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'

const { database, ledger, home } = await testLedger()
const engine = decisionEngine()

/** The real database, every read of which waits until the test lets it go. */
function held() {
  const gate = Promise.withResolvers<void>()
  const access = openAccess({
    engine,
    graphOf(tenant) {
      const graph = database.graph(tenant)
      const read: typeof graph.read = async (query, params) => {
        await gate.promise
        return graph.read(query, params)
      }
      return { ...graph, read }
    },
  })
  return { access, letGo: gate.resolve }
}

let tenant = ''
beforeAll(async () => {
  tenant = await freshTenant(ledger)
})

const askBy = (access: Access, until?: Until) =>
  access.authorise({
    question: {
      principal: { issuer: 'i', subject: 'ann', tenant, roles: ['reader'] },
      permission: 'entity:read',
      tenant,
    },
    until,
  })

const LONG = 600_000
const waiting = (signal?: AbortSignal): Until => ({
  timeoutMs: LONG,
  endsAt: performance.now() + LONG,
  signal,
})

it.each([
  ['began it', 0],
  ['shares the next with others', 1],
])('who %s and goes is told so at once, and fails nobody else', async (_what, leaves) => {
  const { access, letGo } = held()
  const caller = new AbortController()
  const all = [0, 1, 2, 3].map((at) =>
    askBy(access, waiting(at === leaves ? caller.signal : undefined)),
  )
  caller.abort()
  await expect(all[leaves]).rejects.toMatchObject({ code: 'REQUEST_CANCELLED' })
  letGo()
  const settled = await Promise.allSettled(all)
  expect(settled.map(({ status }) => status === 'fulfilled')).toEqual(
    all.map((_one, at) => at !== leaves),
  )
})

it('who gives it little time has that little, and the others all of theirs', async () => {
  const { access, letGo } = held()
  const patient = [askBy(access), askBy(access, waiting())]
  const hurried = askBy(access, { timeoutMs: 20, endsAt: performance.now() + 20 })
  await expect(hurried).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    details: { timeoutMs: 20 },
  })
  const late = askBy(access, { timeoutMs: 7, endsAt: performance.now() - 1 })
  await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  letGo()
  await expect(Promise.all(patient)).resolves.toHaveLength(2)
})

it('no server looks with the time of one caller', async () => {
  const given: unknown[] = []
  const watched: Database = {
    ...database,
    graph(of, until) {
      const graph = database.graph(of, until)
      const read: typeof graph.read = (query, params) => {
        if (query.name === 'version of the policies') given.push(until)
        return graph.read(query, params)
      }
      return { ...graph, read }
    },
  }
  const objects = openObjectFiles(`${home}/objects`)
  const app = createApp({ database: watched, ledger, objects })
  const headers = { 'x-selvedge-tenant': tenant, 'content-type': 'application/json' }
  const ask = (query: string) =>
    app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      }),
    )
  for (const query of [
    '{ log { size } }',
    '{ policies { name } }',
    'mutation { record(items: []) { position } }',
  ]) {
    await (await ask(query)).json()
  }
  await app.fetch(new Request(`http://localhost/log/${tenant}/checkpoint`, { headers }))
  expect(given.length).toBeGreaterThan(2)
  expect(new Set(given)).toEqual(new Set([undefined]))
})
