import { afterAll, describe, expect, it } from 'vitest'
import {
  openDatabase,
  query,
  SERVICE,
  serviceQuery,
  type Transaction,
} from '../../lineage/graph.ts'
import { MIGRATIONS, migrate } from '../../lineage/migrations.ts'
import { testNeo4j } from '../setup/database.ts'
import { proxyTo } from '../setup/proxy.ts'

const { home: _, ...connection } = testNeo4j()
const database = openDatabase(connection)
await migrate(database)
afterAll(() => database.close())

const withCode = (code: string) => expect.objectContaining({ code })
const open = (uri: string) => {
  const other = openDatabase({ ...connection, uri })
  afterAll(() => other.close())
  return other
}

const ONE = query<{ one: number }>(`
  // one
  RETURN 1 AS one, $tenant AS tenant`)
const HOLD = query<{ held: number }>(`
  // hold a node
  MERGE (a:Actor {tenant: $tenant, subject: $subject})
  ON CREATE SET a.held = 0
  SET a.held = a.held + 1
  RETURN a.held AS held`)
const HELD = query<{ held: number }>(`
  // how often a node was held
  MATCH (a:Actor {tenant: $tenant, subject: $subject})
  RETURN a.held AS held`)

describe('a text', () => {
  it.each([
    ['without a name', 'MATCH (e:Entity {tenant: $tenant}) RETURN e'],
    ['without $tenant', '// all\nRETURN 1'],
    ['with $tenant in a comment alone', '// all of $tenant\nRETURN 1'],
    ['with a parameter that only begins like it', '// all\nRETURN $tenants'],
    ['with a node of any tenant', '// all\nMATCH (e:Entity) WHERE e.tenant = $tenant RETURN e'],
    [
      'with one scoped node and one that is not',
      '// all\nMATCH (e:Entity {tenant: $tenant}), (r:Record) RETURN e, r',
    ],
    [
      'with a node scoped to something else',
      '// all\nMATCH (e:Entity {tenant: $other}) RETURN e, $tenant',
    ],
    [
      'with a scope that begins like one',
      '// all\nMATCH (e:Entity {tenant: $tenantOf}) RETURN e, $tenant',
    ],
    [
      'with a node scoped in a comment',
      '// all\nMATCH (e:Entity // {tenant: $tenant\n) RETURN $tenant',
    ],
    ['with an expression over labels', '// all\nMATCH (e:(Entity|Record)) RETURN e, $tenant'],
    ['with any label', '// all\nMATCH (e:%) RETURN e, $tenant'],
    ['with a label in quotes', '// all\nMATCH (e:`Entity`) RETURN e, $tenant'],
    ['with a label by IS', '// all\nMATCH (e IS Entity) RETURN e, $tenant'],
    ['with a node without a variable', '// all\nMATCH (:Entity)-->(x) RETURN x, $tenant'],
  ])('%s is refused when the program loads', (_what, text) => {
    expect(() => query(text)).toThrow()
  })

  it('of the service runs in its scope alone', async () => {
    const text = serviceQuery('// logs\nMATCH (log:Log) RETURN $tenant AS tenant LIMIT 1')
    await expect(database.graph('acme').read(text)).rejects.toThrow('scope of the service')
    const inside = (transaction: Transaction) => transaction.run(text)
    await expect(database.graph('acme').write(inside)).rejects.toThrow('scope of the service')
    await database.graph(SERVICE).read(text)
  })

  it('cannot be given another tenant than that of its graph', async () => {
    const rows = await database.graph('acme').read(ONE, { tenant: 'other' })
    expect(rows).toMatchObject([{ tenant: 'acme' }])
  })
})

