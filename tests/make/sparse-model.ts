import fc from 'fast-check'
import { sha256 } from '../../core/sha256.ts'
import type { KeyChange } from '../../proofs/sparse-change.ts'
import type { SparseEntry } from '../../proofs/sparse-node.ts'
import { utf8 } from '../../proofs/utf8.ts'

/** The key of a number: spread over the tree, or crowded under a few long prefixes. */
export const keyOf = (number: number) => sha256(utf8(`key ${number}`))
export const crowdedKey = (number: number) => {
  const key = new Uint8Array(32).fill(number & 1 ? 0xaa : 0xab)
  key[30] = number >> 8
  key[31] = number & 255
  return key
}
export const valueOfNumber = (number: number) => sha256(utf8(`value ${number}`))
export const bitsOf = (key: Uint8Array) =>
  Array.from(key, (byte) => byte.toString(2).padStart(8, '0')).join('')

/** A tree as the definition reads aloud, in no way clever: what the real one is held against. */
export class NaiveTree {
  readonly entries = new Map<string, SparseEntry>()

  change(changes: readonly KeyChange[]) {
    for (const { key, value } of changes) {
      if (value === null) this.entries.delete(bitsOf(key))
      else this.entries.set(bitsOf(key), { key, value })
    }
  }

  value(key: Uint8Array) {
    return this.entries.get(bitsOf(key))?.value ?? null
  }

  root(): Uint8Array {
    const below = (all: [string, SparseEntry][], depth: number): Uint8Array => {
      if (all.length === 0) return new Uint8Array(32)
      if (all.length === 1) return sha256(Uint8Array.of(2), all[0]![1].key, all[0]![1].value)
      const halves = ['0', '1'].map((bit) => all.filter(([bits]) => bits[depth] === bit))
      return sha256(Uint8Array.of(3), ...halves.map((half) => below(half, depth + 1)))
    }
    return below([...this.entries], 0)
  }
}

/** Batches of changes over a small world of keys, so that they keep meeting each other. */
export const changeBatches = (batches: number, changes: number, keys: number) =>
  fc
    .tuple(
      fc.constantFrom(keyOf, crowdedKey),
      fc.array(
        fc.uniqueArray(
          fc.record({ key: fc.nat(keys - 1), value: fc.option(fc.nat(99), { freq: 3 }) }),
          { selector: ({ key }) => key, maxLength: changes },
        ),
        { maxLength: batches },
      ),
    )
    .map(([key, all]) => ({
      key,
      batches: all.map((batch) =>
        batch.map(
          ({ key: number, value }): KeyChange => ({
            key: key(number),
            value: value === null ? null : valueOfNumber(value),
          }),
        ),
      ),
    }))
