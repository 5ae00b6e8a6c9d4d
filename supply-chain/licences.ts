import type { Package } from './packages.ts'
import { isAllowed, parseExpression } from './spdx.ts'

/**
 * Licences under which what we ship may come: permissive ones, that ask for their text at most. SPDX's
 * lists of licences are given freely (CC0), and that of exceptions for naming them (CC BY),
 * which their packages do; we hand them on as they are.
 */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC0-1.0',
  'ISC',
  'MIT',
] as const

/**
 * Licences that are allowed besides for what only builds and tests. The MPL asks for changes to its
 * own files to be published; we neither change those packages nor hand them on.
 */
export const ALLOWED_IN_DEVELOPMENT = ['BlueOak-1.0.0', 'MPL-2.0', 'Unlicense'] as const

/** A package's licence, and whether it may be used under it. */
export interface Licensed {
  name: string
  version: string
  licence: string | null
  development: boolean
  allowed: boolean
  /** Why it is not. */
  because?: 'NO_LICENCE_STATED' | 'NO_SPDX_EXPRESSION' | 'LICENCE_NOT_ALLOWED'
}

const shipped = new Set<string>(ALLOWED)
const developed = new Set<string>([...ALLOWED, ...ALLOWED_IN_DEVELOPMENT])

/** Says of each package whether its licence is allowed: by name and version once, in that order. */
export function checkLicences(packages: readonly Package[]): Licensed[] {
  const byName = new Map<string, Licensed>()
  for (const one of packages) {
    const key = `${one.name}@${one.version}`
    const before = byName.get(key)
    // What is shipped in one place is not saved by being a tool in another.
    if (!before || (before.development && !one.development)) byName.set(key, judge(one))
  }
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

function judge({ name, version, licence, development }: Package): Licensed {
  const base = { name, version, licence, development }
  if (licence === null) return { ...base, allowed: false, because: 'NO_LICENCE_STATED' }
  const expression = parseExpression(licence)
  if (!expression) return { ...base, allowed: false, because: 'NO_SPDX_EXPRESSION' }
  return isAllowed(expression, development ? developed : shipped)
    ? { ...base, allowed: true }
    : { ...base, allowed: false, because: 'LICENCE_NOT_ALLOWED' }
}
