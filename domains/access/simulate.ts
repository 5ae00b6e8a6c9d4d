import type { Until } from '../../lineage/until.ts'
import { type PolicyChange, policiesAfter } from './change-policy.ts'
import type { Decision, Engine, Question } from './engine.ts'
import type { InForce } from './in-force.ts'
import { entryOf, isPermission, type Permission } from './permissions.ts'
import { permissionUnknown, simulationTooLarge } from './problems.ts'
import { ROLES, type Role } from './roles.ts'

/** Who might ask for what, in the tenant that the simulation is about. */
export interface SimulatedRequest {
  subject: string
  issuer: string
  roles: readonly Role[]
  permission: string
}

/** What is decided now, and what would be. */
export interface Simulated {
  question: Question
  before: Decision
  after: Decision
}

/** How much one simulation takes: each question costs Cedar about 0.1 ms, and each text to check 10. */
export const MOST_REQUESTS = 500
export const MOST_CHANGES = 10

/** As long as a token may have them. */
const MOST_CHARACTERS = 255

/** Every role alone with every permission of a tenant: what a change means for who is nobody special. */
export const roleQuestions = (tenant: string, permissions: Iterable<Permission>): Question[] => {
  const asked = [...new Set(permissions)].filter((one) => entryOf(one).on === 'Tenant').sort()
  return ROLES.flatMap((role) =>
    asked.map((permission) => ({
      principal: { issuer: '', subject: '', tenant, roles: [role] },
      permission,
      tenant,
    })),
  )
}

/** @throws {Problem} `PERMISSION_UNKNOWN`, `POLICY_SIMULATION_TOO_LARGE`. */
export function questionsOf(tenant: string, requests: readonly SimulatedRequest[]): Question[] {
  if (requests.length > MOST_REQUESTS) throw simulationTooLarge('requests', MOST_REQUESTS)
  return requests.map(({ permission, subject, issuer, ...asked }) => {
    if (!isPermission(permission)) throw permissionUnknown(permission)
    if (Math.max(subject.length, issuer.length) > MOST_CHARACTERS) {
      throw simulationTooLarge('characters of a subject or an issuer', MOST_CHARACTERS)
    }
    const roles = [...new Set(asked.roles)]
    return { principal: { subject, issuer, roles, tenant }, permission, tenant }
  })
}

/**
 * Decides questions as they are now and as they would be after changes of the tenant's policies.
 * Nothing is put in force.
 *
 * @throws {Problem} As `policiesAfter`; `POLICY_SIMULATION_TOO_LARGE`, and where the caller's time ends.
 */
export async function simulate(
  engine: Engine,
  own: InForce,
  {
    changes,
    questions,
    until,
  }: { changes: readonly PolicyChange[]; questions: readonly Question[]; until?: Until },
): Promise<Simulated[]> {
  if (changes.length > MOST_CHANGES) throw simulationTooLarge('changes', MOST_CHANGES)
  const then = await policiesAfter(engine, own.policies, changes)
  const after = await engine.weigh(then, questions, until)
  const before = await engine.weigh(own.policies, questions, until)
  return questions.map((question, i) => ({ question, before: before[i]!, after: after[i]! }))
}

/** Whether the answer would be another; by which policies it is given may change without that. */
export const isChanged = ({ before, after }: Simulated) => before.isPermitted !== after.isPermitted
