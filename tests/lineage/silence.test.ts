import { afterAll, expect, it } from 'vitest'
import { openDatabase, query } from '../../lineage/graph.ts'
import { testNeo4j } from '../setup/database.ts'
import { linkTo } from '../setup/proxy.ts'

const { home: _, ...connection } = testNeo4j()
const database = openDatabase(connection)
const link = await linkTo(connection.uri)
const behind = openDatabase({
  ...connection,
  uri: `bolt://127.0.0.1:${link.port}`,
  retryMs: 1_000,
})
afterAll(async () => {
  await behind.close()
  await database.close()
})

const withCode = (code: string) => expect.objectContaining({ code })
const tenant = `silent-${crypto.randomUUID()}`
const COUNT = query<{ counted: number }>(`
  // count on a node
  MERGE (a:Actor {tenant: $tenant, subject: 'silence'})
  ON CREATE SET a.counted = 0
  SET a.counted = a.counted + 1
  RETURN a.counted AS counted`)
const COUNTED = query<{ counted: number }>(`
  // what a node has counted
  MATCH (a:Actor {tenant: $tenant, subject: 'silence'})
  RETURN a.counted AS counted`)
const until = (timeoutMs: number) => ({ endsAt: performance.now() + timeoutMs, timeoutMs })

/** The driver alone would wait for longer: for as long as this Neo4j says that it may be silent, at the least. */
const SOON_MS = 12_000
const soon = async <T>(work: Promise<T>) => {
  const start = Date.now()
  const [end] = await Promise.allSettled([work])
  expect(Date.now() - start).toBeLessThan(SOON_MS)
  return end!.status === 'rejected' ? end!.reason : end!.value
}

it('a read of a database that says nothing ends with the time of its caller, also on a new connection', async () => {
  await behind.graph(tenant).read(COUNTED)
  link.silence()
  const asked = Array.from({ length: 3 }, () => behind.graph(tenant, until(700)).read(COUNTED))
  for (const end of await Promise.all(asked.map(soon))) {
    expect(end).toEqual(withCode('DEADLINE_EXCEEDED'))
  }
  link.mend()
  expect(await behind.graph(tenant, until(60_000)).read(COUNTED)).toEqual([])
})

it('a write to a database that falls silent is refused in time, and is not committed once it speaks again', async () => {
  let begun = 0
  const writing = behind.graph(tenant).write(async ({ run }) => {
    begun += 1
    const rows = await run(COUNT)
    link.silence()
    return run(COUNT).then((more) => [...rows, ...more])
  }, 500)
  expect(await soon(writing)).toEqual(withCode('DATABASE_UNAVAILABLE'))
  link.mend()
  // This one waits for the lock that the other held.
  expect(await database.graph(tenant).write(({ run }) => run(COUNT))).toEqual([{ counted: 1 }])
  expect(await behind.graph(tenant).write(({ run }) => run(COUNT))).toEqual([{ counted: 2 }])
  expect(begun).toBe(1)
})
