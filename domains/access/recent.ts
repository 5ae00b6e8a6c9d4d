import type { Question } from './engine.ts'

/** A question that was asked lately, and how often. */
export interface RecentQuestion {
  question: Question
  count: number
}

/** How many different questions are remembered of a tenant, and of how many tenants. */
export const MOST_RECENT = 500
const MOST_TENANTS = 50

/**
 * Remembers what was asked in this process, so that a change of policies can be tried on it. In memory
 * alone: it says who asked for what.
 */
export function openRecent() {
  const byTenant = new Map<string, Map<string, RecentQuestion>>()
  return {
    note(question: Question) {
      const { tenant, permission, principal } = question
      const questions = byTenant.get(tenant) ?? new Map<string, RecentQuestion>()
      const key = JSON.stringify([permission, principal])
      const count = (questions.get(key)?.count ?? 0) + 1
      putLast(questions, key, { question, count }, MOST_RECENT)
      putLast(byTenant, tenant, questions, MOST_TENANTS)
    },
    of: (tenant: string): RecentQuestion[] => [...(byTenant.get(tenant)?.values() ?? [])].reverse(),
  }
}

function putLast<Value>(map: Map<string, Value>, key: string, value: Value, most: number) {
  map.delete(key)
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value!)
}
