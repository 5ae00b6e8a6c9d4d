import type { Question } from '../manifest.ts'
import type { ShownRecord } from '../records.ts'
import { isDesign } from '../relations.ts'
import { compareUtf16 } from '../utf8.ts'

/** How much of a record's body a page shows. */
export type BodyState =
  | 'shown'
  | 'partly withheld'
  | 'withheld'
  | 'not shown'
  | 'erased'
  | 'retired'

/** One entity of the answer, as a page shows it. */
export interface Thing {
  id: string
  kind: string
  /** Its name where that is shown, the end of its id otherwise. */
  label: string
  /** Hops from the root, negative upstream; `null` where no edge shown leads to it. */
  distance: number | null
  state: BodyState
  /** Whether it was made from itself, as a table that a job reads and writes. */
  loops: boolean
}

/** One edge between two things shown, from the upstream one to the downstream one. */
export interface Arrow {
  from: string
  to: string
  rel: string
}

/** What a picture of the answer is drawn from. */
export interface Scene {
  things: Thing[]
  arrows: Arrow[]
}

/** What a scene is made of; it need not have been verified, and nothing in it is taken for granted. */
export interface SceneSource {
  question: Question
  records: readonly ShownRecord[]
  /** The places of records whose bodies are erased. */
  erased?: ReadonlySet<number>
}

/** Lays out who lies how far from the root, by the design-level edges of the out-sets shown. */
export function sceneOf({ question, records, erased = new Set() }: SceneSource): Scene {
  const byId = new Map(records.map((record) => [record.header.id, record]))
  const arrows = [...byId.values()].flatMap(({ header, out }) =>
    (out ?? [])
      .filter(({ rel, id }) => isDesign(rel) && byId.has(id))
      .map(({ rel, id }): Arrow => ({ from: id, to: header.id, rel })),
  )
  const distances = distancesFrom(question, arrows)
  const loops = new Set(arrows.filter(({ from, to }) => from === to).map(({ to }) => to))
  const things = [...byId.values()].map(
    (record): Thing => ({
      id: record.header.id,
      kind: record.header.kind,
      label: labelOf(record),
      distance: distances.get(record.header.id) ?? null,
      state: erased.has(record.header.seq) ? 'erased' : stateOf(record),
      loops: loops.has(record.header.id),
    }),
  )
  const order = (thing: Thing) => thing.distance ?? Number.POSITIVE_INFINITY
  things.sort(
    (a, b) =>
      // Two unreached things differ by NaN, which is no order.
      (order(a) === order(b) ? 0 : order(a) - order(b)) ||
      compareUtf16(a.kind, b.kind) ||
      compareUtf16(a.label, b.label) ||
      compareUtf16(a.id, b.id),
  )
  return { things, arrows: arrows.filter(({ from, to }) => from !== to) }
}

/** The least distance on the ways asked; a thing on both ways stands upstream where that is nearer. */
function distancesFrom({ root, direction }: Question, arrows: readonly Arrow[]) {
  const up = new Map<string, string[]>()
  const down = new Map<string, string[]>()
  for (const { from, to } of arrows) {
    push(up, to, from)
    push(down, from, to)
  }
  const distances = new Map<string, number>()
  const ways = [
    ...(direction === 'DOWNSTREAM' ? [] : [{ next: up, sign: -1 }]),
    ...(direction === 'UPSTREAM' ? [] : [{ next: down, sign: 1 }]),
  ]
  for (const { next, sign } of ways) {
    for (const [id, hops] of walk(root, next)) {
      const known = distances.get(id)
      if (known === undefined || Math.abs(known) > hops) distances.set(id, sign * hops || 0)
    }
  }
  return distances
}

function push(lists: Map<string, string[]>, key: string, value: string) {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

function walk(root: string, next: ReadonlyMap<string, readonly string[]>) {
  const hops = new Map([[root, 0]])
  // A Map goes on over what is added while it is walked, in order: it is its own queue.
  for (const [id, count] of hops) {
    for (const to of next.get(id) ?? []) if (!hops.has(to)) hops.set(to, count + 1)
  }
  return hops
}

/** What to call a record: the name in its body, or the end of its id where that is withheld. */
export function labelOf({ header, fields }: ShownRecord) {
  const name = fields?.find((field) => field.name === 'name')
  if (name && 'value' in name && typeof name.value === 'string' && name.value !== '') {
    return name.value
  }
  return `…${header.id.slice(-8)}`
}

function stateOf({ header, fields }: ShownRecord): BodyState {
  if (header.action === 'retire') return 'retired'
  if (fields === null) return 'not shown'
  const withheld = fields.filter((field) => 'c' in field).length
  if (withheld === 0) return header.action === 'erase' && fields.length === 0 ? 'erased' : 'shown'
  return withheld === fields.length ? 'withheld' : 'partly withheld'
}
