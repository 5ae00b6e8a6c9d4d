import type { StatedRule, StatedUnknown } from '../../proofs/terms/stated.ts'

/** A term as the reference writes it. */
export function told(term: StatedRule | StatedUnknown) {
  const what = 'rule' in term ? `${term.rule.type} ${term.rule.action}` : term.unknown
  const { license, clause, spdx, choice, path } = term
  if (license === null) return `${what} ${path.at(-1)}`
  const where = [license, ...(clause ? [clause] : []), ...(spdx ? [spdx, choice] : [])]
  return [what, ...where, path.length].join(' ')
}
