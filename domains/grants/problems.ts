import { Problem } from '../../core/problem.ts'

export const grantInvalid = (what: string, because: string) =>
  new Problem('GRANT_INVALID', `${what}: ${because}.`, { details: { what } })
