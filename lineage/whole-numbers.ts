/** A whole number as the driver hands it over: two halves of 32 bits. */
export interface Halves {
  high: number
  low: number
}

/**
 * A row of an answer, with the database's whole numbers as numbers of JS. None of ours is beyond 2^53.
 * The driver does the same where `disableLosslessIntegers` is set, but makes some ten objects for each
 * number: without them, reading a lineage answer takes a fifth less processor time.
 *
 * @param columns Its names and values, which are taken over and changed.
 */
export function rowOf<Row>(
  columns: Iterable<[string, unknown]>,
  isWhole: (value: object) => value is Halves,
): Row {
  const row: Record<string, unknown> = {}
  for (const [name, value] of columns) row[name] = plain(value, isWhole)
  return row as Row
}

function plain(value: unknown, isWhole: (value: object) => value is Halves): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isWhole(value)) return value.high * 2 ** 32 + (value.low >>> 0)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = plain(value[i], isWhole)
    return value
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, plain(part, isWhole)]),
  )
}

/**
 * Makes whole numbers whole for the database too: the driver sends every JS number as a float, which
 * takes twice the room in the store.
 */
export function packed(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(packed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, packed(part)]))
}
