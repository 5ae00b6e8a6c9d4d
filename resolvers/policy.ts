import {
  type Change,
  type PolicyChange,
  putPolicy,
  retirePolicy,
} from '../domains/access/change-policy.ts'
import { DEFAULTS, GUARANTEES } from '../domains/access/default-policies.ts'
import type { InForce } from '../domains/access/in-force.ts'
import { simulationTooLarge } from '../domains/access/problems.ts'
import { MOST_RECENT } from '../domains/access/recent.ts'
import type { Role } from '../domains/access/roles.ts'
import {
  isChanged,
  questionsOf,
  roleQuestions,
  type Simulated,
  type SimulatedRequest,
  simulate,
} from '../domains/access/simulate.ts'
import type { Receipt } from '../ledger/ledger.ts'
import type { Context } from './context.ts'
import { keyFor } from './record.ts'

/** Policies in force under a name: shipped with Selvedge, or a record of the tenant. */
export interface PolicyEntry {
  name: string
  text: string
  record: { id: string; version: number; seq: number; at: string } | null
}

/** What decides in this tenant: the guarantees and the defaults first, then what it has said itself. */
export async function listPolicies(context: Context): Promise<PolicyEntry[]> {
  const { policies } = await context.policies
  const shipped = [...new Map([...GUARANTEES, ...DEFAULTS].map((one) => [one.name, one])).values()]
  return [
    ...shipped.map((policy) => ({ ...policy, record: null })),
    ...policies.map(({ name, text, ...record }) => ({ name, text, record })),
  ]
}

type Place = Parameters<typeof keyFor>[1]

/** @throws {Problem} `POLICY_INVALID`, `POLICY_NAME_INVALID`, `POLICY_TOO_MANY`. */
export const putOwnPolicy = (
  asked: { name: string; text: string },
  context: Context,
  place: Place,
): Promise<Receipt> =>
  change((policies) => putPolicy(context.services.access.engine, policies, asked), context, place)

/** @throws {Problem} `POLICY_UNKNOWN`, `POLICY_NAME_INVALID`. */
export const retireOwnPolicy = (
  { name }: { name: string },
  context: Context,
  place: Place,
): Promise<Receipt> => change(() => retirePolicy(name), context, place)

async function change(
  prepare: (policies: InForce) => Change | Promise<Change>,
  context: Context,
  place: Place,
) {
  const { tenant, caller, pin } = context
  const by = { tenant, subject: caller.subject, key: keyFor(caller, place) }
  const receipt = await context.submitBy(async (policies) => ({
    ...by,
    ...(await prepare(policies)),
  }))
  pin.reached(receipt.position)
  return receipt
}

/** What is asked of a simulation; of neither kind of request, every role with every permission. */
export interface SimulationAsked {
  changes: readonly { name: string; text?: string | null }[]
  requests?: readonly SimulatedRequest[] | null
  recentDecisions?: number | null
}

/** A decision that a change would turn. Who asked lately is told by a mask. */
export interface SimulatedDecision {
  subject: string | null
  issuer: string | null
  roles: readonly Role[]
  permission: string
  before: Simulated['before']
  after: Simulated['after']
  count: number | null
}

/** What came of a simulation. */
export interface Simulation {
  compared: number
  changed: SimulatedDecision[]
}

/** @throws {Problem} `POLICY_INVALID`, `POLICY_UNKNOWN`, `PERMISSION_UNKNOWN`, `POLICY_SIMULATION_TOO_LARGE`. */
export async function simulatePolicies(
  { changes, requests, recentDecisions }: SimulationAsked,
  context: Context,
): Promise<Simulation> {
  const { services, tenant } = context
  const { engine, recent, mask } = services.access
  const many = recentDecisions ?? 0
  if (many < 0 || many > MOST_RECENT) throw simulationTooLarge('recent decisions', MOST_RECENT)
  const named = questionsOf(tenant, requests ?? []).map((question) => ({ question, count: null }))
  const lately = recent(tenant).slice(0, many)
  const isOpen = requests == null && recentDecisions == null
  const permissions = engine.operations.map(({ permission }) => permission)
  const roles = isOpen ? roleQuestions(tenant, permissions) : []
  const asked = [
    ...named.map((one) => ({ ...one, shown: one.question.principal })),
    ...lately.map((one) => ({ ...one, shown: masked(one.question.principal, mask) })),
    ...roles.map((question) => ({ question, count: null, shown: null })),
  ]
  const simulated = await simulate(engine, await context.policies, {
    changes: changes.map(({ name, text }): PolicyChange => ({ name, text: text ?? null })),
    questions: asked.map(({ question }) => question),
    until: services.until,
  })
  const changed = simulated.flatMap((one, i) => {
    if (!isChanged(one)) return []
    const { question, before, after } = one
    const { shown, count } = asked[i]!
    const { permission, principal } = question
    const who = { subject: shown?.subject ?? null, issuer: shown?.issuer ?? null }
    return [{ ...who, roles: principal.roles, permission, before, after, count }]
  })
  return { compared: simulated.length, changed }
}

const masked = (
  { subject, issuer }: { subject: string; issuer: string },
  mask: (subject: string) => string,
) => ({ subject: mask(subject), issuer })
