import { hash } from 'node:crypto'

/** Four words of a hash, and the line: what is kept of a thing that was named. */
const WORDS = 5

/**
 * Remembers of many texts in which line each was first: 20 to 80 bytes each, however long they are.
 * Two texts with the same 128 bits of SHA-256 would be taken for one, which does not happen.
 */
export function openSeen() {
  let slots = 1_024
  let held = 0
  let table = new Uint32Array(slots * WORDS)

  /** The place of these words, or the free one where they belong. */
  const placeOf = (words: Uint32Array) => {
    for (let slot = words[0]! & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = slot * WORDS
      if (table[at + 4] === 0 || words.every((word, i) => table[at + i] === word)) return at
    }
  }

  const grow = () => {
    const old = table
    slots *= 2
    table = new Uint32Array(slots * WORDS)
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 4] !== 0)
        table.set(old.subarray(at, at + WORDS), placeOf(old.subarray(at, at + 4)))
    }
  }

  return {
    /** The line in which this text was first; it is remembered for this one where there was none. */
    first(text: string, line: number): number | undefined {
      const bytes = hash('sha256', text, 'buffer')
      const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 16))
      const at = placeOf(words)
      if (table[at + 4] !== 0) return table[at + 4]
      table.set(words, at)
      table[at + 4] = line
      held += 1
      if (held * 2 > slots) grow()
      return undefined
    },
  }
}
