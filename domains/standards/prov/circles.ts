/** An edge from one thing to another, by their ids. */
export interface Arrow {
  from: string
  to: string
}

/**
 * Finds the edges that lie on a circle, one from a thing to itself among them: those whose two ends can
 * each be reached from the other. Tarjan's algorithm, without recursion, for a chain may be long.
 */
export function onCircles<Edge extends Arrow>(edges: readonly Edge[]): Set<Edge> {
  const component = componentsOf(edges)
  return new Set(edges.filter(({ from, to }) => component.get(from) === component.get(to)))
}

/** By the id of each thing, a number that it shares with just those it lies on a circle with. */
function componentsOf(edges: readonly Arrow[]): Map<string, number> {
  const out = new Map(edges.flatMap(({ from, to }) => [from, to]).map((id) => [id, [] as string[]]))
  for (const { from, to } of edges) out.get(from)!.push(to)
  const [order, low, component] = [0, 0, 0].map(() => new Map<string, number>()) as [
    Map<string, number>,
    Map<string, number>,
    Map<string, number>,
  ]
  const open: string[] = []
  const walk: { id: string; next: number }[] = []
  const enter = (id: string) => {
    low.set(id, order.size)
    order.set(id, order.size)
    open.push(id)
    walk.push({ id, next: 0 })
  }
  const lower = (id: string, to: number) => low.set(id, Math.min(low.get(id)!, to))
  for (const start of out.keys()) {
    if (order.has(start)) continue
    enter(start)
    for (let at = walk.at(-1); at; at = walk.at(-1)) {
      const to = out.get(at.id)![at.next++]
      if (to === undefined) {
        walk.pop()
        const below = walk.at(-1)
        if (below) lower(below.id, low.get(at.id)!)
        if (low.get(at.id) === order.get(at.id)) close(at.id)
      } else if (!order.has(to)) enter(to)
      else if (!component.has(to)) lower(at.id, order.get(to)!)
    }
  }
  return component

  function close(id: string) {
    const [number, from] = [order.get(id)!, open.lastIndexOf(id)]
    for (const member of open.splice(from)) component.set(member, number)
  }
}
