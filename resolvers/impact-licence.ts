import { impactTooWide } from '../domains/impact/problems.ts'
import { differenceOf } from '../domains/terms/difference.ts'
import { hopDownstream } from '../lineage/downstream.ts'
import { type Said, sayingsOf, statementOf } from '../proofs/terms/statement.ts'
import { type Planning, type Strand, strand, termStrand } from './impact-strand.ts'
import { readBody, readClauses } from './impact-terms.ts'

/** The most licences that a clause which changes may stand in. */
export const MOST_LICENCES = 200

const GONE: Record<'RETIRE' | 'ERASE', Said> = {
  RETIRE: { action: 'retire', fields: {} },
  ERASE: { action: 'erase', fields: null },
}

/**
 * What comes and goes where a licence says other things, or nothing any more.
 *
 * @throws {Problem} As `readBody` and `readClauses`.
 */
export async function licenceStrands(planning: Planning): Promise<Strand[]> {
  const { root, clauses, change, given, isLost, day, said, context, n } = planning
  const now = said.get(root.id)
  const ids: (string | null)[] = [...clauses]
  const current = clauses.map((id, place): [number, Said | undefined] => [place, said.get(id)])
  const before = isLost ? [] : sayingsOf(statementOf(now, current, day))
  const isTerms = change === 'TERMS'
  const then = isTerms
    ? readBody('License', { given: given.license, now })
    : GONE[change as 'ERASE']
  const next =
    isTerms && given.clauses ? await readClauses(given.clauses, { ids, said, n }, context) : current
  const after = sayingsOf(statementOf(then, next, day))
  const terms = differenceOf(before, after).map((one) =>
    termStrand(one, { licence: root.id, clause: one.clause === null ? null : ids[one.clause]! }),
  )
  const words = isTerms && wordingOf('License', now) !== wordingOf('License', then)
  return [...terms, ...(words ? [strand('WORDING_CHANGES', { licence: root.id })] : [])]
}

/** What a licence or clause says beside what its terms are worked out from. */
function wordingOf(kind: 'License' | 'Clause', said: Said | undefined) {
  const { title, text, version, url, jurisdictions } = (said?.fields ?? {}) as Said['fields'] &
    object
  return JSON.stringify(kind === 'License' ? [title, text, version, url, jurisdictions] : [text])
}

/**
 * A clause says the same in each licence that it stands in, where that licence says anything.
 *
 * @throws {Problem} `IMPACT_TOO_WIDE`; as `readBody`.
 */
export async function clauseStrands(planning: Planning): Promise<Strand[]> {
  const { root, change, given, isLost, day, said, context, n } = planning
  const hop = { by: 'HAS_CLAUSE', ids: [root.id], stopping: [], n } as const
  const part = { after: '', most: MOST_LICENCES + 1 }
  const found = await hopDownstream(context.graph.read, hop, part)
  if (found.length > MOST_LICENCES) throw impactTooWide('licences', MOST_LICENCES)
  await said.load(found.map(({ id }) => id))
  const now = said.get(root.id)
  const isTerms = change === 'TERMS'
  const then = isTerms ? readBody('Clause', { given: given.clause, now }) : GONE[change as 'ERASE']
  const words = isTerms && wordingOf('Clause', now) !== wordingOf('Clause', then)
  return found.flatMap(({ id }) => {
    const licence = said.get(id)
    const saying = (clause: Said | undefined) =>
      sayingsOf(statementOf(licence, [[0, clause]], day)).filter(({ clause: at }) => at !== null)
    const at = { licence: id, clause: root.id }
    return [
      ...differenceOf(isLost ? [] : saying(now), saying(then)).map((one) => termStrand(one, at)),
      ...(words ? [strand('WORDING_CHANGES', at)] : []),
    ].map((one) => ({ ...one, over: id }))
  })
}
