/** Everything upstream of a root, by place in the order of ids, and the steps between. */
export interface UpstreamSteps {
  ids: readonly string[]
  root: number
  /** For each place the places that its edges lead to, each of them once. */
  out: readonly (readonly number[])[]
}

/** The same, sorted by what the steps mean for terms. */
export interface Closure {
  ids: readonly string[]
  root: number
  /** What each thing is made of, or comes from. */
  carries: readonly number[][]
  licences: readonly number[][]
  clauses: readonly number[][]
  transformations: readonly number[][]
  /** Whether nobody can see what a thing is made of, and under which licences it is. */
  isHidden(place: number): boolean
}

/** The kind as it stands in an id: `urn:selvedge:dataset:…`. */
const kindOf = (id: string) => {
  const start = id.indexOf(':', 4) + 1
  return id.slice(start, id.indexOf(':', start))
}

/** What is written about a thing, or answers for it, and is no part of it. */
const ABOUT = new Set(['dpiapacket', 'modelcard', 'principal'])
/** What is based on a licence is about it, and not given under it. */
const FOR_THE_RECORD = new Set(['export', 'attachment', 'erasure', 'signoff', 'decision'])

/** Stands for every list that nothing was added to: most things have no licence of their own. */
const NONE: number[] = []

function add(lists: number[][], near: number, far: number) {
  const list = lists[near]!
  if (list === NONE) lists[near] = [far]
  else list.push(far)
}

/** Sorts steps: a licence that is itself asked about is under itself. */
export function closureOf(
  { ids, root, out }: UpstreamSteps,
  isHidden: (place: number) => boolean = () => false,
): Closure {
  const kinds = ids.map(kindOf)
  const lists = () => new Array<number[]>(ids.length).fill(NONE)
  const closure = {
    ...{ ids, root, carries: lists(), licences: lists() },
    ...{ clauses: lists(), transformations: lists(), isHidden },
  }
  const listOf = (near: number, far: number) => {
    const [low, high] = [kinds[near]!, kinds[far]!]
    if (high === 'license' && !FOR_THE_RECORD.has(low)) return closure.licences
    if (low === 'license' && high === 'clause') return closure.clauses
    if (high === 'transformation' && !FOR_THE_RECORD.has(low)) return closure.transformations
    return ABOUT.has(high) ? undefined : closure.carries
  }
  for (const [near, fars] of out.entries()) {
    for (const far of fars) {
      const list = listOf(near, far)
      if (list) add(list, near, far)
    }
  }
  if (kinds[root] === 'license') add(closure.licences, root, root)
  for (const list of [closure.carries, closure.licences, closure.clauses]) {
    for (const places of list) if (places.length > 1) places.sort((a, b) => a - b)
  }
  return closure
}

/** What is reached from the root, in the order of distance, and from where each thing was. */
export interface Reach {
  order: readonly number[]
  /** For each place where it was reached from; the root from itself, and -1 where it was not reached. */
  by: Int32Array
}

/** Walks from the root, not beyond what `stops`; that itself is reached. */
export function reach({ ids, root, carries }: Closure, stops: (place: number) => boolean): Reach {
  const by = new Int32Array(ids.length).fill(-1)
  by[root] = root
  const order = [root]
  for (let i = 0; i < order.length; i++) {
    const near = order[i]!
    if (stops(near)) continue
    for (const far of carries[near]!) {
      if (by[far] !== -1) continue
      by[far] = near
      order.push(far)
    }
  }
  return { order, by }
}

/** A shortest way from the root to what was reached. */
export function wayTo({ by }: Reach, place: number): number[] {
  const way = [place]
  for (let at = place; by[at] !== at; ) {
    at = by[at]!
    way.push(at)
  }
  return way.reverse()
}

/**
 * Where a branch ends, or goes round in circles, and has met no licence on the way: what is there is
 * given under no terms that anybody knows. Of what is hidden something else is to be said.
 */
export function unlicensed(closure: Closure): { places: number[]; reach: Reach } {
  const { ids, carries, licences, isHidden } = closure
  const isLicensed = (place: number) => licences[place]!.length > 0 || isHidden(place)
  const found = reach(closure, isLicensed)
  const bare = found.order.filter((place) => !isLicensed(place))
  if (bare.length === 0) return { places: [], reach: found }
  const onto = turned(carries)
  const covered = downFrom([...ids.keys()].filter(isLicensed), onto)
  const lost = bare.filter((place) => !covered[place])
  const isEnd = (place: number) => carries[place]!.every((far) => far === place)
  const ends = lost.filter(isEnd)
  const ending = downFrom(ends, onto)
  const circling = lost.filter((place) => !ending[place])
  const isCircling = marked(circling, ids.length)
  const isBare = marked(bare, ids.length)
  const isEntered = (place: number) =>
    place === closure.root ||
    onto.nears
      .subarray(onto.starts[place], onto.starts[place + 1])
      .some((near) => isBare[near] && !isCircling[near])
  return {
    places: [...ends, ...circling.filter(isEntered)].sort((a, b) => a - b),
    reach: found,
  }
}

function marked(places: readonly number[], size: number): Uint8Array {
  const marks = new Uint8Array(size)
  for (const place of places) marks[place] = 1
  return marks
}

/** Edges as they lead back: to place i those of `nears` from `starts[i]` to before `starts[i + 1]`. */
interface Turned {
  starts: Int32Array
  nears: Int32Array
}

function turned(edges: readonly (readonly number[])[]): Turned {
  const starts = new Int32Array(edges.length + 1)
  for (const fars of edges) for (const far of fars) starts[far + 1]!++
  for (let place = 0; place < edges.length; place++) starts[place + 1]! += starts[place]!
  const nears = new Int32Array(starts[edges.length]!)
  const next = starts.slice()
  for (const [near, fars] of edges.entries()) for (const far of fars) nears[next[far]!++] = near
  return { starts, nears }
}

/** What lies down from some places, themselves included, as marks by place. */
function downFrom(places: readonly number[], { starts, nears }: Turned): Uint8Array {
  const seen = marked(places, starts.length - 1)
  const left = [...places]
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    for (let i = starts[place]!; i < starts[place + 1]!; i++) {
      const near = nears[i]!
      if (seen[near]) continue
      seen[near] = 1
      left.push(near)
    }
  }
  return seen
}
