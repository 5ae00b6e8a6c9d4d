import { readFileSync } from 'node:fs'
import type { NamedPolicies } from './named-policies.ts'
import { ROLES } from './roles.ts'

const read = (name: string): NamedPolicies => ({
  name: `default/${name}`,
  text: readFileSync(new URL(`defaults/${name}.cedar`, import.meta.url), 'utf8'),
})

/** What holds in every tenant: nobody crosses its border, and each role may do what its file says. */
export const DEFAULTS: readonly NamedPolicies[] = [read('border'), ...ROLES.map(read)]

/** What holds whatever a tenant's own policies say. */
export const GUARANTEES: readonly NamedPolicies[] = [read('border'), read('guarantee')]
