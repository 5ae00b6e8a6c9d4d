import type { RecordNote } from './bodies.ts'
import { type Ask, query } from './graph.ts'
import { newestRecordFirst } from './index-order.ts'
import { DESIGN, type Relation } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState } from './position.ts'
import { bodiesTooLarge, upstreamTooWide } from './problems.ts'
import { canonicalAt, reached, UNBOUNDED } from './traversal-texts.ts'

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
  edges: number
  /** What the store calls each of them, which no answer tells. */
  marks: number[]
  /** For each of them the same of what its edges lead to. */
  fars: number[][]
}

/** The driver takes a long message in three times the time of the same in parts. */
const ROWS_OF = 500

/**
 * The second look at the edges names no types in the pattern: with as many as these, Neo4j seeks each of
 * them by itself, which takes three times as long as to look at all that a node has.
 */
const UPSTREAM = query<UpstreamRow>(`
  // everything upstream
  ${AT_POSITION}
  ${canonicalAt('root', UNBOUNDED)}
  CALL (root, n) {
    ${reached('UPSTREAM', '', UNBOUNDED)}
    WITH x, d, x.id AS id ORDER BY id
    RETURN collect(x) AS found, collect(id) AS ids, max(d) AS depth
  }
  WITH *, [x IN found | [(x)-[r]->(y) WHERE ${inForce('r')} AND type(r) IN $types | id(y)]] AS fars
  WITH *, reduce(sum = 0, some IN fars | sum + size(some)) AS edges
  WITH ${LOG_STATE}, root.id AS root, depth, edges, fars, ids, [x IN found | id(x)] AS marks
  UNWIND CASE WHEN edges > $most THEN [0] ELSE range(0, size(ids), ${ROWS_OF}) END AS i
  WITH *, CASE WHEN edges > $most THEN 0 ELSE i + ${ROWS_OF} END AS end
  RETURN size, epoch, kept, policies, n, root, depth, edges,
    ids[i..end] AS ids, marks[i..end] AS marks, fars[i..end] AS fars`)

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
  const rows = await ask(UPSTREAM, { root, n, most: MOST_UPSTREAM_EDGES, types: DESIGN })
  const [first] = rows
  if (!first) return undefined
  const { marks: _, fars: __, edges, ...upstream } = first
  if (edges > MOST_UPSTREAM_EDGES) throw upstreamTooWide(edges, MOST_UPSTREAM_EDGES)
  const places = new Map<number, number>()
  for (const { marks } of rows) for (const mark of marks) places.set(mark, places.size)
  return {
    ...upstream,
    ids: rows.flatMap(({ ids }) => ids),
    out: rows.flatMap(({ fars }) => fars.map((some) => placesOf(some, places))),
  }
}

/** Each of them once: hardly anything has more than a few edges. */
function placesOf(fars: readonly number[], places: ReadonlyMap<number, number>): number[] {
  const found: number[] = []
  for (const far of fars.length > 16 ? new Set(fars) : fars) {
    const place = places.get(far)
    if (place !== undefined && (fars.length > 16 || !found.includes(place))) found.push(place)
  }
  return found
}

/** The newest record of an entity at a position, and its body as JSON text; `null` where that is erased. */
export interface NewestBody {
  id: string
  seq: number
  action: RecordNote['action']
  fields: string | null
}

interface BodiesRow {
  /** How much text the bodies are together; none of them comes where that is too much. */
  characters: number
  ids: string[]
  seqs: number[]
  actions: NewestBody['action'][]
  fields: (string | null)[]
}

const NEWEST_BODIES = query<BodiesRow>(`
  // newest bodies of entities at a position
  WITH toInteger($n) AS n
  CALL (n) {
    UNWIND $ids AS id
    CALL (id, n) {
      MATCH (record:Record {tenant: $tenant, id: id}) WHERE record.seq < n
      RETURN record ${newestRecordFirst('record')} LIMIT 1
    }
    RETURN collect(record) AS all
  }
  WITH all, reduce(sum = 0, x IN all | sum + size(coalesce(x.fields, ''))) AS characters
  WITH characters, CASE WHEN characters > $most THEN [] ELSE all END AS found
  RETURN characters, [x IN found | x.id] AS ids, [x IN found | x.seq] AS seqs,
    [x IN found | x.action] AS actions, [x IN found | x.fields] AS fields`)

const AT_ONCE = 1_000
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
  let left = MOST_CHARACTERS
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const [row] = await ask(NEWEST_BODIES, { ids: ids.slice(i, i + AT_ONCE), n, most: left })
    const { characters, ids: some, seqs, actions, fields } = row!
    left -= characters
    if (left < 0) throw bodiesTooLarge(MOST_CHARACTERS)
    for (const [at, id] of some.entries()) {
      found.push({ id, seq: seqs[at]!, action: actions[at]!, fields: fields[at]! })
    }
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
