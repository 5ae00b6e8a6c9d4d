import { pointer } from '../../domains/kinds/issue.ts'
import type { Kind } from '../../lineage/kinds.ts'
import { isExact } from '../../proofs/decimal.ts'
import { type Json, parseJson } from '../../proofs/json.ts'
import { cellInvalid, columnUnknown } from './problems.ts'
import { type Shape, shapeOfKind } from './shapes.ts'

/** Where the text of a column goes, and what it stands for. */
interface Column {
  steps: readonly (string | number)[]
  shape: Shape
  /** For a column that names a whole list: where one text of it goes. */
  nth: number
}

type Columns = (Column | undefined)[]

/**
 * The columns of a file for things of one kind, by their dotted names; `undefined` for one that such a
 * thing has not. A column that is there several times fills a list, in order.
 */
export function columnsFor(kind: Kind, header: readonly string[]): Columns {
  const shape = shapeOfKind(kind)
  const before = new Map<string, number>()
  return header.map((name) => {
    const nth = before.get(name) ?? 0
    before.set(name, nth + 1)
    return columnOf(shape, name.split('.'), { nth, steps: [] })
  })
}

const INDEX = /^\d{1,3}$/

function columnOf(
  shape: Shape,
  path: readonly string[],
  { nth, steps }: Pick<Column, 'nth' | 'steps'>,
): Column | undefined {
  const [first, ...rest] = path
  if (first === undefined) return { steps, shape, nth }
  if (typeof shape === 'string') return undefined
  if ('list' in shape) {
    return INDEX.test(first)
      ? columnOf(shape.list, rest, { nth, steps: [...steps, Number(first)] })
      : columnOf(shape.list, path, { nth, steps: [...steps, nth] })
  }
  const part = Object.hasOwn(shape.parts, first) ? shape.parts[first] : undefined
  return part && columnOf(part, rest, { nth, steps: [...steps, first] })
}

/**
 * Makes an item of the texts of a row. An empty text says nothing; lists close up over them.
 *
 * @throws {Problem} `IMPORT_COLUMN_UNKNOWN`, `IMPORT_CELL_INVALID`.
 */
export function itemOf(
  row: readonly string[],
  { kind, header, columns }: { kind: Kind; header: readonly string[]; columns: Columns },
): object {
  const root: Holder = {}
  for (const [i, cell] of row.entries()) {
    if (cell === '') continue
    const column = columns[i]
    if (!column) throw columnUnknown(header[i]!, kind)
    const { steps, value } = readCell(cell, column, header[i]!)
    put(root, steps, value)
  }
  return closed(root) as object
}

type Holder = { [step: string | number]: unknown }

function put(root: Holder, steps: readonly (string | number)[], value: unknown) {
  let at = root
  for (const [i, step] of steps.slice(0, -1).entries()) {
    const next = typeof steps[i + 1] === 'number' ? [] : {}
    at[step] ??= next
    at = at[step] as Holder
  }
  at[steps.at(-1)!] = value
}

/** Without the places of lists that nothing was said of. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.filter((one) => one !== undefined).map(closed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, closed(part)]))
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function readCell(
  cell: string,
  { steps, shape, nth }: Column,
  header: string,
): { steps: readonly (string | number)[]; value: unknown } {
  const wrong = (because: string) => cellInvalid(header, pointer(steps), because)
  if (shape === 'number' && NUMBER.test(cell)) {
    const value = Number(cell)
    if (!isExact(cell, value)) throw wrong('a double does not hold this number exactly')
    return { steps, value }
  }
  if (shape === 'truth' && (cell === 'true' || cell === 'false')) {
    return { steps, value: cell === 'true' }
  }
  // What is no number or truth value stays text, which the schema then refuses.
  if (typeof shape === 'string') return { steps, value: cell }
  if ('list' in shape && !cell.trimStart().startsWith('[')) {
    const one: Column = { steps: [...steps, nth], shape: shape.list, nth }
    return readCell(cell, one, header)
  }
  return { steps, value: jsonIn(cell, wrong) }
}

function jsonIn(cell: string, wrong: (because: string) => Error): Json {
  try {
    return parseJson(cell)
  } catch (error) {
    throw wrong(`it must be JSON (${(error as Error).message})`)
  }
}
