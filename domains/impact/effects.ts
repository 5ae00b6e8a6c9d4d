/** What a change does to what lies downstream, the gravest first. */
export const EFFECTS = ['BLOCKED', 'DEMOTED', 'REVIEW', 'FREED'] as const
export type Effect = (typeof EFFECTS)[number]

/** By what a change takes effect. */
export type Cause =
  | 'TERM_COMES'
  | 'TERM_GOES'
  | 'WORDING_CHANGES'
  | 'UPSTREAM_RETIRED'
  | 'UPSTREAM_ERASED'
  | 'ASSESSMENT_ENDS'
  | 'TRANSFORMATION_GOES'
  | 'CARD_GOES'
  | 'OWNER_GOES'

/** What a cause by itself does; terms do it by what they say. */
export const EFFECT_OF: Record<Exclude<Cause, 'TERM_COMES' | 'TERM_GOES'>, Effect> = {
  WORDING_CHANGES: 'REVIEW',
  UPSTREAM_RETIRED: 'DEMOTED',
  UPSTREAM_ERASED: 'REVIEW',
  ASSESSMENT_ENDS: 'REVIEW',
  TRANSFORMATION_GOES: 'REVIEW',
  CARD_GOES: 'REVIEW',
  OWNER_GOES: 'REVIEW',
}

/**
 * What it does that a term comes or goes. What nobody knows denies, so that it blocks like what is
 * forbidden; a new duty is for somebody to look at.
 *
 * @param type `unknown` where nobody knows what holds.
 */
export function effectOfTerm(
  type: 'permission' | 'prohibition' | 'duty' | 'unknown',
  { comes, isSure }: { comes: boolean; isSure: boolean },
): Effect {
  if (!isSure) return 'REVIEW'
  if (type === 'permission') return comes ? 'FREED' : 'BLOCKED'
  if (type === 'duty') return comes ? 'REVIEW' : 'FREED'
  return comes ? 'BLOCKED' : 'FREED'
}

/** The gravest of some effects, of which there is at least one. */
export const gravest = (effects: readonly Effect[]): Effect =>
  EFFECTS.find((effect) => effects.includes(effect))!
