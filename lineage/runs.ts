import { type EntityAt, type EntityColumns, entitiesAt, entityColumns } from './entities.ts'
import { type Ask, type Query, query } from './graph.ts'
import type { Relation } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState, stateOf } from './position.ts'

/** Whose runs are asked for: those of a job, or those that brought a design edge about. */
export type RunsOf = { job: string } | { relation: Relation; from: string; to: string }

export interface RunsAsked {
  of: RunsOf
  first: number
  /** Only runs first recorded before this position: the way to the next page. */
  before: number | null
}

/** Runs, the newest first, and whether there are more. */
export interface RunsPage {
  runs: RunAt[]
  more: boolean
}

/** A run, with the position that it was first recorded at, by which runs are ordered. */
export type RunAt = EntityAt & { first: number }

interface RunsRow extends EntityColumns, LogState {
  n: number
  at: number
  firsts: number[]
}

/**
 * How runs stand to the two ends of what was asked. Every run counts, not just the latest; a run is
 * found by the edges that it held at the position.
 */
const PATTERNS = {
  job: {
    pattern: '(run)-[x:RUN_OF]->(a)',
    edges: ['x'],
  },
  USED: {
    pattern: '(a)<-[x:RUN_OF]-(run)-[y:RUN_USED]->(b)',
    edges: ['x', 'y'],
  },
  WAS_GENERATED_BY: {
    pattern: '(b)<-[x:RUN_OF]-(run)-[y:RUN_GENERATED]->(a)',
    edges: ['x', 'y'],
  },
  WAS_DERIVED_FROM: {
    pattern: '(a)<-[x:RUN_GENERATED]-(run)-[y:RUN_USED]->(b)',
    edges: ['x', 'y'],
  },
  PART_OF: {
    // In two: one pattern never takes an edge twice, and a run that is its own parent has it do so.
    pattern: '(a)<-[x:RUN_OF]-(run)-[y:CHILD_OF]->(parent) MATCH (parent)-[z:RUN_OF]->(b)',
    edges: ['x', 'y', 'z'],
  },
}
type Shape = keyof typeof PATTERNS

const runsText = (shape: Shape) =>
  query<RunsRow>(`
  // runs of ${shape === 'job' ? 'jobs' : `${shape} edges`}
  ${AT_POSITION}
  UNWIND range(0, size($asked) - 1) AS at
  WITH log, n, at, $asked[at] AS asked
  CALL (n, asked) {
    MATCH (a:Entity {tenant: $tenant, id: asked.from})
    MATCH (b:Entity {tenant: $tenant, id: asked.to})
    MATCH ${PATTERNS[shape].pattern}
    WHERE ${PATTERNS[shape].edges.map(inForce).join(' AND ')}
      AND run.tenant = $tenant AND run.first < asked.before
    WITH DISTINCT run ORDER BY run.first DESC LIMIT toInteger($first)
    RETURN collect(run) AS found
  }
  RETURN ${LOG_STATE}, at, [x IN found | x.first] AS firsts, ${entityColumns('found')}`)

const TEXTS = Object.fromEntries(
  Object.keys(PATTERNS).map((shape) => [shape, runsText(shape as Shape)]),
) as Record<Shape, Query<RunsRow>>

const shapeOf = (of: RunsOf): Shape | undefined => {
  if ('job' in of) return 'job'
  return of.relation in PATTERNS ? (of.relation as Shape) : undefined
}

const endsOf = (of: RunsOf) => ('job' in of ? { from: of.job, to: of.job } : of)

/**
 * Answers several questions of the same shape and page size in one read, at `n` (`null`: now).
 * Relations that no run brings about have none. `undefined` where there is no such tenant.
 */
export async function readRuns(
  ask: Ask,
  asked: readonly RunsAsked[],
  n: number | null,
): Promise<(LogState & { pages: RunsPage[] }) | undefined> {
  const [{ of, first }] = asked as [RunsAsked]
  const text = TEXTS[shapeOf(of) ?? 'job']
  const rows = await ask(text, {
    n,
    first: first + 1,
    asked: asked.map(({ of: each, before }) => ({
      ...(shapeOf(each) ? pick(endsOf(each)) : { from: '', to: '' }),
      before: before ?? Number.MAX_SAFE_INTEGER,
    })),
  })
  const [head] = rows
  if (!head) return undefined
  const pages: RunsPage[] = []
  for (const row of rows) pages[row.at] = await pageOf(ask, row, first)
  return { ...stateOf(head), pages }
}

const pick = ({ from, to }: { from: string; to: string }) => ({ from, to })

async function pageOf(ask: Ask, row: RunsRow, first: number): Promise<RunsPage> {
  const runs = await entitiesAt(ask, row, row.n)
  return {
    runs: runs.slice(0, first).map((run, i) => ({ ...run, first: row.firsts[i]! })),
    more: runs.length > first,
  }
}

/** Questions of one shape can be asked in one read. */
export const runsShape = ({ of, first }: RunsAsked) => `${shapeOf(of) ?? 'job'} ${first}`
