import { type Closure, type Reach, reach, unlicensed, wayTo } from './closure.ts'
import { type Lift, lifts, type Rule } from './rule.ts'
import {
  liftsOf,
  type Said,
  type Saying,
  type Statement,
  sayingsOf,
  statementOf,
  type Unknown,
} from './statement.ts'

/** The most different sets of jobs and datasets that lift some term each: every set is a walk of its own. */
export const MOST_CUTS = 64

/** Where a term is said: by which licence, and by which clause or SPDX id of it. */
export interface Place {
  licence: number | null
  clause: number | null
  spdx: string | null
}

/** A term that reaches the root, or what nobody knows of it. */
export interface Term extends Place, Saying {
  /** A shortest way that brings it: from the root to the licence, and to the clause; or to what has none. */
  way(): number[]
}

/** What is upstream of a root, with what it says on a day: terms are asked of this. */
export interface Terms {
  closure: Closure
  day: string
  /** The licences that anything is under, with what each says. */
  licences: readonly { place: number; id: string; statement: Statement }[]
  /** Those that lift something on the day. */
  transformations: readonly number[]
  /** What has no licence at all, or is hidden. */
  bare: readonly Term[]
  /**
   * How something reaches the root that is said of all that is under a licence: by a shortest way which
   * leads past nothing that lifts it, or not at all.
   */
  reaches(licence: number, isLifted: (lift: Lift) => boolean): (() => number[]) | undefined
}

/** What there is to know of what is upstream. */
export interface OpenedBy {
  said(place: number): Said | undefined
  /** `YYYY-MM-DD` */
  day: string
  tooMany(most: number): Error
}

/** How the things under each licence are reached past some stops. */
interface Walk {
  reached: Reach
  /** The nearest of those under each licence. */
  nearest: ReadonlyMap<number, number>
}

/**
 * Puts together what is upstream and what it says.
 *
 * @param tooMany Makes what is thrown, here or by what asks for ways, where terms are lifted by more than
 *   `MOST_CUTS` different sets of places.
 */
export function openTerms(closure: Closure, { said, day, tooMany }: OpenedBy): Terms {
  const walks = new Map<string, Walk>()
  const walk = (stops: readonly number[]) => {
    const key = stops.join()
    const known = walks.get(key)
    if (known) return known
    if (walks.size > MOST_CUTS) throw tooMany(MOST_CUTS)
    const made = walkPast(closure, new Set(stops))
    walks.set(key, made)
    return made
  }
  const all = walk([])
  const applied = all.reached.order.flatMap((place) =>
    closure.transformations[place]!.map((rule) => ({
      ...{ place, rule },
      lifts: liftsOf(said(rule), day, closure.ids[place]!),
    })),
  )
  const cuts = applied
    .filter(({ lifts: some }) => some.length > 0)
    .sort((a, b) => a.place - b.place)
  const lacking = (unknown: Unknown, reached: Reach, places: readonly number[]) =>
    places.map((place) => ({
      ...{ place, licence: null, clause: null, spdx: null, isChoice: false },
      says: { unknown },
      way: () => wayTo(reached, place),
    }))
  const { places, reach: bareReach } = unlicensed(closure)
  const hidden = all.reached.order.filter((place) => closure.isHidden(place))
  return {
    ...{ closure, day },
    licences: [...all.nearest.keys()]
      .sort((a, b) => a - b)
      .map((place) => ({
        place,
        id: closure.ids[place]!,
        statement: statementOf(
          said(place),
          closure.clauses[place]!.map((clause) => [clause, said(clause)]),
          day,
        ),
      })),
    transformations: [...new Set(cuts.map(({ rule }) => rule))].sort((a, b) => a - b),
    bare: [
      ...lacking('NO_LICENSE', bareReach, places),
      ...lacking('NOT_SHOWN', all.reached, hidden),
    ].sort((a, b) => a.place - b.place),
    reaches(licence, isLifted) {
      const stops = cuts.filter(({ lifts: some }) => some.some(isLifted)).map(({ place }) => place)
      const { reached, nearest } = walk(stops)
      const holder = nearest.get(licence)
      if (holder === undefined) return undefined
      return () => [...wayTo(reached, holder), ...(holder === licence ? [] : [licence])]
    },
  }
}

function walkPast(closure: Closure, stops: ReadonlySet<number>): Walk {
  const reached = reach(closure, (place) => stops.has(place))
  const nearest = new Map<number, number>()
  for (const place of reached.order) {
    for (const licence of closure.licences[place]!) {
      if (!nearest.has(licence)) nearest.set(licence, place)
    }
  }
  return { reached, nearest }
}

const never = () => false

/** How a rule reaches the root, with the place of the clause that says it at the end of its way. */
export function wayOfRule(
  { closure, reaches }: Terms,
  rule: Rule,
  { licence, clause }: { licence: number; clause: number | null },
) {
  const { ids } = closure
  const places = [ids[licence]!, ...(clause === null ? [] : [ids[clause]!])]
  const isLifted = rule.type === 'permission' ? never : (lift: Lift) => lifts(lift, rule, places)
  const way = reaches(licence, isLifted)
  return way && (() => [...way(), ...(clause === null ? [] : [clause])])
}

/** How what a licence leaves unknown is reached: no transformation lifts what nobody knows. */
export function wayOfUnknown(
  { reaches }: Terms,
  { licence, clause }: { licence: number; clause: number | null },
) {
  const way = reaches(licence, never)!
  return () => [...way(), ...(clause === null ? [] : [clause])]
}

const ORDER = ['unknown', 'prohibition', 'duty', 'permission']
const rankOf = ({ says }: Term) => ORDER.indexOf('unknown' in says ? 'unknown' : says.type)

/** Every term that reaches the root on the day, in an order that stays: what nobody knows comes first. */
export function termsOf(terms: Terms): Term[] {
  const said = terms.licences.flatMap(({ place, statement }) => termsIn(terms, place, statement))
  return [...terms.bare, ...said].sort((a, b) => rankOf(a) - rankOf(b))
}

const termsIn = (terms: Terms, licence: number, statement: Statement): Term[] =>
  sayingsOf(statement).flatMap((saying) => {
    const at = { licence, clause: saying.clause }
    const way =
      'unknown' in saying.says ? wayOfUnknown(terms, at) : wayOfRule(terms, saying.says, at)
    return way ? [{ ...saying, licence, way }] : []
  })
