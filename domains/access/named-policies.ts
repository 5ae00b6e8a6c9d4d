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
  const isWhole = parts.type === 'success' && parts.policy_templates.length === 0
  return isWhole ? parts.policies : undefined
}

/** How many policies a text holds; none where Cedar cannot read it. */
export const countPolicies = (policies: NamedPolicies): number => policiesOf(policies)?.length ?? 0

/**
 * A text as Cedar may be given it, and what each policy in it is called: one alone by the name, of
 * several each with a number.
 *
 * In the place of a text that Cedar cannot read, or would not survive, one forbids everything: what the
 * text was to forbid must not be permitted, and a denial names it, so that it is found and retired.
 */
export function readPolicies(policies: NamedPolicies): { text: string; names: string[] } {
  const { name, text } = policies
  const count = policiesOf(policies)?.length
  if (count === undefined) return { text: 'forbid(principal, action, resource);', names: [name] }
  if (count === 1) return { text, names: [name] }
  return { text, names: Array.from({ length: count }, (_, i) => `${name}#${i + 1}`) }
}
