const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
/** `[` and `{` differ in this bit alone, and so do `]` and `}`. */
const CASE = 0x20
const OPENING = 0x7b
const CLOSING = 0x7d

/**
 * Counts the commas and opening brackets of a JSON text outside its strings, without parsing it: it has
 * at most one value more than these. What is no JSON is counted all the same.
 *
 * @param most Counting ends above this.
 */
export function countMarks(json: Uint8Array, most: number): number {
  let count = 0
  eachMark(json, (code) => {
    if (code !== CLOSING) count += 1
    return count <= most
  })
  return count
}

/**
 * Cuts the text of a JSON array into the texts of its items, without parsing them: the whole is JSON
 * just where each of these is. `null` where the text is no array from its first bracket to its last.
 *
 * @param most One item more than these is cut off, and no other.
 */
export function splitArray(json: Uint8Array, most: number): Uint8Array[] | null {
  const start = json.findIndex((byte) => !BLANK.has(byte))
  if (json[start] !== OPEN_ARRAY) return null
  const items: Uint8Array[] = []
  let depth = 0
  let from = start + 1
  let isClosed = false
  eachMark(json, (code, at) => {
    if (code === OPENING) depth += 1
    if (code === CLOSING) depth -= 1
    isClosed = depth === 0
    if (isClosed || (code === COMMA && depth === 1)) {
      const item = json.subarray(from, at)
      if (!isClosed || items.length > 0 || !isBlank(item)) items.push(item)
      from = at + 1
    }
    return !isClosed && items.length <= most
  })
  if (items.length > most) return items
  return isClosed && json[from - 1] === CLOSE_ARRAY && isBlank(json.subarray(from)) ? items : null
}

const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d])
const isBlank = (bytes: Uint8Array) => bytes.every((byte) => BLANK.has(byte))

/** @param see Told of each comma and bracket, where braces stand for all brackets; `false` ends the walk. */
function eachMark(json: Uint8Array, see: (code: number, at: number) => boolean) {
  for (let at = 0; at < json.length; at++) {
    const code = json[at]!
    if (code === QUOTE) {
      for (at++; at < json.length && json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++
      continue
    }
    const mark = code === COMMA ? COMMA : code | CASE
    if (mark !== COMMA && mark !== OPENING && mark !== CLOSING) continue
    // Of all letters and signs, only brackets have these codes with the bit set.
    if (!see(mark, at)) return
  }
}
