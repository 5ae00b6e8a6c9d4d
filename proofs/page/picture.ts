import { cut, shown } from './escape.ts'
import type { Scene, Thing } from './scene.ts'

/** Beyond this a picture is a tangle that nobody reads and a browser draws slowly; a table takes its place. */
export const DRAWN_LIMITS = { things: 400, arrows: 2_000 } as const

const BOX = { width: 196, height: 46, across: 92, down: 22, edge: 12 }
const LABEL_CHARS = 24
const BEND = BOX.across / 2

interface Placed {
  thing: Thing
  x: number
  y: number
}

/** Whether the scene is small enough to be drawn. */
export const isDrawable = ({ things, arrows }: Scene) =>
  things.length <= DRAWN_LIMITS.things && arrows.length <= DRAWN_LIMITS.arrows

/**
 * Draws a scene as SVG text: a column for each distance, sources on the left. The same scene gives the
 * same text; everything in it that came from a record is escaped.
 */
export function drawScene(scene: Scene, title: string): string {
  const columns = columnsOf(scene)
  const tallest = Math.max(...columns.map((column) => column.length))
  const width = columns.length * (BOX.width + BOX.across) - BOX.across + 2 * BOX.edge
  const height = tallest * (BOX.height + BOX.down) - BOX.down + 2 * BOX.edge + BEND
  const placed = new Map(
    columns.flatMap((column, c) =>
      column.map((thing, r): [string, Placed] => [
        thing.id,
        { thing, x: BOX.edge + c * (BOX.width + BOX.across), y: rowAt(r, column.length, height) },
      ]),
    ),
  )
  const arrows = scene.arrows.map(({ from, to, rel }) =>
    drawArrow(placed.get(from)!, placed.get(to)!, rel),
  )
  const boxes = [...placed.values()].map(drawBox)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${shown(title)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" class="tip"/></marker></defs>',
    ...arrows,
    ...boxes,
    '</svg>',
  ].join('\n')
}

const rowAt = (row: number, rows: number, height: number) => {
  const used = rows * (BOX.height + BOX.down) - BOX.down
  return Math.round((height - used) / 2) + row * (BOX.height + BOX.down)
}

/** Columns by distance; within one, things stand near what they are joined to in the columns before. */
function columnsOf({ things, arrows }: Scene): Thing[][] {
  const columns = new Map<number | null, Thing[]>()
  for (const thing of things) {
    const column = columns.get(thing.distance)
    if (column) column.push(thing)
    else columns.set(thing.distance, [thing])
  }
  const near = new Map<string, string[]>()
  for (const { from, to } of arrows) {
    near.set(from, [...(near.get(from) ?? []), to])
    near.set(to, [...(near.get(to) ?? []), from])
  }
  // From the root outwards, so that each column finds a nearer one that stands already.
  const outwards = [...columns.keys()].sort((a, b) => outness(a) - outness(b))
  const height = new Map<string, number>()
  for (const distance of outwards) {
    const column = columns.get(distance)!
    const wish = new Map(
      column.map(({ id }) => {
        const known = (near.get(id) ?? []).flatMap((other) => height.get(other) ?? [])
        const mean = known.reduce((sum, one) => sum + one, 0) / known.length
        return [id, known.length === 0 ? 0.5 : mean]
      }),
    )
    // Stable: things that wish for the same place keep the order of the scene.
    column.sort((a, b) => wish.get(a.id)! - wish.get(b.id)!)
    column.forEach(({ id }, i) => {
      height.set(id, (i + 0.5) / column.length)
    })
  }
  return [...columns.keys()].sort((a, b) => place(a) - place(b)).map((key) => columns.get(key)!)
}

const outness = (distance: number | null) =>
  distance === null ? Number.MAX_SAFE_INTEGER : Math.abs(distance)
const place = (distance: number | null) => distance ?? Number.MAX_SAFE_INTEGER

/** Onwards from side to side; within a column round the right; back under the boxes, where it is seen. */
function drawArrow(from: Placed, to: Placed, rel: string) {
  const middle = BOX.height / 2
  const [right, y1] = [from.x + BOX.width, from.y + middle]
  const y2 = to.y + middle
  let path = `M${right} ${y1}C${right + BEND} ${y1} ${to.x - BEND} ${y2} ${to.x} ${y2}`
  if (to.x === from.x) {
    path = `M${right} ${y1}C${right + BEND} ${y1} ${right + BEND} ${y2} ${right} ${y2}`
  } else if (to.x < from.x) {
    const [x1, x2] = [from.x + BOX.width / 2, to.x + BOX.width / 2]
    const [low1, low2] = [from.y + BOX.height, to.y + BOX.height]
    path = `M${x1} ${low1}C${x1} ${low1 + BEND} ${x2} ${low2 + BEND} ${x2} ${low2}`
  }
  return `<path class="arrow" d="${path}" marker-end="url(#arrow)"><title>${shown(rel)}</title></path>`
}

function drawBox({ thing, x, y }: Placed) {
  const { kind, label, state, distance, loops, id } = thing
  const classes = ['thing', `state-${state.replaceAll(' ', '-')}`, distance === 0 && 'root']
  const told = [kind, loops && 'reads itself', state !== 'shown' && state]
  return [
    `<g class="${classes.filter(Boolean).join(' ')}">`,
    `<title>${shown(`${kind} ${cut(label, 300)}\n${id}`.replace('\n', ' · '))}</title>`,
    `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/>`,
    `<text x="${x + 10}" y="${y + 19}" class="name">${shown(cut(label, LABEL_CHARS))}</text>`,
    `<text x="${x + 10}" y="${y + 36}" class="kind">${shown(told.filter(Boolean).join(' · '))}</text>`,
    '</g>',
  ].join('')
}
