import { type HopBy, type HopPart, type HopRow, MOST_AT_ONCE } from '../../lineage/downstream.ts'
import { impactTooWide } from './problems.ts'

/** The most things downstream that one walk comes to. */
export const MOST_DOWNSTREAM = 250_000

/** Which of the strands of a change, by their bits. */
export type Strands = bigint

/**
 * What is walked: each strand of a change by itself, nearest first, until something stops it.
 */
export interface Walking {
  root: string
  /** How many edges lead to the root, as `HopRow` has it. */
  degree: number
  /** The most things that there may be at all. */
  size: number
  /** All strands. */
  strands: Strands
  /** By what the hop of that number goes, from 1 on; `undefined` where it goes no further. */
  by(hop: number): HopBy | undefined
  read(by: HopBy, ids: readonly string[], part: HopPart): Promise<HopRow[]>
  /** Which strands may come to each of the rows by such a hop. */
  admitted(by: HopBy, rows: readonly HopRow[]): Promise<Strands[]>
}

/** Something that a change comes to. */
export interface Affected {
  id: string
  /** The fewest hops by which some strand comes to it. */
  distance: number
  strands: Strands
}

/** Which part of the answer is wanted, in the order of (distance, id). */
export interface WalkPage {
  first: number
  after?: { distance: number; id: string }
}

interface Row {
  id: string
  distance: number
  /** The strands that may come to it by whatever way. */
  open: Strands
}

const compare = (a: { distance: number; id: string }, b: { distance: number; id: string }) =>
  a.distance - b.distance || (a.id < b.id ? -1 : Number(a.id > b.id))

/** How much more than a page is read of a hop at first: some of it is known, or not affected. */
const BESIDES = 500

/** As much of a hop as is looked through from its other end, where so many edges lead there. */
const WIDE = 5_000
/** How much more is looked through than would do if what is affected lay evenly among all there is. */
const SPARE = 3
/** What it costs to look at an entity from its end, in edges that a hop follows. */
const TO_LOOK = 4

/**
 * Among how many entities a page of a wide hop is looked for; `undefined` where it is better read whole
 * and sorted.
 */
export function amongHowMany({ degree, size, first }: Width): number | undefined {
  if (degree < WIDE) return undefined
  const among = Math.ceil((SPARE * (first + 1) * size) / degree)
  return TO_LOOK * among < degree ? among : undefined
}

/** How many edges lead to what a hop goes from, of how many things at most, for a page of how many. */
interface Width {
  degree: number
  size: number
  first: number
}

/** Other bounds than those that hold: tests have small ones. */
interface Bounds {
  most?: number
  besides?: number
  amongHowMany?: (width: Width) => number | undefined
}

/**
 * Finds what a change comes to, all of it or a page. A page is done as soon as it is full, and no
 * strand that is still under way could come to anything on it.
 *
 * @throws {Problem} `IMPACT_TOO_WIDE`
 */
export async function walk(
  walking: Walking,
  page?: WalkPage,
  bounds: Bounds = {},
): Promise<{ affected: Affected[]; more: boolean }> {
  const { most = MOST_DOWNSTREAM, besides = BESIDES } = bounds
  const reached = new Map<string, Strands>([[walking.root, walking.strands]])
  const rows: Row[] = []
  let frontier = new Map([[walking.root, walking.strands]])
  const degrees = new Map([[walking.root, walking.degree]])

  /** Takes what a hop comes to from some of the frontier, and adds to the one after it. */
  const take = async (
    { by, hop, ids, next }: { by: HopBy; hop: number; ids: string[]; next: typeof frontier },
    found: readonly HopRow[],
  ) => {
    if (found.length >= 2 * most) throw impactTooWide('things downstream', most)
    const admitted = await walking.admitted(by, found)
    const open = by === 'CARRYING' ? admitted : await walking.admitted('CARRYING', found)
    for (const [i, { id, from, degree }] of found.entries()) {
      if (degree > 0) degrees.set(id, degree)
      const known = reached.get(id) ?? 0n
      let come = 0n
      for (const place of from) come |= frontier.get(ids[place]!)!
      const fresh = come & admitted[i]! & ~known
      if (fresh === 0n) continue
      reached.set(id, known | fresh)
      next.set(id, (next.get(id) ?? 0n) | fresh)
      if (known !== 0n) continue
      if (reached.size - 1 > most) throw impactTooWide('things downstream', most)
      const row = { id, distance: hop, open: open[i]! }
      if (!page?.after || compare(row, page.after) > 0) rows.push(row)
    }
  }

  const isFull = () => page !== undefined && rows.length > page.first
  const shown = () => rows.sort(compare).slice(0, page?.first ?? rows.length)
  const missing = () => shown().reduce((sum, { id, open }) => sum | (open & ~reached.get(id)!), 0n)
  const underWay = (some: typeof frontier) => {
    let strands = 0n
    for (const fresh of some.values()) strands |= fresh
    return strands
  }

  for (let hop = 1, by = walking.by(hop); by && frontier.size > 0; hop++, by = walking.by(hop)) {
    const ids = [...frontier.keys()]
    const next: typeof frontier = new Map()
    let isWhole = false
    if (page && ids.length <= MOST_AT_ONCE && hop >= (page.after?.distance ?? 1)) {
      const after = hop === page.after?.distance ? page.after.id : ''
      const isDone = () => isFull() && (missing() & (underWay(frontier) | underWay(next))) === 0n
      const part = { after, most: page.first + besides, goesOn: true }
      const degree = ids.reduce((sum, id) => sum + (degrees.get(id) ?? 0), 0)
      const width = { degree, size: walking.size, first: page.first }
      const among = (bounds.amongHowMany ?? amongHowMany)(width)
      if (among !== undefined) {
        await take({ by, hop, ids, next }, await walking.read(by, ids, { ...part, among }))
        if (isDone()) break
      }
      const found = await walking.read(by, ids, part)
      await take({ by, hop, ids, next }, found)
      isWhole = after === '' && found.length < part.most
      if (!isWhole && isDone()) break
    }
    for (let at = 0; !isWhole && at < ids.length; at += MOST_AT_ONCE) {
      const some = ids.slice(at, at + MOST_AT_ONCE)
      const found = await walking.read(by, some, {
        ...{ after: '', most: 2 * most, goesOn: page !== undefined },
      })
      await take({ by, hop, ids: some, next }, found)
    }
    frontier = next
    if (isFull()) frontier = only(frontier, missing())
  }
  return {
    affected: shown().map(({ id, distance }) => ({ id, distance, strands: reached.get(id)! })),
    more: isFull(),
  }
}

/** What is left of a frontier where some strands alone matter. */
const only = (frontier: ReadonlyMap<string, Strands>, strands: Strands) =>
  new Map(
    [...frontier].flatMap(([id, fresh]) => {
      const left = fresh & strands
      return left === 0n ? [] : [[id, left] as const]
    }),
  )
