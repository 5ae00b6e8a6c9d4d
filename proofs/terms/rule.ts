import { actionOf } from './actions.ts'

/** What a rule does. */
export type RuleType = 'permission' | 'prohibition' | 'duty'

/** One rule of a licence, as ODRL 2.2 has them; its action and purposes stand as they were given. */
export interface Rule {
  type: RuleType
  action: string
  purposes?: readonly string[]
  recipients?: readonly string[]
  jurisdictions?: readonly string[]
  validFrom?: string
  validUntil?: string
  /** Of a duty: what one does to come under it; anything, where nothing is said. */
  upon?: readonly string[]
}

/** Whether something holds on a day, `YYYY-MM-DD`: both its first and its last day are days on which it does. */
export const isValidOn = (
  day: string,
  { validFrom = '', validUntil = '9999-99-99' }: { validFrom?: string; validUntil?: string },
) => validFrom <= day && day <= validUntil

/** One sort of term that a transformation lifts. */
export interface Lift {
  type: RuleType
  action: string
  /** The id of the one licence or clause that it is lifted from. */
  from?: string
}

/** Whether a lift is of just this rule, which stands in these places: its licence, and its clause. */
export const lifts = (lift: Lift, rule: Pick<Rule, 'type' | 'action'>, places: readonly string[]) =>
  lift.type === rule.type &&
  actionOf(lift.action) === actionOf(rule.action) &&
  (lift.from === undefined || places.includes(lift.from))
