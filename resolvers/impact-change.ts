import type { EFFECT_OF } from '../domains/impact/effects.ts'
import { changeInvalid } from '../domains/impact/problems.ts'
import { isAssessing } from '../domains/terms/assessment.ts'
import type { Kind } from '../lineage/kinds.ts'
import { readUpstream } from '../lineage/upstream.ts'
import { closureOf, unlicensed } from '../proofs/terms/closure.ts'
import { clauseStrands, licenceStrands } from './impact-licence.ts'
import { sourceStrands } from './impact-source.ts'
import { type Plan, type Planning, type Strand, strand, unlicensedStrand } from './impact-strand.ts'

const FIRST: Partial<Record<Kind, Pick<Plan, 'first' | 'goesOn'>>> = {
  License: { first: ['LICENSED_UNDER'], goesOn: true },
  Clause: { first: ['HAS_CLAUSE', 'LICENSED_UNDER'], goesOn: true },
  DpiaPacket: { first: ['ASSESSED_BY'], goesOn: true },
  Transformation: { first: ['DESCRIBED_BY'], goesOn: true },
  ModelCard: { first: ['DESCRIBED_BY'], goesOn: false },
  Principal: { first: ['WAS_ATTRIBUTED_TO'], goesOn: false },
}

/** By what the kinds beside which nothing else is to be said of take effect where they go. */
const GOES: Partial<Record<Kind, keyof typeof EFFECT_OF>> = {
  ModelCard: 'CARD_GOES',
  Principal: 'OWNER_GOES',
}

/** What it does that they change, or go, depends on what they say. */
const SPEAKS: readonly Kind[] = ['License', 'Clause', 'DpiaPacket', 'Transformation']

/** What other things may be made of, or come from. */
const MAY_BE_UPSTREAM: readonly Kind[] = ['Dataset', 'Job', 'Source', 'Model', 'Prediction']

const NEVER_RETIRED: readonly Kind[] = ['Tenant', 'Grant']

/**
 * Says what a change would do to what is downstream, before anything is walked.
 *
 * @throws {Problem} `IMPACT_CHANGE_INVALID`, `IMPACT_TOO_WIDE`, `BODY_INVALID`, `LINEAGE_UPSTREAM_TOO_WIDE`.
 */
export async function planChange(planning: Planning): Promise<Plan> {
  const { root, change } = planning
  checkChange(planning)
  const way = FIRST[root.kind] ?? { first: [], goesOn: true }
  const isGone = change === 'RETIRE' && root.retired
  return { ...way, strands: isGone ? [] : await strandsOf(planning) }
}

function checkChange({ root: { kind }, change, given }: Planning) {
  if (change === 'EXPIRE' && kind !== 'DpiaPacket') throw changeInvalid(`a ${kind} does not expire`)
  if (NEVER_RETIRED.includes(kind)) throw changeInvalid(`a ${kind} is neither retired nor erased`)
  const told = Object.entries(given).flatMap(([name, value]) => (value == null ? [] : [name]))
  if (change !== 'TERMS') {
    if (told.length > 0) throw changeInvalid('only a change of terms says which')
    return
  }
  const takes = { License: ['license', 'clauses'], Clause: ['clause'], Source: ['licensedUnder'] }
  const taken = takes[kind as keyof typeof takes]
  if (!taken) throw changeInvalid(`a ${kind} has no terms of its own`)
  const strange = told.find((name) => !taken.includes(name))
  if (strange) throw changeInvalid(`the terms of a ${kind} do not say ${strange}`)
  if (told.length === 0) throw changeInvalid(`it must say ${taken.join(' or ')}`)
}

async function strandsOf(planning: Planning): Promise<Strand[]> {
  const { root, change, isLost, said, clauses } = planning
  if (change === 'ERASE' || SPEAKS.includes(root.kind)) await said.load([root.id, ...clauses])
  const now = said.get(root.id)
  if (change === 'ERASE' && now?.fields == null && !isLost) return []
  switch (root.kind) {
    case 'License':
      return licenceStrands(planning)
    case 'Clause':
      return clauseStrands(planning)
    case 'DpiaPacket':
      return isLost || isAssessing(now) ? [strand('ASSESSMENT_ENDS', { cut: 'ASSESSED' })] : []
    case 'Transformation':
      return [strand('TRANSFORMATION_GOES')]
    default:
      if (change === 'TERMS') return sourceStrands(planning)
  }
  const goes = GOES[root.kind]
  if (goes) return [strand(goes)]
  if (change === 'ERASE') return [strand('UPSTREAM_ERASED')]
  const isBare = !MAY_BE_UPSTREAM.includes(root.kind) || (await isUnlicensed(planning))
  return [strand('UPSTREAM_RETIRED'), ...(isBare ? [] : [unlicensedStrand(true)])]
}

/** Whether some branch up from the thing ends without a licence already. */
async function isUnlicensed({ root, n, licences, context }: Planning) {
  if (licences.length > 0) return false
  const { ids, out } = (await readUpstream(context.graph.read, root.id, n))!
  return unlicensed(closureOf({ ids, root: ids.indexOf(root.id), out })).places.length > 0
}
