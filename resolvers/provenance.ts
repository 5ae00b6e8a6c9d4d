import { provenanceTooLarge, runsOutOfRange } from '../domains/standards/problems.ts'
import type { AnswerNode, AnswerRun, LineageAnswer } from '../domains/standards/prov/answer.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { formatPosition } from '../lineage/position.ts'
import { MOST_NODES } from '../lineage/traversal.ts'
import type { Context } from './context.ts'
import { recordedAt } from './entity.ts'
import { fieldsOf, textIn } from './facet.ts'
import { findLineage, type Lineage, type LineageAsked, pageInfoOf, positionOf } from './lineage.ts'

/** The most entities of one document, and the most runs of each job. */
export const PROVENANCE_LIMITS = { entities: 10_000, runs: 100 }

export interface ProvenanceAsked extends Omit<LineageAsked, 'first' | 'after'> {
  /** How many of the newest runs of each job belong to the answer. */
  runs: number
}

/** @throws {Problem} `PROVENANCE_RUNS_OUT_OF_RANGE` */
export function checkRuns(runs: number) {
  const { runs: most } = PROVENANCE_LIMITS
  if (!Number.isInteger(runs) || runs < 0 || runs > most) throw runsOutOfRange(runs, most)
}

/** @throws {Problem} `PROVENANCE_TOO_LARGE` */
export function requireOneDocument(entities: number) {
  const { entities: most } = PROVENANCE_LIMITS
  if (entities > most) throw provenanceTooLarge(entities, most)
}

/**
 * Reads the whole answer to a lineage question at one position, with what a document says of each
 * entity, and with runs where they are asked for.
 *
 * @throws {Problem} `PROVENANCE_TOO_LARGE`, `PROVENANCE_RUNS_OUT_OF_RANGE`, and as `findLineage`.
 */
export async function findProvenance(
  { runs: newest, ...asked }: ProvenanceAsked,
  context: Context,
): Promise<LineageAnswer> {
  checkRuns(newest)
  const { pages, first, entities } = await readLineage(asked, context)
  const jobs = newest === 0 ? [] : entities.filter(({ kind }) => kind === 'Job')
  context.spend(jobs.length * newest)
  const found = await Promise.all(jobs.map((job) => runsOf(job, newest, context)))
  return {
    question: { root: first.root, direction: asked.direction, depth: asked.depth },
    position: formatPosition(positionOf(first)),
    nodes: await Promise.all(entities.map((entity) => nodeOf(entity, context))),
    edges: pages.flatMap(({ edges }) => edges),
    runs: found.flatMap(({ runs }) => runs),
    withMoreRuns: new Set(found.filter(({ more }) => more).map(({ job }) => job)),
  }
}

/**
 * Reads all pages of the answer to a lineage question.
 *
 * @throws {Problem} `PROVENANCE_TOO_LARGE`, and as `findLineage`.
 */
export async function readLineage(asked: Omit<LineageAsked, 'first' | 'after'>, context: Context) {
  const pages = await readPages(asked, context)
  const [first] = pages as [Lineage]
  const entities = pages.flatMap(({ nodes }) => nodes.map(({ entity }) => entity))
  return { pages, first, entities }
}

async function readPages(asked: Omit<LineageAsked, 'first'>, context: Context): Promise<Lineage[]> {
  const pages: Lineage[] = []
  for (let after: string | null = null; ; ) {
    const page: Lineage = await findLineage({ ...asked, first: MOST_NODES, after }, context)
    requireOneDocument(page.total)
    pages.push(page)
    const { hasNextPage, endCursor } = pageInfoOf(page)
    if (!hasNextPage) return pages
    after = endCursor
  }
}

const nodeOf = async (entity: EntityAt, context: Context): Promise<AnswerNode> => ({
  ...entity,
  recordedAt: await recordedAt(entity, context),
})

async function runsOf(job: EntityAt, first: number, context: Context) {
  const { runs: loader } = context.loaders.at(job.at)
  const page = await loader.load({ of: { job: job.id }, first, before: null })
  const runs = await Promise.all(page.runs.map((run) => runOf(run, job.id, context)))
  return { job: job.id, runs, more: page.more }
}

async function runOf(run: EntityAt, job: string, context: Context): Promise<AnswerRun> {
  const [node, fields, links] = await Promise.all([
    nodeOf(run, context),
    fieldsOf(run, context),
    context.loaders.at(run.at).links.load(run.id),
  ])
  const [startedAt, endedAt, state] = ['startedAt', 'endedAt', 'state'].map((name) =>
    textIn(fields, name),
  ) as [string | null, string | null, string | null]
  return { ...node, job, startedAt, endedAt, state, links: [...links].sort(inOrder) }
}

const inOrder = (a: readonly string[], b: readonly string[]) => (a.join() < b.join() ? -1 : 1)
