import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { ProofCode } from '../../proofs/error.ts'
import { leafHash, nodeHash } from '../../proofs/hash.ts'
import { utf8 } from '../../proofs/utf8.ts'

/** Expects the call to throw the `ProofError` of this code. */
export const expectCode = (call: () => unknown, code: ProofCode) =>
  expect(call).toThrow(expect.objectContaining({ code }))

const VECTORS = new URL('../fixtures/vectors/', import.meta.url)

/** Reads one file of tests/fixtures/vectors. */
export const vectorText = (path: string) => readFileSync(new URL(path, VECTORS), 'utf8')

/** Reads every JSON file below a folder of tests/fixtures/vectors, each with its path. */
export const vectorFiles = (folder: string) =>
  readdirSync(new URL(folder, VECTORS), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort()
    .map((path) => ({
      path,
      text: readFileSync(`${new URL(folder, VECTORS).pathname}/${path}`, 'utf8'),
    }))

export const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
export const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Leaf hashes of the texts `leaf 0`, `leaf 1` and so on. */
export const someLeaves = (count: number) =>
  Array.from({ length: count }, (_, i) => leafHash(sha256, utf8(`leaf ${i}`)))

/**
 * The tree as RFC 6962 section 2.1 words it, over ranges of one list of leaves: slow, obvious, and
 * remembering what it has worked out, so that all prefixes of a list can be asked for.
 */
export function naiveTree(leaves: readonly Uint8Array[]) {
  const known = new Map<number, Uint8Array>()
  const root = (start: number, end: number): Uint8Array => {
    if (start === end) return sha256()
    if (end - start === 1) return leaves[start]!
    const key = start * (leaves.length + 1) + end
    const hash = known.get(key) ?? join(start, end)
    known.set(key, hash)
    return hash
  }
  const join = (start: number, end: number) => {
    let k = 1
    while (k * 2 < end - start) k *= 2
    return nodeHash(sha256, root(start, start + k), root(start + k, end))
  }
  return root
}