describe('a failure', () => {
  it('that passes is tried again: of two that block each other both are carried out', async () => {
    const graph = database.graph(`deadlock-${crypto.randomUUID()}`)
    let attempts = 0
    let bothHold = () => {}
    const holding = new Promise<void>((resolve) => {
      bothHold = resolve
    })
    const take = (first: string, second: string) =>
      graph.write(async ({ run }) => {
        attempts += 1
        await run(HOLD, { subject: first })
        if (attempts >= 2) bothHold()
        await holding
        await run(HOLD, { subject: second })
      })
    await Promise.all([take('a', 'b'), take('b', 'a')])
    expect(attempts).toBeGreaterThan(2)
    const held = await Promise.all(['a', 'b'].map((subject) => graph.read(HELD, { subject })))
    expect(held.flat()).toEqual([{ held: 2 }, { held: 2 }])
  })

  it('of a connection is not told to a reader, who gets his answer from another', async () => {
    let cuts = 0
    const port = await proxyTo(connection.uri, (message) =>
      message.includes('// one') && ++cuts <= 2 ? 'cut before' : 'pass',
    )
    const rows = await open(`bolt://127.0.0.1:${port}`).graph('acme').read(ONE)
    expect(rows).toMatchObject([{ one: 1 }])
    expect(cuts).toBe(3)
  })

  it('of a connection that is cut while it logs on is one of the database: a reader is given another', async () => {
    let cuts = 0
    const port = await proxyTo(connection.uri, (message) =>
      message.includes('basic') && ++cuts % 2 === 1 ? 'cut before' : 'pass',
    )
    const uri = `bolt://127.0.0.1:${port}`
    expect(await open(uri).graph('acme').read(ONE)).toMatchObject([{ one: 1 }])
    expect(cuts).toBe(2)
    const writing = open(uri)
      .graph('acme')
      .write(({ run }) => run(ONE))
    await expect(writing).rejects.toEqual(withCode('DATABASE_UNAVAILABLE'))
  })

  it('of a transaction that takes too long is DATABASE_TIMEOUT', async () => {
    const graph = database.graph(`slow-${crypto.randomUUID()}`)
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    let holds = () => {}
    const held = new Promise<void>((resolve) => {
      holds = resolve
    })
    const holding = graph.write(async ({ run }) => {
      await run(HOLD, { subject: 'a' })
      holds()
      await released
    })
    await held
    const waiting = graph.write(({ run }) => run(HOLD, { subject: 'a' }), 300)
    await expect(waiting).rejects.toEqual(withCode('DATABASE_TIMEOUT'))
    release()
    await holding
  })

  it('that no try mends is DATABASE_UNAVAILABLE', async () => {
    const nobody = open('bolt://127.0.0.1:1')
    await expect(nobody.verify()).rejects.toEqual(withCode('DATABASE_UNAVAILABLE'))
    await expect(nobody.graph('acme').read(ONE)).rejects.toEqual(withCode('DATABASE_UNAVAILABLE'))
  })

  it('that is the work’s own is passed on as it is, and nothing is written', async () => {
    const graph = database.graph(`own-${crypto.randomUUID()}`)
    const fault = new TypeError('a fault of ours')
    const failing = graph.write(async ({ run }) => {
      await run(HOLD, { subject: 'a' })
      throw fault
    })
    await expect(failing).rejects.toBe(fault)
    expect(await graph.read(HELD, { subject: 'a' })).toEqual([])
  })
})

describe('migrations', () => {
  const FORGET = query(`
  // forget what was applied
  MATCH (lock:MigrationLock {tenant: $tenant}) SET lock.applied = 0`)
  const all = MIGRATIONS.map(({ number }) => number)

  it('are numbered from one without a gap', () =>
    expect(all).toEqual(all.map((_number, i) => i + 1)))

  it('are applied once, though they are there already and two servers start at the same time', async () => {
    await database.graph(SERVICE).write(({ run }) => run(FORGET))
    const other = open(connection.uri)
    const applied = await Promise.all([migrate(database), migrate(other)])
    expect(applied.flat()).toEqual(all)
    expect(await migrate(database)).toEqual([])
  })
})
