import { Problem } from '../../core/problem.ts'

export const logDamaged = (tenant: string, because: string) =>
  new Problem(
    'LOG_DAMAGED',
    `The stored log of «${tenant}» does not give what its checkpoint says: ${because}. Run selvedge fsck.`,
    { status: 503, details: { tenant } },
  )

export const logUnknown = () =>
  new Problem(
    'LOG_UNKNOWN',
    'There is no log here that you may read: say which tenant you speak for in x-selvedge-tenant.',
    { status: 404 },
  )

export const logFileUnknown = () =>
  new Problem(
    'LOG_FILE_UNKNOWN',
    'The published checkpoint covers no such file: read `checkpoint` first, and ask for what it covers.',
    { status: 404 },
  )
