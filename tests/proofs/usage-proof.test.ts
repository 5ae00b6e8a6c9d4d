import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { addDecimal, writeDecimal } from '../../proofs/decimal-sum.ts'
import { ProofError } from '../../proofs/error.ts'
import { rootOf } from '../../proofs/merkle.ts'
import {
  parseUsageProof,
  readSealed,
  usageProofBytes,
  verifyUsage,
  verifyUsageWindow,
} from '../../proofs/usage-proof.ts'
import { usageLeafHash } from '../../proofs/usage-tree.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { saltOf, windowOf } from '../make/usage-window.ts'

const codeOf = (work: () => void) => {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof ProofError ? error.code : String(error)
  }
}

const SIZES = [1, 2, 3, 255, 256, 257, 511, 512, 513, 700, 1_025]

it.each(SIZES)('proves events of a window of %i, each in its place and in no other', (n) => {
  const { leaves, window, prove } = windowOf(n)
  const hashes = leaves.map((leaf) => usageLeafHash(sha256, leaf))
  expect(window.root).toBe(b64(rootOf(sha256, hashes)))
  const places = [0, 1, 2, 254, 255, 256, 257, 511, 512, n - 2, n - 1].filter(
    (i) => i >= 0 && i < n,
  )
  for (const index of places) {
    const proof = parseUsageProof(usageProofBytes(prove(index)))
    expect(proof).toEqual(prove(index))
    verifyUsage(sha256, proof, window)
    const other = (index + 1) % n
    if (other !== index) {
      expect(codeOf(() => verifyUsage(sha256, { ...proof, index: other }, window))).toMatch(
        /^PROOF_(ROOT_MISMATCH|PATH_LENGTH)$/,
      )
    }
  }
})

