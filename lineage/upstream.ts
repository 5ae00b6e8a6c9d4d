import type { RecordNote } from './bodies.ts'
import { type Ask, query } from './graph.ts'
import { newestRecordFirst } from './index-order.ts'
import { DESIGN, type Relation } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState } from './position.ts'
import { bodiesTooLarge, upstreamTooWide } from './problems.ts'
import { canonicalAt, hop, reached, UNBOUNDED } from './traversal-texts.ts'

/** The most edges that lie upstream of what is asked about, where all of them count. */
export const MOST_UPSTREAM_EDGES = 500_000

/** Everything upstream of a root at design level, in the order of ids, and where its edges lead, by place. */
export interface Upstream extends LogState {
  n: number
  /** The root's id, the canonical one of an alias; `null` where there is none. */
  root: string | null
  /** How many hops away the furthest of it is. */
  depth: number | null
  ids: string[]
  /** For each place the places that its edges lead to, each of them once. */
  out: number[][]
}

interface UpstreamRow extends Omit<Upstream, 'out'> {
  /** For each place the position of its first record, which no other entity has. */
  firsts: number[]
  /** For each place the same of what its edges lead to. */
  fars: number[][]
  edges: number
}

const UPSTREAM = query<UpstreamRow>(`
  // everything upstream
  ${AT_POSITION}
  ${canonicalAt('root', UNBOUNDED)}
  CALL (root, n) {
    ${reached('UPSTREAM', '', UNBOUNDED)} ORDER BY x.id
    RETURN collect(x) AS found, max(d) AS depth
  }
  WITH *, [x IN found | COLLECT { ${hop('UPSTREAM', DESIGN.join('|'))} RETURN y.first }] AS fars
  WITH *, reduce(sum = 0, some IN fars | sum + size(some)) AS edges
  RETURN ${LOG_STATE}, root.id AS root, depth, edges,
    CASE WHEN edges > $most THEN [] ELSE [x IN found | x.id] END AS ids,
    CASE WHEN edges > $most THEN [] ELSE [x IN found | x.first] END AS firsts,
    CASE WHEN edges > $most THEN [] ELSE fars END AS fars`)

/**
 * Reads everything upstream at `n` (`null`: now), however far it lies, in one read which is linear in
 * the edges there.
 *
 * @returns `undefined` where there is no such tenant.
 * @throws {Problem} `LINEAGE_UPSTREAM_TOO_WIDE`
 */
export async function readUpstream(
  ask: Ask,
  root: string,
  n: number | null,
): Promise<Upstream | undefined> {
  const [row] = await ask(UPSTREAM, { root, n, most: MOST_UPSTREAM_EDGES })
  if (!row) return undefined
  const { firsts, fars, edges, ...upstream } = row
  if (edges > MOST_UPSTREAM_EDGES) throw upstreamTooWide(edges, MOST_UPSTREAM_EDGES)
  const places = new Map(firsts.map((first, place) => [first, place]))
  return { ...upstream, out: fars.map((some) => [...new Set(some.map((far) => places.get(far)!))]) }
}

/** The newest record of an entity at a position, and its body as JSON text; `null` where that is erased. */
export interface NewestBody {
  id: string
  seq: number
  action: RecordNote['action']
  fields: string | null
}

const NEWEST_BODIES = query<NewestBody>(`
  // newest bodies of entities at a position
  WITH toInteger($n) AS n
  UNWIND $ids AS id
  CALL (id, n) {
    MATCH (record:Record {tenant: $tenant, id: id}) WHERE record.seq < n
    RETURN record ${newestRecordFirst('record')} LIMIT 1
  }
  RETURN id, record.seq AS seq, record.action AS action, record.fields AS fields`)

const AT_ONCE = 200
const MOST_CHARACTERS = 48_000_000

/**
 * What each entity last said of itself by `n`, in no particular order.
 *
 * @throws {Problem} `LINEAGE_BODIES_TOO_LARGE`
 */
export async function newestBodies(
  ask: Ask,
  ids: readonly string[],
  n: number,
): Promise<NewestBody[]> {
  const found: NewestBody[] = []
  let read = 0
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const rows = await ask(NEWEST_BODIES, { ids: ids.slice(i, i + AT_ONCE), n })
    for (const row of rows) read += row.fields?.length ?? 0
    if (read > MOST_CHARACTERS) throw bodiesTooLarge(MOST_CHARACTERS)
    found.push(...rows)
  }
  return found
}

/** The edges between two entities: relation, and since when. */
export interface EdgesBetween {
  from: string
  to: string
  edges: [relation: Relation, since: number][]
}

const EDGES_BETWEEN = query<EdgesBetween>(`
  // edges between entities
  WITH toInteger($n) AS n
  UNWIND $pairs AS pair
  MATCH (x:Entity {tenant: $tenant, id: pair[0]})
  MATCH (y:Entity {tenant: $tenant, id: pair[1]})
  MATCH (x)-[r:${DESIGN.join('|')}]->(y) WHERE ${inForce('r')}
  RETURN x.id AS from, y.id AS to, collect([type(r), r.since]) AS edges`)

/** Those at `n`, for each pair that has any. */
export const edgesBetween = (
  ask: Ask,
  pairs: readonly (readonly [from: string, to: string])[],
  n: number,
) => (pairs.length === 0 ? Promise.resolve([]) : ask(EDGES_BETWEEN, { pairs, n }))
