import { Problem } from '../../core/problem.ts'
import type { Permission } from './permissions.ts'

/** Says nothing of what was asked for: it is told alike of what is there and of what is not. */
export const permissionDenied = (permission: Permission) =>
  new Problem(
    'PERMISSION_DENIED',
    `This needs the permission ${permission}, which you do not have here; whoever administers the tenant can give it.`,
    { status: 403, details: { permission } },
  )

export const policyInvalid = (reason: string, line?: number) =>
  new Problem(
    'POLICY_INVALID',
    `This is no policy that can be put in force${line === undefined ? '' : ` (line ${line})`}: ${reason}.`,
    { details: { reason, ...(line !== undefined && { line }) } },
  )

export const policyNameInvalid = (name: string) =>
  new Problem(
    'POLICY_NAME_INVALID',
    'A policy is named by 1 to 63 of a-z, 0-9 and -, and opens with a letter or a digit.',
    { details: { name: name.slice(0, 100) } },
  )

export const policyUnknown = (name: string) =>
  new Problem('POLICY_UNKNOWN', `No policy «${name}» of this tenant is in force.`, {
    status: 404,
    details: { name },
  })

export const tooManyPolicies = (what: string, count: number, most: number) =>
  new Problem(
    'POLICY_TOO_MANY',
    `The tenant would have ${count} ${what} of its own in force; at most ${most} are taken. Retire some.`,
    { status: 409, details: { what, count, most } },
  )

export const simulationTooLarge = (what: string, most: number) =>
  new Problem('POLICY_SIMULATION_TOO_LARGE', `One simulation takes at most ${most} ${what}.`, {
    details: { what, most },
  })

export const permissionUnknown = (permission: string) =>
  new Problem(
    'PERMISSION_UNKNOWN',
    'There is no such permission; `selvedge policy schema` lists them.',
    { details: { permission: permission.slice(0, 100) } },
  )
