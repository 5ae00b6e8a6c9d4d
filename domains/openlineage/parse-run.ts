import { EVENT_TYPES, type EventType, type Name, type RunMention } from './event.ts'
import { type Mending, runIdAt } from './mending.ts'
import { type FacetContext, facetAt, parseFacets } from './parse-facets.ts'
import { memberOf, nameAt, type Place } from './place.ts'
import { eventTypeUnknown } from './problems.ts'

/**
 * Reads what a run event says of its run.
 *
 * @param root The event.
 * @throws {Problem} `OPENLINEAGE_…`
 */
export function parseRun(root: Place, context: FacetContext, mending: Mending): RunMention {
  const run = memberOf(root, 'run')
  const facets = memberOf(run, 'facets')
  const { namespace } = parseName(memberOf(root, 'job'))
  const id = runIdAt(memberOf(run, 'runId'), namespace, mending)
  return {
    id,
    facets: parseFacets(facets, 'run', context),
    transition: parseTransition(memberOf(root, 'eventType')),
    parents: ['parent', 'parentRun'].flatMap((name) => {
      const facet = facetAt(facets, name)
      if (!facet) return []
      const top = memberOf(facet, 'root')
      if (top.value === undefined) return [parseParent(facet, mending)]
      const found = [facet, top].map((place) => parseParent(place, mending))
      // Some producers say of what nothing started that it is its own root.
      return found.filter(({ run: of }, i) => i === 0 || of !== id)
    }),
  }
}

function parseParent(place: Place, mending: Mending) {
  const runId = memberOf(memberOf(place, 'run'), 'runId')
  const job = parseName(memberOf(place, 'job'))
  return { run: runIdAt(runId, job.namespace, mending), job }
}

function parseTransition(place: Place): EventType | undefined {
  if (place.value === undefined) return undefined
  const type = EVENT_TYPES.find((known) => known === place.value)
  if (!type) throw eventTypeUnknown(place.path, EVENT_TYPES)
  return type
}

/** A namespace and a name. @throws {Problem} `OPENLINEAGE_MEMBER_INVALID`, `OPENLINEAGE_NAME_INVALID` */
export const parseName = (place: Place): Name => ({
  namespace: nameAt(memberOf(place, 'namespace')),
  name: nameAt(memberOf(place, 'name')),
})
