import { policySetTextToParts } from '@cedar-policy/cedar-wasm/nodejs'

/** Policies under a name: a file of ours, or what a tenant has recorded. One text may hold several. */
export interface NamedPolicies {
  name: string
  text: string
}

/** How many policies a text holds that has been checked. */
export function countPolicies({ text }: NamedPolicies): number {
  const parts = policySetTextToParts(text)
  return parts.type === 'success' ? parts.policies.length : 0
}

/** What each policy of a text is called: one alone by the name, of several each with a number. */
export function namesIn(policies: NamedPolicies): string[] {
  const count = countPolicies(policies)
  const { name } = policies
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}#${i + 1}`)
}
