import { type Query, query } from './graph.ts'
import { DESIGN, type Relation } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState } from './position.ts'
import { canonicalAt, hop, MOST_HOPS, NEVER, reached, UNBOUNDED } from './traversal-texts.ts'

/** How far two entities are apart; their ids are canonical, and `null` where there is none. */
export interface DistanceRow extends LogState {
  n: number
  lower: string | null
  upper: string | null
  /** `null` where no path is as short as that, or an end is missing. */
  distance: number | null
}

/** An edge between two layers, from a place of the layer below: relation, and since when. */
export type LayerStep = [from: number, relation: Relation, since: number]

/** Every node that lies on a shortest path, by its place in the order of ids, and the edges between. */
export interface LayersRow {
  ids: string[]
  /** How far each is from the lower end. */
  ups: number[]
  /** The places that edges lead to, each with the edges; none where there are more than `$most`. */
  places: number[]
  steps: LayerStep[][]
  edges: number
}

/**
 * One path is as good as any to say how far it is. `shortestPath` searches from both ends at once, and
 * with a condition on each edge alone it never falls back to listing paths.
 */
const distanceText = (hops: number) =>
  query<DistanceRow>(`
  // distance within ${hops} hops
  ${AT_POSITION}
  ${canonicalAt('lower', UNBOUNDED)}
  WITH log, n, lower
  ${canonicalAt('upper', UNBOUNDED)}
  CALL (lower, upper, n) {
    WITH lower AS a, upper AS b WHERE a IS NOT NULL AND b IS NOT NULL AND a <> b
    MATCH p = shortestPath((a)-[:${DESIGN.join('|')}*1..${hops}]->(b))
    WHERE all(r IN relationships(p) WHERE ${inForce('r')})
      AND all(y IN nodes(p) WHERE y.tenant = $tenant)
    RETURN min(length(p)) AS found
  }
  RETURN ${LOG_STATE}, lower.id AS lower, upper.id AS upper,
    CASE WHEN lower = upper THEN 0 ELSE found END AS distance`)

const between = (hops: number) => `CALL (a, b, n) {
      CALL (a, n) { ${reached('UPSTREAM', hops, UNBOUNDED, 'a')} RETURN x, d AS up, ${NEVER} AS down }
      RETURN x, up, down
      UNION ALL
      CALL (b, n) { ${reached('DOWNSTREAM', hops, UNBOUNDED, 'b')} RETURN x, ${NEVER} AS up, d AS down }
      RETURN x, up, down
    }
    WITH x, min(up) AS up, min(down) AS down WHERE up + down = ${hops}
    WITH x, up ORDER BY x.id
    RETURN collect(x) AS found, collect(up) AS ups`

/**
 * The paths of that length, not one by one but layer by layer: a node lies on one of them just where its
 * distances from both ends add up, and an edge where it leads from such a node to one that is a hop
 * further. So what is read is linear in the graph, however many paths there are.
 */
const layersText = (hops: number) =>
  query<LayersRow>(`
  // shortest paths within ${hops} hops
  WITH toInteger($n) AS n
  MATCH (a:Entity {tenant: $tenant, id: $lower})
  MATCH (b:Entity {tenant: $tenant, id: $upper})
  CALL (a, b, n) {
    ${between(hops)}
  }
  CALL (found, ups, n) {
    CALL (found, ups, n) {
      UNWIND range(0, size(found) - 1) AS j RETURN found[j] AS y, j, null AS step
      UNION ALL
      UNWIND range(0, size(found) - 1) AS i
      WITH n, i, found[i] AS x WHERE ups[i] < ${hops}
      ${hop('UPSTREAM', DESIGN.join('|'))}
      RETURN y, null AS j, [i, type(r), r.since] AS step
    }
    WITH y, max(j) AS j, collect(step) AS steps
    WHERE j IS NOT NULL
    WITH j, [step IN steps WHERE ups[step[0]] = ups[j] - 1] AS steps
    WITH collect(j) AS places, collect(steps) AS steps, sum(size(steps)) AS edges
    RETURN edges, CASE WHEN edges > $most THEN [] ELSE places END AS places,
      CASE WHEN edges > $most THEN [] ELSE steps END AS steps
  }
  RETURN CASE WHEN edges > $most THEN [] ELSE [x IN found | x.id] END AS ids, ups, places, steps, edges`)

const textsOf = <Row>(least: number, text: (hops: number) => Query<Row>) =>
  new Map(
    Array.from({ length: MOST_HOPS - least + 1 }, (_, i) => [least + i, text(least + i)] as const),
  )

const DISTANCES = textsOf(1, distanceText)
const LAYERS = textsOf(1, layersText)

/** The text that tells a distance of up to 1 to `MOST_HOPS` hops. @throws {Error} Beyond those. */
export const distanceQuery = (hops: number) => textAt(DISTANCES, hops)

/** The text that reads the paths of a length of 1 to `MOST_HOPS`. @throws {Error} Beyond those. */
export const layersQuery = (hops: number) => textAt(LAYERS, hops)

function textAt<Row>(texts: ReadonlyMap<number, Query<Row>>, hops: number): Query<Row> {
  const text = texts.get(hops)
  if (!text) throw new Error(`no text for paths of ${hops} hops`)
  return text
}
