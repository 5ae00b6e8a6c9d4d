import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { erasuresBytes, parseErasures } from '../../proofs/erasures.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { smallLog } from '../make/small-log.ts'

const { log, raw, rates } = smallLog()
const erased = [log.erase(raw), log.erase(rates)]

it('reads what it writes, header by header', () => {
  const read = parseErasures(sha256, erasuresBytes(erased))
  expect(read.map(({ header }) => header)).toEqual(erased)
})

it.each([
  ['nothing', [], 'PROOF_ERASURES'],
  ['records in the wrong order', erased.toReversed(), 'PROOF_ERASURES'],
  ['a record twice', [erased[0]!, erased[0]!], 'PROOF_ERASURES'],
  ['a record that erases nothing', [log.shown(raw, 6)!.header], 'PROOF_ERASURES'],
  ['an erasure without targets', [{ ...erased[0]!, targets: [] }], 'PROOF_LEAF_TARGETS'],
  ['an erasure of what comes later', [{ ...erased[0]!, targets: [1_000] }], 'PROOF_LEAF_TARGETS'],
] satisfies [string, RecordHeader[], string][])('refuses %s', (_what, headers, code) => {
  expect(() => parseErasures(sha256, erasuresBytes(headers))).toThrow(
    expect.objectContaining({ code }),
  )
})

it('refuses a last line without an end', () => {
  expect(() => parseErasures(sha256, utf8('{}'))).toThrow(
    expect.objectContaining({ code: 'PROOF_ERASURES' }),
  )
})
