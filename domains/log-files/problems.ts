import { Problem } from '../../core/problem.ts'

export const logDamaged = (tenant: string, because: string) =>
  new Problem(
    'LOG_DAMAGED',
    `The stored log of «${tenant}» does not give what its checkpoint says: ${because}. Run selvedge fsck.`,
    { status: 503, details: { tenant } },
  )
