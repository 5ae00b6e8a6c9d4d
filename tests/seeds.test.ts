import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openClient } from '../cli/client.ts'
import { sendWorld } from '../cli/seed/send.ts'
import { seedBatches, WORLD_FILES } from '../cli/seed/world.ts'
import { query } from '../lineage/graph.ts'
import { OPEN } from '../lineage/kinds.ts'
import { testApp } from './setup/app.ts'

const { app, database, ledger } = await testApp()
const README = readFileSync('seeds/README.md', 'utf8')

const KINDS = query<{ kind: string; count: number; aliases: number }>(`
  // test: entities by kind
  MATCH (e:Entity {tenant: $tenant})
  RETURN e.kind AS kind, sum(CASE WHEN e.alias IS NULL THEN 1 ELSE 0 END) AS count,
    count(e.alias) AS aliases`)

const RELATIONS = query<{ relation: string; count: number }>(`
  // test: edges in force by relation
  MATCH (:Entity {tenant: $tenant})-[x]->() WHERE x.until = ${OPEN}
  RETURN type(x) AS relation, count(*) AS count`)

/** The number that stands before a word of the README's table. */
const told = (word: string) => Number(new RegExp(`(\\d+) \`?${word}\`?`).exec(README)?.[1])
const row = (name: string) => new RegExp(`^\\| ${name} +\\| (.+) \\|$`, 'm').exec(README)![1]!

it('lists every file with the number of its events', () => {
  for (const { file, events } of seedBatches()) {
    expect(README).toMatch(new RegExp(`\\| \`${file}\` +\\|[^|]+\\| ${events} +\\|`))
  }
  expect(WORLD_FILES).toHaveLength(4)
})

it('leads to the world that its README promises, and adds nothing when it is sent again', async () => {
  const tenant = `seeds-${crypto.randomUUID().slice(0, 8)}`
  const client = openClient('http://localhost', tenant, { send: app.fetch })
  const sent = await sendWorld(client)
  expect(sent.reduce((sum, { events }) => sum + events, 0)).toBe(parseInt(row('events'), 10))

  const { read } = database.graph(tenant)
  const kinds = Object.fromEntries((await read(KINDS)).map((one) => [one.kind, one]))
  expect(kinds.Dataset!.count).toBe(parseInt(row('datasets'), 10))
  expect(kinds.Dataset!.aliases).toBe(Number(/and (\d+) further/.exec(row('datasets'))![1]))
  expect(kinds.Job!.count).toBe(parseInt(row('jobs'), 10))
  expect(kinds.Run!.count).toBe(parseInt(row('runs'), 10))
  for (const { relation, count } of await read(RELATIONS)) {
    if (relation !== 'ALIAS_OF') expect([relation, count]).toEqual([relation, told(relation)])
  }

  // What is signed next records the state of the log, which is an entry of its own.
  await ledger.checkpointOf(
    tenant,
    sent.reduce((sum, { appended }) => sum + appended, 0),
  )
  const again = await sendWorld(client)
  expect(again.map(({ appended }) => appended)).toEqual([0, 0, 0, 0])
})
