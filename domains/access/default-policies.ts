import { readFileSync } from 'node:fs'
import { ROLES } from './roles.ts'

/** Policies under a name: a file of ours, or what a tenant has recorded. */
export interface NamedPolicies {
  name: string
  text: string
}

const read = (name: string): NamedPolicies => ({
  name: `default/${name}`,
  text: readFileSync(new URL(`defaults/${name}.cedar`, import.meta.url), 'utf8'),
})

/** What holds in every tenant: nobody crosses its border, and each role may do what its file says. */
export const DEFAULTS: readonly NamedPolicies[] = [read('border'), ...ROLES.map(read)]

/** What holds whatever a tenant's own policies say. */
export const GUARANTEES: readonly NamedPolicies[] = [read('border'), read('guarantee')]
