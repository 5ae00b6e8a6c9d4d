import type { Json } from '../json.ts'
import { type Expression, leavesOf, readExpression } from './expression.ts'
import { isValidOn, type Lift, type Rule } from './rule.ts'

/** What an entity said of itself at the position that is read. */
export interface Said {
  action: 'assert' | 'retire' | 'erase'
  /** `null` where it is erased. */
  fields: Readonly<Record<string, Json>> | null
  /** What is not shown of it, where not all is: everything, or some fields. */
  hidden?: 'all' | ReadonlySet<string>
}

/** Why nobody knows what holds. */
export type Unknown =
  | 'NO_LICENSE'
  | 'LICENSE_RETIRED'
  | 'LICENSE_ERASED'
  | 'LICENSE_SAYS_NOTHING'
  | 'LICENSE_NOT_IN_FORCE'
  | 'CLAUSE_RETIRED'
  | 'CLAUSE_ERASED'
  | 'CLAUSE_SAYS_NOTHING'
  | 'SPDX_UNKNOWN'
  | UnseenBy

/** The same in a bundle, which need not show everything, and is read by whoever wants to. */
export type UnseenBy = 'NOT_SHOWN' | 'CUT_TOO_OFTEN'

/** What a licence says, on one day. */
export type Statement =
  | { unknown: Unknown }
  | { clauses: readonly ClauseStatement[] }
  | { expression: Expression }

/** What a clause says, on one day; nothing at all (`null`) where it does not hold then. */
export interface ClauseStatement {
  place: number
  says: Rule | { unknown: Unknown } | null
}

const silence = (said: Said | undefined, what: 'LICENSE' | 'CLAUSE'): Unknown => {
  if (said?.action === 'retire') return `${what}_RETIRED`
  const isErased = said?.fields === null || said?.action === 'erase'
  return isErased ? `${what}_ERASED` : `${what}_SAYS_NOTHING`
}

const says = (said: Said | undefined, field: string): said is Said & { fields: object } =>
  said?.fields != null &&
  said.action !== 'retire' &&
  (Object.hasOwn(said.fields, field) || isHidden(said, [field]))

const isHidden = ({ hidden }: Said, fields: readonly string[]) =>
  hidden === 'all' || fields.some((field) => hidden?.has(field))

/** The fields by which a clause says its rule. */
export const RULE_FIELDS = [
  ...(['type', 'action', 'upon', 'purposes', 'recipients', 'jurisdictions'] as const),
  ...(['validFrom', 'validUntil'] as const),
] as const
export type RuleField = (typeof RULE_FIELDS)[number]
const DAYS = ['validFrom', 'validUntil']
const LIFT_FIELDS = ['lifts', 'appliesTo', ...DAYS]

/**
 * Reads what a licence says on a day. Its clauses say it where it has any, and otherwise the SPDX
 * expression; where neither does, nobody knows.
 */
export function statementOf(
  licence: Said | undefined,
  clauses: readonly (readonly [place: number, said: Said | undefined])[],
  day: string,
): Statement {
  if (!says(licence, 'title')) return { unknown: silence(licence, 'LICENSE') }
  const { spdx, ...fields } = licence.fields as { spdx?: string; validFrom?: string }
  if (isHidden(licence, DAYS)) return { unknown: 'NOT_SHOWN' }
  if (!isValidOn(day, fields)) return { unknown: 'LICENSE_NOT_IN_FORCE' }
  if (clauses.length > 0) {
    return { clauses: clauses.map(([place, said]) => ({ place, says: clauseOf(said, day) })) }
  }
  if (isHidden(licence, ['spdx'])) return { unknown: 'NOT_SHOWN' }
  if (spdx === undefined) return { unknown: 'LICENSE_SAYS_NOTHING' }
  const expression = readExpression(spdx)
  return expression ? { expression } : { unknown: 'SPDX_UNKNOWN' }
}

function clauseOf(said: Said | undefined, day: string): ClauseStatement['says'] {
  if (!says(said, 'type')) return { unknown: silence(said, 'CLAUSE') }
  if (isHidden(said, RULE_FIELDS)) return { unknown: 'NOT_SHOWN' }
  const rule = said.fields as unknown as Rule
  return isValidOn(day, rule) ? rule : null
}

/** One of the things that a licence says, or leaves unknown. */
export interface Saying {
  says: Rule | { unknown: Unknown }
  /** The clause that says it, and the SPDX id; `null` where it is not in one. */
  clause: number | null
  spdx: string | null
  /** Whether the licence leaves a choice that avoids it. */
  isChoice: boolean
}

const BARE = { clause: null, spdx: null, isChoice: false }

/** All that a licence says, one by one. */
export function sayingsOf(statement: Statement): Saying[] {
  if ('unknown' in statement) return [{ ...BARE, says: statement }]
  if ('clauses' in statement) {
    return statement.clauses.flatMap(({ place, says }) =>
      says ? [{ ...BARE, says, clause: place }] : [],
    )
  }
  return leavesOf(statement.expression).flatMap(({ id, rules, isChoice }) =>
    (rules ?? [{ unknown: 'SPDX_UNKNOWN' as const }]).map((says) => ({
      ...{ ...BARE, says, spdx: id, isChoice },
    })),
  )
}

/**
 * What a transformation lifts on a day for the job or dataset with this id: nothing where it says
 * nothing, does not hold then, was approved for others, or is not shown whole.
 */
export function liftsOf(said: Said | undefined, day: string, id: string): readonly Lift[] {
  if (!says(said, 'rule') || isHidden(said, LIFT_FIELDS) || !isValidOn(day, said.fields)) return []
  const { lifts = [], appliesTo } = said.fields as {
    lifts?: readonly Lift[]
    appliesTo?: readonly string[]
  }
  return appliesTo === undefined || appliesTo.includes(id) ? lifts : []
}
