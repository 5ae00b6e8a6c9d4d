import { ACTIONS, actionOf } from '../../proofs/terms/actions.ts'
import { type Place, type Terms, wayOfRule, wayOfUnknown } from '../../proofs/terms/effective.ts'
import type { Expression } from '../../proofs/terms/expression.ts'
import type { Rule } from '../../proofs/terms/rule.ts'
import type { Statement, Unknown } from '../../proofs/terms/statement.ts'
import { bestFit, type Fit, fitOf, isWithin, wordOf, worstFit } from '../../proofs/terms/words.ts'
import { placeFit } from './places.ts'
import { PURPOSES, purposeOf } from './purposes.ts'

/** What somebody wants to do, what for, with whom and where. */
export interface Use {
  action: string
  purpose: string
  recipient?: string
  jurisdiction?: string
}

export type Answer = 'ALLOW' | 'DUTIES' | 'DENY'

/** What speaks against a use, what it entails, or what part of it is forbidden. */
export interface Reason extends Place {
  code: 'PROHIBITED' | 'NOT_PERMITTED' | 'TERMS_UNKNOWN' | 'DUTY' | 'PART_PROHIBITED'
  says: Rule | { unknown: Unknown } | null
  way(): number[]
}

/** The answer, and all its reasons: what denies comes first, then duties, then parts. */
export interface Verdict {
  answer: Answer
  reasons: readonly Reason[]
}

interface Found {
  denials: readonly Reason[]
  duties: readonly Reason[]
  parts: readonly Reason[]
}

const NOTHING: Found = { denials: [], duties: [], parts: [] }

const together = (found: readonly Found[]): Found => ({
  denials: found.flatMap(({ denials }) => denials),
  duties: found.flatMap(({ duties }) => duties),
  parts: found.flatMap(({ parts }) => parts),
})

/**
 * Says whether something may be used: everything that is upstream and not lifted must permit it, and
 * nothing forbid it. Where permissions and prohibitions meet, prohibitions win (ODRL 2.2, conflict
 * strategy `prohibit`); what nobody knows denies.
 */
export function mayUse(terms: Terms, use: Use): Verdict {
  const asked = {
    action: actionOf(use.action),
    purpose: purposeOf(use.purpose),
    recipient: use.recipient === undefined ? undefined : wordOf(use.recipient),
    jurisdiction: use.jurisdiction,
  }
  const bare = terms.bare.map((term): Reason => ({ ...term, code: 'TERMS_UNKNOWN' }))
  const { denials, duties, parts } = together([
    { ...NOTHING, denials: bare },
    ...terms.licences.map(({ place, statement }) => judge(terms, asked, place, statement)),
  ])
  return {
    answer: denials.length > 0 ? 'DENY' : duties.length > 0 ? 'DUTIES' : 'ALLOW',
    reasons: [...denials, ...duties, ...parts],
  }
}

function judge(terms: Terms, asked: Use, licence: number, statement: Statement): Found {
  if ('unknown' in statement) {
    return { ...NOTHING, denials: [unknownAt(terms, { licence, clause: null }, statement)] }
  }
  if ('expression' in statement) return judgeExpression(terms, asked, licence, statement.expression)
  const { clauses } = statement
  const unknown = clauses.flatMap(({ place, says }) =>
    says && 'unknown' in says ? [unknownAt(terms, { licence, clause: place }, says)] : [],
  )
  const rules = clauses.flatMap(({ place, says }) =>
    says && !('unknown' in says) ? [{ rule: says, clause: place }] : [],
  )
  return together([
    { ...NOTHING, denials: unknown },
    judgeRules(terms, asked, { licence, spdx: null }, rules),
  ])
}

const unknownAt = (
  terms: Terms,
  at: { licence: number; clause: number | null },
  says: { unknown: Unknown },
  spdx: string | null = null,
): Reason => ({ ...at, spdx, says, code: 'TERMS_UNKNOWN', way: wayOfUnknown(terms, at) })

/** Of what may be chosen, the first that asks least; where nothing of it may be done, all that is in the way. */
function judgeExpression(terms: Terms, asked: Use, licence: number, expression: Expression): Found {
  if ('id' in expression) {
    const { id: spdx, rules } = expression
    if (rules) {
      const bare = rules.map((rule) => ({ rule, clause: null }))
      return judgeRules(terms, asked, { licence, spdx }, bare)
    }
    const says = { unknown: 'SPDX_UNKNOWN' } as const
    return { ...NOTHING, denials: [unknownAt(terms, { licence, clause: null }, says, spdx)] }
  }
  const found = expression.parts.map((part) => judgeExpression(terms, asked, licence, part))
  if (expression.joined === 'and') return together(found)
  const open = found.filter(({ denials }) => denials.length === 0)
  if (open.length === 0) return { ...NOTHING, denials: together(found).denials }
  return open.reduce((a, b) => (b.duties.length < a.duties.length ? b : a))
}

function judgeRules(
  terms: Terms,
  asked: Use,
  { licence, spdx }: { licence: number; spdx: string | null },
  rules: readonly { rule: Rule; clause: number | null }[],
): Found {
  const at = (code: Reason['code'], type: Rule['type'], fits: (fit: Fit) => boolean) =>
    rules.flatMap(({ rule, clause }): Reason[] => {
      if (rule.type !== type || !fits(fitOfRule(rule, asked))) return []
      const way = wayOfRule(terms, rule, { licence, clause })
      return way ? [{ code, says: rule, licence, clause, spdx, way }] : []
    })
  const isPermitted = rules.some(
    ({ rule }) => rule.type === 'permission' && fitOfRule(rule, asked) === 'all',
  )
  return {
    denials: [
      ...at('PROHIBITED', 'prohibition', (fit) => fit === 'all' || fit === 'unsaid'),
      ...(isPermitted ? [] : missing(terms, asked, { licence, spdx })),
    ],
    duties: at('DUTY', 'duty', (fit) => fit !== 'no'),
    parts: at('PART_PROHIBITED', 'prohibition', (fit) => fit === 'part'),
  }
}

/** The permission that a licence does not give, unless it is not needed any more. */
function missing(
  { reaches, closure }: Terms,
  asked: Use,
  { licence, spdx }: { licence: number; spdx: string | null },
): Reason[] {
  const way = reaches(
    licence,
    ({ type, action, from }) =>
      type === 'permission' &&
      isWithin(asked.action, actionOf(action), ACTIONS) &&
      (from === undefined || from === closure.ids[licence]),
  )
  return way ? [{ code: 'NOT_PERMITTED', says: null, licence, clause: null, spdx, way }] : []
}

/** How a rule fits what is asked. What a duty demands is not what is asked, but what it is about may be. */
function fitOfRule(rule: Rule, asked: Use): Fit {
  const { recipient, jurisdiction } = asked
  const action = (word: string) => fitOf(actionOf(word), asked.action, ACTIONS)
  return worstFit(
    rule.type === 'duty' ? bestFit(rule.upon, action) : action(rule.action),
    bestFit(rule.purposes, (word) => fitOf(purposeOf(word), asked.purpose, PURPOSES)),
    bestFit(rule.recipients, (word) =>
      recipient === undefined ? 'unsaid' : wordOf(word) === recipient ? 'all' : 'no',
    ),
    bestFit(rule.jurisdictions, (place) =>
      jurisdiction === undefined ? 'unsaid' : placeFit(place, jurisdiction),
    ),
  )
}
