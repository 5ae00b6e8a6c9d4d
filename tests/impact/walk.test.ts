import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type Affected,
  amongHowMany,
  type Walking,
  type WalkPage,
  walk,
} from '../../domains/impact/walk.ts'
import type { HopPart } from '../../lineage/downstream.ts'

/** Which place each place is made of, and which strands each lets in. */
interface Graph {
  edges: readonly (readonly [from: number, to: number])[]
  admitted: readonly number[]
}

const PLACES = 12
const STRANDS = 7n
const idOf = (place: number) => `n${String(place).padStart(2, '0')}`

const graph: fc.Arbitrary<Graph> = fc.record({
  edges: fc.uniqueArray(fc.tuple(fc.nat({ max: PLACES - 1 }), fc.nat({ max: PLACES - 1 })), {
    maxLength: 26,
    size: 'max',
    selector: ([from, to]) => `${from} ${to}`,
  }),
  admitted: fc.array(fc.constantFrom(7, 7, 7, 3, 5, 6, 1, 0), {
    minLength: PLACES,
    maxLength: PLACES,
  }),
})

/** A graph as it is walked from its first place, and how much of it was read. */
function walkingOf({ edges, admitted }: Graph): Walking & { reads: number } {
  const degreeOf = (place: number) => edges.filter(([, high]) => high === place).length
  const walking = {
    reads: 0,
    ...{ root: idOf(0), strands: STRANDS, by: () => 'CARRYING' as const },
    ...{ degree: degreeOf(0), size: PLACES },
    async read(_by: unknown, ids: readonly string[], { after, most, among }: HopPart) {
      walking.reads++
      const rows = Array.from({ length: PLACES }, (_, place) => ({
        ...{ id: idOf(place), about: [], degree: degreeOf(place) },
        from: [...ids.keys()].filter((i) =>
          edges.some(([low, high]) => low === place && idOf(high) === ids[i]),
        ),
      })).filter(({ id }) => id > after)
      const isReached = ({ from }: { from: number[] }) => from.length > 0
      if (among !== undefined) return rows.slice(0, among).filter(isReached)
      return rows.filter(isReached).slice(0, most)
    },
    admitted: async (_by: unknown, rows: readonly { id: string }[]) =>
      rows.map(({ id }) => BigInt(admitted[Number(id.slice(1))]!)),
  }
  return walking
}

/** Each strand by itself, hop by hop. */
function affectedByHand({ edges, admitted }: Graph): Affected[] {
  const found = new Map<number, Affected>()
  for (const bit of [1, 2, 4]) {
    const seen = new Set([0])
    for (let near = [0], distance = 1; near.length > 0; distance++) {
      near = Array.from({ length: PLACES }, (_, place) => place).filter(
        (place) =>
          !seen.has(place) &&
          (admitted[place]! & bit) !== 0 &&
          edges.some(([low, high]) => low === place && near.includes(high)),
      )
      for (const place of near) {
        seen.add(place)
        const known = found.get(place) ?? { id: idOf(place), distance, strands: 0n }
        const strands = known.strands | BigInt(bit)
        found.set(place, { ...known, distance: Math.min(known.distance, distance), strands })
      }
    }
  }
  return [...found.values()].sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
}

it('comes to all that each strand by itself would, whatever the pages and however much is read at once', async () => {
  let shared = 0
  await fc.assert(
    fc.asyncProperty(
      graph,
      fc.integer({ min: 1, max: 5 }),
      fc.nat({ max: 3 }),
      fc.option(fc.nat({ max: PLACES }), { nil: undefined }),
      async (some, first, besides, among) => {
        const expected = affectedByHand(some)
        expect((await walk(walkingOf(some))).affected).toEqual(expected)
        const all: Affected[] = []
        for (let after: WalkPage['after']; ; ) {
          const { affected, more } = await walk(
            walkingOf(some),
            { first, after },
            { besides, amongHowMany: () => among },
          )
          all.push(...affected)
          if (!more) break
          expect(affected).toHaveLength(first)
          after = affected.at(-1)
        }
        expect(all).toEqual(expected)
        shared += expected.filter(({ strands }) => strands !== STRANDS).length
      },
    ),
    { numRuns: 2_000 },
  )
  // What was compared is not all trivial.
  expect(shared).toBeGreaterThan(1_000)
})

it('reads one hop, and of that only a part, for the first page of a hub', async () => {
  const hub: Graph = {
    edges: Array.from({ length: PLACES - 1 }, (_, i) => [i + 1, 0] as const),
    admitted: Array.from({ length: PLACES }, () => 7),
  }
  const walking = walkingOf(hub)
  const { affected, more } = await walk(walking, { first: 2 }, { besides: 1 })
  expect([affected.map(({ id }) => id), more]).toEqual([['n01', 'n02'], true])
  expect(walking.reads).toBe(1)
})

it('looks for the first page of a wide hop among as few as hold it, were they spread evenly', () => {
  // A hub that half of 200,000 things are made of.
  expect(amongHowMany({ degree: 100_000, size: 200_000, first: 50 })).toBe(306)
  // One in a hundred of them: to look through what holds a page takes longer than to read it.
  expect(amongHowMany({ degree: 5_000, size: 500_000, first: 50 })).toBeUndefined()
  expect(amongHowMany({ degree: 4_999, size: 5_000, first: 1 })).toBeUndefined()
  expect(amongHowMany({ degree: 5_000, size: 5_000, first: 1 })).toBe(6)
})
