import type { Command } from '../../ledger/ledger.ts'
import type { Engine } from './engine.ts'
import type { InForce } from './in-force.ts'
import { countPolicies } from './named-policies.ts'
import { checkPolicyText, MOST_POLICIES, MOST_TEXT } from './policy-text.ts'
import { policyNameInvalid, policyUnknown, tooManyPolicies } from './problems.ts'

/** A policy that shall be in force under a name; without a text, none of that name any more. */
export interface PolicyChange {
  name: string
  text: string | null
}

/** What a change of policies is, as the ledger takes it. */
export type Change = Pick<Command, 'request' | 'names' | 'run'>

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

const named = (name: string) => ({ kind: 'Policy', namespace: 'policy', name }) as const

/** @throws {Problem} `POLICY_NAME_INVALID` */
function checkName(name: string) {
  if (!NAME.test(name)) throw policyNameInvalid(name)
}

/**
 * The policies that are in force after changes, one after the other.
 *
 * @throws {Problem} `POLICY_INVALID`, `POLICY_NAME_INVALID`, `POLICY_UNKNOWN` for one to retire that is
 *   not in force, `POLICY_TOO_MANY`.
 */
export async function policiesAfter(
  engine: Pick<Engine, 'tenantSchema'>,
  policies: InForce['policies'],
  changes: readonly PolicyChange[],
) {
  const after = new Map(policies.map(({ name, text }) => [name, text]))
  for (const { name, text } of changes) {
    // To check a text takes long, and there is one thread for all.
    await new Promise(setImmediate)
    checkName(name)
    if (text !== null) checkPolicyText(text, engine.tenantSchema)
    if (text === null && !after.has(name)) throw policyUnknown(name)
    if (text === null) after.delete(name)
    else after.set(name, text)
  }
  const all = [...after].map(([name, text]) => ({ name, text }))
  const count = all.reduce((sum, policy) => sum + countPolicies(policy), 0)
  if (count > MOST_POLICIES) throw tooManyPolicies('policies', count, MOST_POLICIES)
  const length = all.reduce((sum, { text }) => sum + text.length, 0)
  if (length > MOST_TEXT) throw tooManyPolicies('characters of policies', length, MOST_TEXT)
  return all
}

/** Puts a policy in force, or another in its place. @throws {Problem} As `policiesAfter`. */
export async function putPolicy(
  engine: Pick<Engine, 'tenantSchema'>,
  { policies }: InForce,
  { name, text }: { name: string; text: string },
): Promise<Change> {
  await policiesAfter(engine, policies, [{ name, text }])
  const policy = named(name)
  return {
    request: JSON.stringify(['policyPut', name, text]),
    names: [policy],
    run: async (draft) => {
      const id = draft.urn(policy.kind, policy.namespace, policy.name)
      return [draft.assert({ ...policy, id, fields: { text } })]
    },
  }
}

/** Retires a policy: it decides nothing any more. @throws {Problem} `POLICY_UNKNOWN` */
export function retirePolicy(name: string): Change {
  checkName(name)
  const policy = named(name)
  return {
    request: JSON.stringify(['policyRetire', name]),
    names: [policy],
    run: async (draft) => {
      const id = draft.urn(policy.kind, policy.namespace, policy.name)
      if (draft.get(id)?.action !== 'assert') throw policyUnknown(name)
      return [draft.retire(id)]
    },
  }
}
