import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import {
  parseUsageProof,
  readSealed,
  verifyUsage,
  verifyUsageWindow,
} from '../../proofs/usage-proof.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { type UsageVectors, usageVectors } from '../make/usage-vectors.ts'

const VECTORS = 'docs/specs/vectors/usage.json'
const made = `${JSON.stringify(usageVectors(), null, 1)}\n`
if (!existsSync(VECTORS)) writeFileSync(VECTORS, made)
const { proofs, windows } = JSON.parse(readFileSync(VECTORS, 'utf8')) as UsageVectors

const codeOf = (work: () => void) => {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof ProofError ? error.code : String(error)
  }
}

it('is published as it is made', () => expect(readFileSync(VECTORS, 'utf8')).toBe(made))

it.each(proofs)('a proof: $what', ({ proof, fields, code }) => {
  expect(
    codeOf(() => {
      const { record: _, ...shown } = parseUsageProof(utf8(proof))
      verifyUsage(sha256, shown, readSealed(fields))
    }),
  ).toBe(code)
})

it.each(windows)('a window: $what', ({ events, fields, code }) => {
  const all = events as Parameters<typeof verifyUsageWindow>[1]
  expect(codeOf(() => verifyUsageWindow(sha256, all, readSealed(fields)))).toBe(code)
})

it('has every code that verifying usage may end with', () => {
  const codes = new Set([...proofs, ...windows].map(({ code }) => code))
  for (const code of ['USAGE_WINDOW', 'USAGE_TOTAL', 'SIZES', 'FIELD_ORDER', 'ROOT_MISMATCH']) {
    expect(codes).toContain(`PROOF_${code}`)
  }
})
