import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { checkLog } from '../../domains/fsck/check-log.ts'
import type { Difference } from '../../domains/fsck/difference.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { copyOf, setBack } from './copies.ts'
import { assertOne, dataset, job, rawDatabase, writeWorld } from './support.ts'

const { database, ledger } = await testLedger()
const raw = rawDatabase()
const many = Array.from({ length: 260 }, (_, i) => dataset(`input ${i}`))
const etl = job('etl')

let tenant = ''
let whole: Awaited<ReturnType<typeof copyOf>>

beforeAll(async () => {
  tenant = await freshTenant(ledger)
  await writeWorld(ledger, tenant, many)
  await ledger.checkpointOf(tenant, 268)
  whole = await copyOf(raw, tenant)
})

const found = async () => {
  const { differences } = await checkLog(database.graph(tenant))
  return differences
}
/** Names are random to a tree, so what a damaged header does to pages is now one thing, now another. */
const namesOf = (differences: readonly Difference[]) => {
  const names = new Set(differences.map(({ name }) => name))
  if (names.has('STATE') && names.has('PAGE')) {
    names.delete('PAGE_MISSING')
    names.delete('PAGE_UNKNOWN')
  }
  return [...names].sort()
}

describe('a log and its graph', () => {
  afterEach(() => setBack(raw, tenant, whole))

  it('are clean as they were written, and progress is told to the end', async () => {
    const told: string[] = []
    const report = await checkLog(database.graph(tenant), ({ stage, done, of }) =>
      told.push(`${stage} ${done}/${of}`),
    )
    expect(report).toMatchObject({ size: 269, entities: 264, found: 0, differences: [] })
    expect(report.root).toBe((await ledger.checkpoint(tenant))!.root)
    expect(told).toEqual(['leaves 269/269', 'entities 264/264'])
  })

  const atB = `MATCH (e:Dataset {tenant: $tenant, name: 'b'})`
  const last = 'MATCH (r:Record {tenant: $tenant, seq: 267})'
  it.each([
    [
      'a leaf that is gone',
      'MATCH (r:Record {tenant: $tenant, seq: 9}) DELETE r',
      ['ENTITY_UNKNOWN', 'LEAF_MISSING', 'LINK_LEAF', 'PAGE', 'STATE'],
    ],
    ['a leaf after the last', 'CREATE (:Record {tenant: $tenant, seq: 269})', ['LEAF_BEYOND_LOG']],
    [
      'a header that is no leaf',
      `${last} SET r.header = '{}'`,
      ['EDGE_MISSING', 'EDGE_UNKNOWN', 'ENTITY_VALUE', 'LEAF_INVALID', 'PAGE', 'STATE'],
    ],
    [
      'a header of another place',
      'MATCH (r:Record {tenant: $tenant, seq: 2}), (s:Record {tenant: $tenant, seq: 3}) SET r.header = s.header',
      [
        'CHECKPOINT_ROOT',
        'ENTITY_UNKNOWN',
        'LEAF_COLUMN',
        'LEAF_HASH',
        'LEAF_MISPLACED',
        'LOG_EDGE',
        'PAGE',
        'STATE',
        'TILE',
        'VERSION',
        'BODY',
      ],
    ],
    ['a leaf hash', `${last} SET r.leaf = 'x'`, ['LEAF_HASH']],
    ['a column', `${last} SET r.version = 7`, ['LEAF_COLUMN']],
    [
      'a changed field',
      `MATCH (r:Record {tenant: $tenant, seq: 264}) SET r.fields = replace(r.fields, '"x"', '"y"')`,
      ['BODY'],
    ],
    [
      'a body that is gone',
      'MATCH (r:Record {tenant: $tenant, seq: 264}) REMOVE r.fields, r.secret',
      ['BODY_MISSING'],
    ],
    [
      'the time of the log',
      "MATCH (l:Log {tenant: $tenant}) SET l.at = '2000-01-01T00:00:00.000Z'",
      ['LOG_HEAD'],
    ],
    [
      'the edge of the log',
      'MATCH (l:Log {tenant: $tenant}) SET l.edge = l.edge[1..]',
      ['LOG_EDGE'],
    ],
    ['the places of the keys', 'MATCH (l:Log {tenant: $tenant}) SET l.keySeqs = [0]', ['LOG_KEYS']],
    ['the epoch of the log', 'MATCH (l:Log {tenant: $tenant}) SET l.epoch = 1', ['LOG_EPOCH']],
    [
      'the origin of the log',
      "MATCH (l:Log {tenant: $tenant}) SET l.origin = l.origin + '/1'",
      ['CHECKPOINT_INVALID', 'LOG_EPOCH'],
    ],
    ['merges that are not there', 'MATCH (l:Log {tenant: $tenant}) SET l.merges = 1', ['MERGE']],
    [
      'a merge of what is not there',
      "MATCH (l:Log {tenant: $tenant}) SET l.merges = 1 CREATE (:Merge {tenant: $tenant, alias: 'a', canonical: 'b', since: 5, until: 9007199254740991, part: 0})",
      ['MERGE'],
    ],
    [
      'a secret that is gone',
      'MATCH (r:Record {tenant: $tenant, seq: 264}) REMOVE r.secret',
      ['BODY_MISSING'],
    ],
    [
      'another secret',
      "MATCH (r:Record {tenant: $tenant, seq: 264}) SET r.secret = 'A' + substring(r.secret, 1)",
      ['BODY'],
    ],
    [
      'another size of the log',
      'MATCH (l:Log {tenant: $tenant}) SET l.size = l.size - 1, l.applied = l.size - 1',
      ['CHECKPOINT_ROOT', 'LEAF_BEYOND_LOG', 'LOG_EDGE', 'LOG_HEAD', 'STATE_HEAD'],
    ],
    [
      'a tile’s hash',
      "MATCH (t:Tile {tenant: $tenant, level: 0, index: 0}) SET t.hashes = CASE left(t.hashes, 1) WHEN 'A' THEN 'B' ELSE 'A' END + substring(t.hashes, 1)",
      ['TILE'],
    ],
    [
      'a tile cut short',
      'MATCH (t:Tile {tenant: $tenant, level: 0, index: 1}) SET t.hashes = left(t.hashes, 86)',
      ['TILE'],
    ],
    [
      'a tile that is gone',
      'MATCH (t:Tile {tenant: $tenant, level: 1}) DELETE t',
      ['TILE_MISSING'],
    ],
    [
      'a tile after the last',
      "CREATE (:Tile {tenant: $tenant, level: 0, index: 2, hashes: ''})",
      ['TILE_BEYOND_LOG'],
    ],
    [
      'a checkpoint of nobody',
      "MATCH (l:Log {tenant: $tenant}) SET l.checkpoint = 'x'",
      ['CHECKPOINT_INVALID'],
    ],
    [
      'a checkpoint of another size than the log says',
      'MATCH (l:Log {tenant: $tenant}) SET l.signed = 267',
      ['CHECKPOINT_INVALID', 'CHECKPOINT_ROOT'],
    ],
    [
      'another state than the headers make, though it is hashed and signed',
      `MATCH (r:StateRecord {tenant: $tenant}) WITH r, '"root":"' AS key
      SET r.header = split(r.header, key)[0] + key + '${'A'.repeat(43)}' + substring(split(r.header, key)[1], 43)`,
      ['CHECKPOINT_ROOT', 'LEAF_HASH', 'LOG_EDGE', 'STATE', 'TILE'],
    ],
    [
      'a state record that is not found as one',
      'MATCH (r:StateRecord {tenant: $tenant}) REMOVE r:StateRecord',
      ['LEAF_COLUMN'],
    ],
    [
      'another last state than the log has',
      'MATCH (l:Log {tenant: $tenant}) SET l.stateSize = 200',
      ['STATE_HEAD'],
    ],
    [
      'pages that are said to lag behind the last state',
      'MATCH (l:Log {tenant: $tenant}) SET l.built = 200',
      ['STATE_HEAD'],
    ],
    [
      'a page that holds something else',
      "MATCH (p:Page {tenant: $tenant}) WITH p ORDER BY p.tree, p.prefix SKIP 3 LIMIT 1 SET p.bytes = 'AA'",
      ['PAGE'],
    ],
    [
      'the root of an in-set',
      `${atB} MATCH (p:Page {tenant: $tenant, tree: e.id + '/design'}) SET p.hash = '${'A'.repeat(43)}'`,
      ['PAGE'],
    ],
    [
      'a page that is gone',
      "MATCH (p:Page {tenant: $tenant, tree: ''}) WITH p LIMIT 1 DELETE p",
      ['PAGE_MISSING'],
    ],
    [
      'all pages of an in-set gone',
      `${atB} MATCH (p:Page {tenant: $tenant, tree: e.id + '/design'}) DELETE p`,
      ['PAGE_MISSING'],
    ],
    [
      'a page of no tree',
      "CREATE (:Page {tenant: $tenant, tree: 'none', prefix: '', since: 5, until: 9007199254740991, hash: '', bytes: ''})",
      ['PAGE_UNKNOWN'],
    ],
    ['a node that is gone', `${atB} DETACH DELETE e`, ['EDGE_MISSING', 'ENTITY_MISSING']],
    [
      'a node of no record',
      'CREATE (:Entity:Dataset {tenant: $tenant, id: "urn:selvedge:dataset:x", kind: "Dataset", first: 5, seq: 5})',
      ['ENTITY_UNKNOWN'],
    ],
    ['a node’s version', `${atB} SET e.version = 9`, ['ENTITY_VALUE']],
    ['a node’s label', `${atB} REMOVE e:Dataset`, ['ENTITY_VALUE']],
    [
      'a node’s alias',
      `MATCH (e:Dataset {tenant: $tenant, name: 'a'}) REMOVE e.alias`,
      ['ENTITY_VALUE'],
    ],
    ['a node’s words', `${atB} REMOVE e.words`, ['ENTITY_WORDS']],
    ['a node’s name', `${atB} SET e.name = 'c'`, ['ENTITY_NAME']],
    [
      'an edge that is gone',
      'MATCH (:Job {tenant: $tenant})-[x:USED]->() WITH x LIMIT 1 DELETE x',
      ['EDGE_MISSING'],
    ],
    [
      'an edge that was closed early',
      'MATCH (:Job {tenant: $tenant})-[x:USED]->() WITH x LIMIT 1 SET x.until = 266',
      ['EDGE_MISSING', 'EDGE_UNKNOWN'],
    ],
    [
      'an edge of no record',
      `${atB} MATCH (f:Job {tenant: $tenant}) CREATE (e)-[:WAS_GENERATED_BY {tenant: $tenant, since: 5, until: 6}]->(f)`,
      ['EDGE_UNKNOWN'],
    ],
    [
      'an edge that is there twice',
      'MATCH (f:Job {tenant: $tenant})-[x:USED]->(e) WITH f, x, e LIMIT 1 CREATE (f)-[y:USED]->(e) SET y = x',
      ['EDGE_UNKNOWN'],
    ],
    [
      'an edge’s leaf',
      "MATCH (:Job {tenant: $tenant})-[x:USED]->() WITH x LIMIT 1 SET x.leaf = 'x'",
      ['EDGE_LEAF'],
    ],
    [
      'an edge’s tenant',
      "MATCH (:Job {tenant: $tenant})-[x:USED]->() WITH x LIMIT 1 SET x.tenant = 'other'",
      ['EDGE_TENANT'],
    ],
  ])('show %s', async (_what, cypher, names) => {
    await raw(cypher, { tenant })
    expect(namesOf(await found())).toEqual([...names].sort())
  })

  it('show by a part what is in it, and by the whole what is not', async () => {
    const look = async (scope: { since: number; sample: number | null }) => {
      const { differences, bodies, entities } = await checkLog(
        database.graph(tenant),
        () => {},
        scope,
      )
      return { names: namesOf(differences), bodies, entities }
    }
    expect(await look({ since: 0, sample: null })).toMatchObject({ names: [], entities: 264 })
    expect(await look({ since: 264, sample: null })).toEqual({ names: [], bodies: 3, entities: 2 })
    expect(await look({ since: 0, sample: 10 })).toMatchObject({ names: [], entities: 10 })
    expect(await look({ since: 264, sample: 9_999 })).toMatchObject({ bodies: 3, entities: 2 })
    expect(await look({ since: 9_999, sample: null })).toEqual({
      names: [],
      bodies: 0,
      entities: 0,
    })

    await raw(`MATCH (r:Record {tenant: $tenant, seq: 9}) SET r.fields = '{}'`, { tenant })
    await raw(`MATCH (e:Dataset {tenant: $tenant, name: 'input 3'}) SET e.version = 9`, { tenant })
    // By what it is found follows from the body, as it stands there now.
    const damaged = ['BODY', 'ENTITY_VALUE', 'ENTITY_WORDS']
    expect((await look({ since: 264, sample: null })).names).toEqual([])
    expect((await look({ since: 9, sample: null })).names).toContain('BODY')
    expect((await look({ since: 0, sample: null })).names).toEqual(damaged)
    expect((await look({ since: 0, sample: 9_999 })).names).toEqual(damaged)
    // A header is looked at in any case.
    await raw(`MATCH (r:Record {tenant: $tenant, seq: 5}) SET r.leaf = 'x'`, { tenant })
    expect((await look({ since: 264, sample: 1 })).names).toContain('LEAF_HASH')
  })

  it('show that a log is gone', async () => {
    await raw('MATCH (l:Log {tenant: $tenant}) DETACH DELETE l', { tenant })
    expect(namesOf(await found())).toEqual(['LOG_MISSING'])
  })

  it('are looked at as they were when the look began, though a server goes on writing', async () => {
    const moving = await freshTenant(ledger)
    let writing = true
    const writes = (async () => {
      for (let i = 0; i < 40; i++) {
        const targets = [{ to: many[i % 3]! }]
        const change = { fields: { i }, replace: [{ rel: 'USED' as const, targets }] }
        await assertOne(ledger, moving, etl, change, { names: many.slice(0, 3) })
      }
      writing = false
    })()
    const reports: Awaited<ReturnType<typeof checkLog>>[] = []
    while (writing) reports.push(await checkLog(database.graph(moving)))
    await writes
    reports.push(await checkLog(database.graph(moving)))
    expect(reports.flatMap(({ differences }) => differences)).toEqual([])
    expect(new Set(reports.map(({ size }) => size)).size).toBeGreaterThan(3)
  })
})
