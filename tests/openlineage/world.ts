import { parseEvent } from '../../domains/openlineage/parse-event.ts'
import { recordEvent } from '../../domains/openlineage/record-event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { type Database, query } from '../../lineage/graph.ts'
import { OPEN } from '../../lineage/kinds.ts'
import { unb64 } from '../../proofs/base64.ts'
import { type Json, parseForeignJson } from '../../proofs/json.ts'
import type { RawEvent, World } from './reference.ts'

const ENTITIES = query<{
  id: string
  kind: string
  namespace: string
  name: string
  alias: string | null
  fields: string
}>(`
  // test: every entity with its body
  MATCH (e:Entity {tenant: $tenant}) WHERE e.kind IN ['Dataset', 'Job', 'Run']
  MATCH (record:Record {tenant: $tenant, seq: e.seq})
  RETURN e.id AS id, e.kind AS kind, e.namespace AS namespace, e.name AS name, e.alias AS alias,
    coalesce(record.fields, '{}') AS fields`)

const EDGES = query<{ from: string; rel: string; to: string; time: string | null }>(`
  // test: every edge in force
  MATCH (a:Entity {tenant: $tenant})-[x]->(b:Entity {tenant: $tenant})
  WHERE x.until = ${OPEN} AND type(x) <> 'ALIAS_OF'
  RETURN a.id AS from, type(x) AS rel, b.id AS to, x.time AS time`)

/** Reads what the database holds now, every class of dataset names as one thing under its smallest name. */
export async function currentWorld(database: Database, tenant: string): Promise<World> {
  const read = database.graph(tenant).read
  const [entities, rows] = await Promise.all([read(ENTITIES), read(EDGES)])
  const byId = new Map(entities.map((entity) => [entity.id, entity]))
  const end = (id: string): string => {
    const alias = byId.get(id)?.alias
    return alias ? end(alias) : id
  }
  const labels = new Map<string, string>()
  for (const [id, same] of Map.groupBy(entities, (entity) => end(entity.id))) {
    const names = same.map(({ namespace, name }) => JSON.stringify([namespace, name])).sort()
    labels.set(id, `${byId.get(id)!.kind.toLowerCase()} ${names[0]}`)
  }
  const label = (id: string) => labels.get(id) ?? `an alias, ${id}`
  const bodies = entities
    .filter(({ alias }) => !alias)
    .map(({ id, fields }) => [label(id), told(JSON.parse(fields), label)] as const)
  return {
    nodes: [...labels.values()].sort(),
    edges: rows.map(({ from, rel, to }) => `${label(from)} ${rel} ${label(to)}`).sort(),
    bodies: Object.fromEntries(bodies.sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** A body as the reference writes it: stamps apart, each under `at`, and ids as labels. */
function told(
  { namespace, name, times, numbersAsText, ...fields }: RawEvent,
  label: (id: string) => string,
) {
  const field = (name: string) => {
    const [, group, job] = /^(facet:columnLineage:)(.+)$/.exec(name) ?? []
    return group && job ? `${group}${label(job)}` : name
  }
  const stamps = Object.entries<[string, string]>(times ?? {}).map(([key, [time, digest]]) => {
    const [rel, dataset, job] = key.split(' ')
    const named = dataset && job ? `${rel} ${label(dataset)} of ${label(job)}` : field(key)
    return [`at ${named}`, `${time} ${Buffer.from(unb64(digest)).toString('hex')}`]
  })
  const kept = Object.entries(fields).map(([name, value]) => [field(name), value])
  return Object.fromEntries([...kept, ...stamps])
}

/** Sends events one after the other, each in a transaction of its own. */
export async function sendSingly(ledger: Ledger, tenant: string, events: readonly RawEvent[]) {
  for (const event of events) await send(ledger, tenant, event)
}

/** Sends events without waiting in between, so that they share transactions. */
export const sendTogether = (ledger: Ledger, tenant: string, events: readonly RawEvent[]) =>
  Promise.all(events.map((event) => send(ledger, tenant, event)))

export const send = (ledger: Ledger, tenant: string, event: RawEvent, mostOwners?: number) => {
  const { value, numbersAsText } = parseForeignJson(JSON.stringify(event))
  const sender = { tenant, subject: 'test' }
  return recordEvent(ledger, parseEvent(value, numbersAsText), sender, mostOwners)
}

export const bodyOf = (world: World, label: string) => world.bodies[label] as Record<string, Json>
