import { type Cause, EFFECT_OF, type Effect, effectOfTerm } from '../domains/impact/effects.ts'
import type { Difference } from '../domains/terms/difference.ts'
import type { HopBy } from '../lineage/downstream.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Rule } from '../proofs/terms/rule.ts'
import type { Unknown } from '../proofs/terms/statement.ts'
import type { Context } from './context.ts'
import type { GivenTerms } from './impact-terms.ts'
import type { SaidAt } from './said.ts'

/** What is asked about: what would be done. */
export const CHANGES = ['RETIRE', 'ERASE', 'EXPIRE', 'TERMS'] as const
export type Change = (typeof CHANGES)[number]

/** What keeps a strand from things: what lifts the rule there, a licence or an assessment of their own. */
export type Cut = 'LIFTED' | 'LICENSED' | 'ASSESSED'

/** One of the ways in which a change takes effect, walked by itself. */
export interface Strand {
  cause: Cause
  effect: Effect
  /** What comes or goes, where that is a term. */
  says: Rule | { unknown: Unknown } | null
  licence: string | null
  clause: string | null
  spdx: string | null
  cut: Cut | null
  /** The one thing on the first hop that it leads over, where it leads over one alone. */
  over?: string
}

/** What a change would do: its strands, and by which hops they are walked. */
export interface Plan {
  strands: Strand[]
  /** The first hops, and whether things that are made of others follow. */
  first: readonly HopBy[]
  goesOn: boolean
}

/** What is to change, as it is found. */
export interface Found {
  root: EntityAt
  /** How many edges of any sort lead to it. */
  degree: number
  n: number
  clauses: readonly string[]
  licences: readonly string[]
}

/** What a plan is made of. */
export interface Planning extends Found {
  change: Change
  given: GivenTerms
  /** What it said is erased by now, though it did say something: it may have been anything. */
  isLost?: boolean
  /** The day on which it would be. */
  day: string
  said: SaidAt
  context: Context
}

const NOWHERE = { says: null, licence: null, clause: null, spdx: null, cut: null }

/** A strand of a cause that is no term. */
export const strand = (cause: keyof typeof EFFECT_OF, more: Partial<Strand> = {}): Strand => ({
  ...{ ...NOWHERE, cause, effect: EFFECT_OF[cause] },
  ...more,
})

/** That nothing says any more, or something says now, on what terms the thing itself is given. */
export const unlicensedStrand = (comes: boolean): Strand => ({
  ...NOWHERE,
  cause: comes ? 'TERM_COMES' : 'TERM_GOES',
  effect: effectOfTerm('unknown', { comes, isSure: true }),
  says: { unknown: 'NO_LICENSE' },
  cut: 'LICENSED',
})

/** What comes and goes in a licence, as strands that whatever lifts those terms stops. */
export function termStrand(
  { comes, isSure, says, spdx }: Difference,
  { licence, clause }: Pick<Strand, 'licence' | 'clause'>,
): Strand {
  const isKnown = !('unknown' in says)
  return {
    ...{ says, licence, clause, spdx },
    cause: comes ? 'TERM_COMES' : 'TERM_GOES',
    effect: effectOfTerm(isKnown ? says.type : 'unknown', { comes, isSure }),
    cut: isKnown && says.type !== 'permission' ? 'LIFTED' : null,
  }
}
