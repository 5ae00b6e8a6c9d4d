import type { Graph } from '../../lineage/graph.ts'
import {
  NO_POLICIES,
  type PolicyRow,
  policiesInForce,
  policiesState,
  policiesVersion,
} from '../../lineage/policies.ts'
import type { LogState } from '../../lineage/position.ts'
import { type Until, waitFor } from '../../lineage/until.ts'
import type { OwnPolicies } from './engine.ts'
import type { NamedPolicies } from './named-policies.ts'

/** A policy in force, and the record that put it there. */
export interface PolicyInForce extends NamedPolicies {
  id: string
  version: number
  seq: number
  at: string
}

/** A tenant's own policies at one moment, with where they come from. */
export interface InForce extends OwnPolicies {
  readonly policies: readonly PolicyInForce[]
}

/** What a tenant has that never said anything itself. */
export const NONE_OF_ITS_OWN: InForce = { version: NO_POLICIES, policies: [] }

/** Says what the log tells of the policies, no older than the request; `undefined`: no such tenant. */
export type Look = () => Promise<LogState | undefined>

/** What this process knows of the policies of tenants. */
export interface KnownPolicies {
  /** As they were last found; they may have changed since. */
  last(tenant: string): InForce | undefined
  /** As they are now: looked at in the database, and read anew where they are others. */
  now(tenant: string, how?: { look?: Look; until?: Until }): Promise<InForce>
}

/** What is remembered, in tenants and in characters of policies; what was asked for longest ago is read anew. */
const MOST_TENANTS = 5_000
const MOST_CHARACTERS = 10_000_000

/**
 * Opens what one process knows.
 *
 * @param graphOf Must not end with the time of a caller: what is read is shared by all who wait for it.
 */
export function openKnownPolicies(graphOf: (tenant: string) => Graph): KnownPolicies {
  const known = new Map<string, InForce>()
  let characters = 0
  const reading = new Map<string, Promise<InForce>>()

  const keep = (tenant: string, found: InForce) => {
    characters += lengthOf(found) - lengthOf(known.get(tenant))
    known.delete(tenant)
    known.set(tenant, found)
    while (known.size > 1 && (known.size > MOST_TENANTS || characters > MOST_CHARACTERS)) {
      const [longestAgo, policies] = known.entries().next().value!
      characters -= lengthOf(policies)
      known.delete(longestAgo)
    }
    return found
  }

  const read = async (tenant: string) => {
    const { version, policies } = await policiesInForce(graphOf(tenant))
    return keep(tenant, { version, policies: policies.map(policyOf) })
  }

  /** One reading for all that wait for the same. What it finds is as new as any of them needs. */
  const readOnce = (tenant: string) => {
    const under = reading.get(tenant)
    if (under) return under
    const begun = read(tenant).finally(() => reading.delete(tenant))
    reading.set(tenant, begun)
    return begun
  }

  const lookTogether = openLook((tenant) => policiesState(graphOf(tenant).read))

  return {
    last: (tenant) => known.get(tenant),
    async now(tenant, { look, until } = {}) {
      const state = await (look ? look() : waitFor(until, () => lookTogether(tenant)))
      const version = policiesVersion(state)
      const before = known.get(tenant)
      if (before?.version === version) return keep(tenant, before)
      if (version === NO_POLICIES) return keep(tenant, NONE_OF_ITS_OWN)
      const after = await waitFor(until, () => readOnce(tenant))
      // One that had begun before the change may have missed it.
      return after.version === version ? after : waitFor(until, () => read(tenant))
    },
  }
}

const lengthOf = (found: InForce | undefined) =>
  found?.policies.reduce((sum, { text }) => sum + text.length, 0) ?? 0

interface Looking {
  under: Promise<LogState | undefined>
  next: Promise<LogState | undefined> | undefined
}

/**
 * Looks once for all that ask at the same time: a caller may not be answered by a look that began
 * before the caller came, so those who come while one is under way share the next.
 */
function openLook(look: (tenant: string) => Promise<LogState | undefined>) {
  const looking = new Map<string, Looking>()
  const begin = (tenant: string): Promise<LogState | undefined> => {
    const entry: Looking = { under: look(tenant), next: undefined }
    looking.set(tenant, entry)
    const ended = () => {
      if (looking.get(tenant) === entry && !entry.next) looking.delete(tenant)
    }
    entry.under.then(ended, ended)
    return entry.under
  }
  return (tenant: string) => {
    const now = looking.get(tenant)
    if (!now) return begin(tenant)
    const again = () => begin(tenant)
    now.next ??= now.under.then(again, again)
    return now.next
  }
}

const policyOf = ({ fields, ...row }: PolicyRow): PolicyInForce => {
  const { text } = JSON.parse(fields) as { text?: unknown }
  return { ...row, text: typeof text === 'string' ? text : '' }
}
