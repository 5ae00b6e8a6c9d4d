import { policySetTextToParts } from '@cedar-policy/cedar-wasm/nodejs'
import { checkSurvivable } from './policy-text.ts'

/** Policies under a name: a file of ours, or what a tenant has recorded. One text may hold several. */
export interface NamedPolicies {
  name: string
  text: string
}

/** The policies of a text; `undefined` where Cedar cannot read it, or would not survive that. */
function policiesOf({ text }: NamedPolicies): readonly string[] | undefined {
  try {
    checkSurvivable(text)
  } catch {
    return undefined
  }
  const parts = policySetTextToParts(text)
  return parts.type === 'success' ? parts.policies : undefined
}

/** How many policies a text holds; none where Cedar cannot read it. */
export const countPolicies = (policies: NamedPolicies): number => policiesOf(policies)?.length ?? 0

/**
 * Policies as Cedar may be given them. In the place of a text that it cannot read, or would not survive,
 * one of the same name forbids everything: what the text was to forbid must not be permitted, and a
 * denial names it, so that it is found and retired.
 */
export const survivable = (policies: readonly NamedPolicies[]): NamedPolicies[] =>
  policies.map((one) =>
    policiesOf(one) ? one : { ...one, text: 'forbid(principal, action, resource);' },
  )

/** What each policy of a text is called: one alone by the name, of several each with a number. */
export function namesIn(policies: NamedPolicies): string[] {
  const count = countPolicies(policies)
  const { name } = policies
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}#${i + 1}`)
}
