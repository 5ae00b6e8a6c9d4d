import type { OwnPolicies } from './engine.ts'
import type { NamedPolicies } from './named-policies.ts'

/** Policies that Cedar keeps under a name, and what each of them is called. */
export interface Kept {
  id: string
  names: readonly string[]
}

/**
 * Keeps tenants' policies ready in a fixed number of places, since Cedar forgets nothing by itself. Those
 * of the tenant asked for longest ago give way.
 *
 * @param places The names of the places.
 * @param keep Has Cedar read policies and keep them in a place, or throws.
 */
export function openPlaces(
  places: readonly string[],
  keep: (place: string, policies: readonly NamedPolicies[]) => Kept,
) {
  const free = [...places]
  const byTenant = new Map<string, Kept & { version: string }>()

  /** From here on nothing is decided by what stands in a tenant's place. */
  const leave = (tenant: string, { id }: Kept) => {
    byTenant.delete(tenant)
    free.push(id)
  }

  return (tenant: string, { version, policies }: OwnPolicies): Kept => {
    const known = byTenant.get(tenant)
    if (known?.version === version) {
      byTenant.delete(tenant)
      byTenant.set(tenant, known)
      return known
    }
    if (known) leave(tenant, known)
    if (free.length === 0) leave(...byTenant.entries().next().value!)
    const kept = { ...keep(free.at(-1)!, policies), version }
    // Only where that went well: a place that holds who knows what stays free.
    free.pop()
    byTenant.set(tenant, kept)
    return kept
  }
}
