import { contentOf, type Difference, differenceOf } from '../domains/terms/difference.ts'
import { clausesOf, licencesShared } from '../lineage/downstream.ts'
import { type Said, type Saying, sayingsOf, statementOf } from '../proofs/terms/statement.ts'
import { type Planning, type Strand, termStrand, unlicensedStrand } from './impact-strand.ts'
import { readLicences } from './impact-terms.ts'

/**
 * What the licences say that a source comes under, and those that it is under no longer.
 *
 * @throws {Problem} As `readLicences`.
 */
export async function sourceStrands(planning: Planning): Promise<Strand[]> {
  const { licences, given, n, context } = planning
  const next = await readLicences(given.licensedUnder!, n, context)
  const [gone, come] = [
    licences.filter((id) => !next.includes(id)),
    next.filter((id) => !licences.includes(id)),
  ]
  const [said, shared] = await Promise.all([
    sayingsOfLicences([...gone, ...come], planning),
    // By one that other things are under too, a term may reach the same things still.
    licencesShared(context.graph.read, gone, n),
  ])
  // Each licence by itself: a choice in one is none in another.
  const differences = [
    ...gone.flatMap((id) => differenceOf(said.get(id)!, [])),
    ...come.flatMap((id) => differenceOf([], said.get(id)!)),
  ] as (Difference & Placed)[]
  const contents = (comes: boolean) =>
    new Set(differences.filter((one) => one.comes === comes).map(contentOf))
  const [going, coming] = [contents(false), contents(true)]
  const strands = differences.map((one) => {
    const { comes, licence, clauseId } = one
    const isMoved = (comes ? going : coming).has(contentOf(one))
    const isSure = one.isSure && !isMoved && (comes || !shared.has(licence))
    return termStrand({ ...one, isSure }, { licence, clause: clauseId })
  })
  const [was, is] = [licences.length > 0, next.length > 0]
  return [...strands, ...(was === is ? [] : [unlicensedStrand(was)])]
}

/** Where something is said, where several licences say something. */
interface Placed {
  licence: string
  clauseId: string | null
}

async function sayingsOfLicences(
  ids: readonly string[],
  { said, day, n, context }: Planning,
): Promise<Map<string, (Saying & Placed)[]>> {
  const rows = await clausesOf(context.graph.read, ids, n)
  await said.load([...ids, ...rows.flatMap(({ clauses }) => clauses)])
  return new Map(
    rows.map(({ licence, clauses }) => {
      const placed = clauses.map((id, i): [number, Said | undefined] => [i, said.get(id)])
      const sayings = sayingsOf(statementOf(said.get(licence), placed, day))
      const clauseOf = ({ clause }: Saying) => (clause === null ? null : clauses[clause]!)
      return [licence, sayings.map((one) => ({ ...one, licence, clauseId: clauseOf(one) }))]
    }),
  )
}
