import { canonicalBytes } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import type { FacetWrite } from './event.ts'
import { MAX_FACET_BYTES } from './limits.ts'
import { memberOf, objectAt, type Place } from './place.ts'
import { facetTooLarge } from './problems.ts'

/** The groups that facets stand in; a dataset has its own and those of its part in a run. */
export type FacetGroup = 'run' | 'job' | 'dataset' | 'input' | 'output'

/** What reading facets needs to know of the event around them. */
export interface FacetContext {
  /** By the pointer of a facet, the pointers within it where a text stands for a number. */
  numbersAsText: ReadonlyMap<string, readonly string[]>
  /** Whether the event is long enough to hold a facet that is too long. */
  long: boolean
}

/**
 * Lays out the facets of one group as fields, untouched. `_producer` and `_schemaURL` are not asked
 * for: the facet is no less true without them, and old clients leave them out.
 *
 * @param place The group's object; a missing one is empty.
 * @throws {Problem} `OPENLINEAGE_MEMBER_INVALID`, `OPENLINEAGE_FACET_TOO_LARGE`
 */
export function parseFacets(place: Place, group: FacetGroup, context: FacetContext): FacetWrite[] {
  if (place.value === undefined) return []
  return Object.keys(objectAt(place)).map((name) => {
    const facet = memberOf(place, name)
    const value = objectAt(facet)
    if (context.long && canonicalBytes(value).length > MAX_FACET_BYTES) {
      throw facetTooLarge(facet.path, MAX_FACET_BYTES)
    }
    const gone = Object.hasOwn(value, '_deleted') && value._deleted === true
    return {
      field: `facet:${group}:${name}`,
      value: gone ? undefined : value,
      numbersAsText: gone ? [] : (context.numbersAsText.get(facet.path) ?? []),
    }
  })
}

/** `/inputs/0/facets/schema` and the like: how far a pointer must be followed to name a facet. */
const FACET_PATH =
  /^(\/(?:run|job|dataset)\/facets\/[^/]*|\/(?:in|out)puts\/\d+\/(?:facets|inputFacets|outputFacets)\/[^/]*)(\/.*)$/s

/** Sorts the pointers of an event by the facet that they lie in; those outside any facet are dropped. */
export function pointersByFacet(pointers: readonly string[]): Map<string, string[]> {
  const byFacet = new Map<string, string[]>()
  for (const pointer of pointers) {
    const [, facet, within] = FACET_PATH.exec(pointer) ?? []
    if (facet === undefined || within === undefined) continue
    const list = byFacet.get(facet)
    if (list) list.push(within)
    else byFacet.set(facet, [within])
  }
  return byFacet
}

/** A facet's member as a place, where the facet is there and not deleted. */
export function facetAt(facets: Place, name: string): Place | undefined {
  if (facets.value === undefined) return undefined
  const facet = memberOf(facets, name)
  if (facet.value === undefined) return undefined
  return (objectAt(facet) as { _deleted?: Json })._deleted === true ? undefined : facet
}
