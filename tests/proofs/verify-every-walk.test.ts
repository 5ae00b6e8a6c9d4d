import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProofError } from '../../proofs/error.ts'
import { DIRECTIONS, type Question } from '../../proofs/manifest.ts'
import type { ReadRecord } from '../../proofs/records.ts'
import type { ReadState } from '../../proofs/state-part.ts'
import { checkDownstream, checkUpstream, reachRecords } from '../../proofs/verify/lineage.ts'

// What is shown of an out-set or an in-set is true, or its root would not be the header's or the tree's.
// So all that is left to a liar is what is not shown; with a few entities, every such lie can be told.

/** By the number of an entity: the numbers of those that it is made from, as bits. */
type Graph = readonly number[]

const leaf = 'A'.repeat(43)
const rel = 'BASED_ON'
const root = new Uint8Array(32)
const NONE = Infinity
const has = (bits: number, i: number) => ((bits >> i) & 1) === 1
const idOf = (i: number) => `e${i}`

/** How far each lies from entity 0, by ways taken one edge further at a time. */
function distancesOf(graph: Graph, isStep: (from: number, to: number) => boolean) {
  const found = graph.map((_, i) => (i === 0 ? 0 : NONE))
  for (const _ of graph) {
    for (let from = 0; from < graph.length; from++) {
      for (let to = 0; to < graph.length; to++) {
        if (isStep(from, to)) found[to] = Math.min(found[to]!, found[from]! + 1)
      }
    }
  }
  return found
}

/** What a graph makes of one question, and the records and in-sets that could be shown of it. */
function worldOf(graph: Graph, { direction, depth }: Omit<Question, 'root'>) {
  const nobody = graph.map(() => NONE)
  const up = distancesOf(graph, (from, to) => has(graph[from]!, to))
  const down = distancesOf(graph, (from, to) => has(graph[to]!, from))
  const all = graph.map((_, i) => i)
  return {
    question: { root: idOf(0), direction, depth },
    up: direction === 'DOWNSTREAM' ? nobody : up,
    down: direction === 'UPSTREAM' ? nobody : down,
    out: graph.map((bits) =>
      all.filter((i) => has(bits, i)).map((i) => ({ rel, id: idOf(i), leaf })),
    ),
    in: all.map((i) =>
      all.filter((d) => has(graph[d]!, i)).map((d) => ({ rel, id: idOf(d), leaf })),
    ),
  }
}

type World = ReturnType<typeof worldOf>

/** What is shown: of which entities the records, of which of those the out-sets and the in-sets, as bits. */
interface Shown {
  records: number
  outs: number
  ins: number
}

/** What the verifier says to it, by direction: yes, no, or that it was not asked. */
function verdictOn({ question, out, in: inSets }: World, { records, outs, ins }: Shown) {
  const shown = out.map((_, i) => i).filter((i) => has(records, i))
  const read = shown.map((i) => ({ header: { id: idOf(i) }, out: has(outs, i) ? out[i]! : null }))
  const entities = shown.map((i) => ({ id: idOf(i), design: has(ins, i) ? inSets[i]! : root }))
  const step = (check: () => unknown) => {
    try {
      check()
      return true
    } catch (error) {
      if (error instanceof ProofError) return false
      throw error
    }
  }
  const { direction } = question
  let up = direction !== 'DOWNSTREAM'
  let down = direction !== 'UPSTREAM'
  const reached = step(() => {
    const { value } = reachRecords(question, read as unknown as ReadRecord[])
    up &&= step(() => checkUpstream(value))
    down &&= step(() => checkDownstream(value, { entities } as unknown as ReadState))
  })
  return { reached, up: reached && up, down: reached && down }
}

/** What is to be said to it. */
function truthOn(
  { question: { direction, depth }, up, down }: World,
  { records, outs, ins }: Shown,
) {
  const all = up.map((_, i) => i)
  const isAll = (distances: readonly number[]) =>
    all.every((i) => distances[i]! > depth || has(records, i))
  const reached = all.every((i) => !has(records, i) || up[i]! <= depth || down[i]! <= depth)
  return {
    isAnswer: reached && isAll(up) && isAll(down),
    up: direction !== 'DOWNSTREAM' && isAll(up),
    down: direction !== 'UPSTREAM' && isAll(down),
    // Whatever had to be followed is shown, and of who lies downstream that he does.
    isShown: all.every(
      (i) =>
        (up[i]! >= depth || has(outs, i)) &&
        (down[i]! >= depth || (has(outs, i) && has(ins, i))) &&
        (i === 0 || down[i]! > depth || has(outs, i)),
    ),
  }
}

function tellAll(graph: Graph, depths: readonly number[]) {
  const most = 2 ** graph.length
  let yes = 0
  for (const direction of DIRECTIONS) {
    for (const depth of depths) {
      const world = worldOf(graph, { direction, depth })
      for (let records = 1; records < most; records += 2) {
        for (let outs = 0; outs < most; outs++) {
          if ((outs & ~records) !== 0) continue
          for (let ins = 0; ins < (direction === 'UPSTREAM' ? 1 : most); ins++) {
            if ((ins & ~records) !== 0) continue
            const shown = { records, outs, ins }
            const said = verdictOn(world, shown)
            const is = truthOn(world, shown)
            const whole =
              said.reached &&
              (said.up || direction === 'DOWNSTREAM') &&
              (said.down || direction === 'UPSTREAM')
            const wrong =
              (said.up && !is.up) ||
              (said.down && !is.down) ||
              whole !== (is.isAnswer && is.isShown)
            if (wrong) expect({ graph, direction, depth, shown, said }).toEqual(is)
            if (whole) yes++
          }
        }
      }
    }
  }
  return yes
}

describe('takes what is shown for complete exactly where it is, in', () => {
  it('every world of three entities', () => {
    let yes = 0
    for (let bits = 0; bits < 2 ** 9; bits++) {
      yes += tellAll([bits & 7, (bits >> 3) & 7, bits >> 6], [0, 1, 2, 3])
    }
    expect(yes).toBeGreaterThan(10_000)
  }, 60_000)

  it('some worlds of five, with ways of different lengths and circles', () => {
    // Few edges each: in a dense world everything is next to everything.
    const made = fc.integer({ min: 0, max: 4 }).map((i) => 1 << i)
    const graphs = fc.array(
      fc.oneof(
        made,
        fc.tuple(made, made).map(([a, b]) => a | b),
      ),
      {
        minLength: 5,
        maxLength: 5,
      },
    )
    for (const graph of fc.sample(graphs, { numRuns: 8, seed: 4 })) tellAll(graph, [1, 2, 3])
  }, 60_000)
})