describe('a proof', () => {
  const { prove, window } = windowOf(300)
  const proof = prove(270)
  const event = (change: object) => ({ ...proof, event: { ...proof.event, ...change } }) as never

  it.each([
    ['another amount', event({ data: { value: '8', unit: 'calls' } }), 'PROOF_ROOT_MISMATCH'],
    ['another id', event({ id: 'e' }), 'PROOF_ROOT_MISMATCH'],
    ['another source', event({ source: '/shops' }), 'PROOF_ROOT_MISMATCH'],
    ['another time', event({ time: '2026-03-31T09:15:03Z' }), 'PROOF_ROOT_MISMATCH'],
    ['a time after the window', event({ time: '2026-04-01T00:00:00Z' }), 'PROOF_USAGE_WINDOW'],
    ['no time', event({ time: undefined }), 'PROOF_VALUE'],
    ['another meter', event({ type: 'api' }), 'PROOF_USAGE_WINDOW'],
    ['another subject', event({ subject: 'other' }), 'PROOF_USAGE_WINDOW'],
    ['no subject', event({ subject: undefined }), 'PROOF_USAGE_WINDOW'],
    ['another unit', event({ data: { value: '1', unit: 'GB' } }), 'PROOF_USAGE_WINDOW'],
    ['something added', event({ more: 1 }), 'PROOF_ROOT_MISMATCH'],
    ['another salt', { ...proof, salt: saltOf(1_000) }, 'PROOF_ROOT_MISMATCH'],
    ['a short salt', { ...proof, salt: 'AAAA' }, 'PROOF_HASH_LENGTH'],
    ['a window of another size', { ...proof, size: 301 }, 'PROOF_SIZES'],
    ['a hash too many', { ...proof, path: [...proof.path, proof.path[0]!] }, 'PROOF_PATH_LENGTH'],
    ['a hash too few', { ...proof, path: proof.path.slice(1) }, 'PROOF_PATH_LENGTH'],
    ['hashes in another order', { ...proof, path: proof.path.toReversed() }, 'PROOF_ROOT_MISMATCH'],
    ['a place beyond the end', { ...proof, index: 300 }, 'PROOF_INDEX_OUT_OF_RANGE'],
  ])('of %s fails', (_what, forged, code) => {
    expect(codeOf(() => verifyUsage(sha256, forged, window))).toBe(code)
  })

  it('fails against the record of another window', () => {
    const other = { ...window, root: b64(sha256(utf8('another'))) }
    expect(codeOf(() => verifyUsage(sha256, proof, other))).toBe('PROOF_ROOT_MISMATCH')
  })

  it('fails where any bit of any hash on its path is another', () => {
    fc.assert(
      fc.property(fc.nat(proof.path.length - 1), fc.nat(255), (at, bit) => {
        const path = proof.path.map((hash) => Uint8Array.from(hash))
        path[at]![bit >> 3]! ^= 1 << (bit & 7)
        expect(codeOf(() => verifyUsage(sha256, { ...proof, path }, window))).toBe(
          'PROOF_ROOT_MISMATCH',
        )
      }),
      { numRuns: 200 },
    )
  })

  it('is read strictly', () => {
    const text = Buffer.from(usageProofBytes(proof)).toString()
    const read = (changed: string) => codeOf(() => parseUsageProof(utf8(changed)))
    expect(read(text)).toBeUndefined()
    expect(read(` ${text}`)).toBe('PROOF_JSON_NOT_CANONICAL')
    expect(read(text.replace('usage-proof/1', 'usage-proof/2'))).toBe('PROOF_VALUE')
    expect(read(text.replace('"index":270', '"index":270.5'))).toBe('PROOF_VALUE')
    expect(read(text.replace(/,"v":"[^"]*"/, ''))).toBe('PROOF_MEMBERS')
    expect(read('{}')).toBe('PROOF_MEMBERS')
  })
})

describe('a whole window', () => {
  const { events, window } = windowOf(300)

  it('is verified by all its events in any order, and by no others', () => {
    verifyUsageWindow(sha256, events.toReversed(), window)
    const lacking = { ...window, count: 299 }
    expect(codeOf(() => verifyUsageWindow(sha256, events.slice(1), window))).toBe('PROOF_SIZES')
    expect(codeOf(() => verifyUsageWindow(sha256, events.slice(1), lacking))).toBe(
      'PROOF_ROOT_MISMATCH',
    )
    const twice = [...events.slice(1), events[1]!]
    expect(codeOf(() => verifyUsageWindow(sha256, twice, window))).toBe('PROOF_FIELD_ORDER')
  })

  it('comes to the total that its record states', () => {
    expect(codeOf(() => verifyUsageWindow(sha256, events, { ...window, total: '1' }))).toBe(
      'PROOF_USAGE_TOTAL',
    )
  })

  it('is read from the fields of a body, whatever else they say', () => {
    expect(readSealed({ ...window, namespace: 'x' })).toEqual(window)
    const { root: _, ...withheld } = window
    expect(codeOf(() => readSealed(withheld))).toBe('PROOF_VALUE')
  })
})

it('adds decimal numbers exactly, as whole numbers of 10^-12 do', () => {
  const decimal = fc
    .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n - 1n }))
    .map(([isMinus, units]) => (isMinus ? -units : units))
  fc.assert(
    fc.property(fc.array(decimal, { maxLength: 20 }), (units) => {
      const sum = units.map(writeDecimal).reduce(addDecimal, 0n)
      expect(sum).toBe(units.reduce((a, b) => a + b, 0n))
    }),
  )
  expect(writeDecimal(addDecimal(addDecimal(0n, '0.1'), '0.2'))).toBe('0.3')
  expect(writeDecimal(addDecimal(0n, '-0.50'))).toBe('-0.5')
  expect(writeDecimal(addDecimal(0n, '-0'))).toBe('0')
  for (const bad of ['', '1e3', '.5', '01', '+1', '1.', '1'.repeat(19), `0.${'1'.repeat(13)}`]) {
    expect(codeOf(() => addDecimal(0n, bad))).toBe('PROOF_VALUE')
  }
})
