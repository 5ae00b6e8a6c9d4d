import { Problem } from '../../core/problem.ts'
import type { Permission } from './permissions.ts'

/** Says nothing of what was asked for: it is told alike of what is there and of what is not. */
export const permissionDenied = (permission: Permission) =>
  new Problem(
    'PERMISSION_DENIED',
    `This needs the permission ${permission}, which you do not have here; whoever administers the tenant can give it.`,
    { status: 403, details: { permission } },
  )
