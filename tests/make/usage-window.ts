import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { addDecimal, writeDecimal } from '../../proofs/decimal-sum.ts'
import type { SealedWindow, UsageProof } from '../../proofs/usage-proof.ts'
import {
  BLOCK,
  blockRoots,
  rootOfBlocks,
  usageCommitment,
  usageInclusion,
  usageKey,
} from '../../proofs/usage-tree.ts'
import { utf8 } from '../../proofs/utf8.ts'

export const RECORD = `urn:selvedge:meteringrecord:h:${'A'.repeat(43)}`
export const saltOf = (i: number) => b64(sha256(utf8(`salt ${i}`)))

/** A window of `n` events, each with its salt, in the order of the tree. */
export function windowOf(n: number, amountOf: (i: number) => string = (i) => String(i % 7)) {
  const events = Array.from({ length: n }, (_, i) => ({
    event: {
      ...{ specversion: '1.0', id: `e${i}`, source: '/shop', type: 'api.calls', subject: 'acme' },
      ...{ time: '2026-03-31T09:15:02Z', data: { value: amountOf(i), unit: 'calls' } },
    },
    salt: saltOf(i),
  }))
  const leaves = events
    .map(({ event, salt }) => ({
      key: usageKey(sha256, event.source, event.id),
      c: usageCommitment(sha256, salt, event),
      event,
      salt,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const blocks = blockRoots(sha256, leaves)
  const total = events.reduce((sum, { event }) => addDecimal(sum, event.data.value), 0n)
  const window: SealedWindow = {
    ...{ meter: 'api.calls', subject: 'acme', unit: 'calls', count: n, total: writeDecimal(total) },
    ...{ from: '2026-03-31T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z' },
    root: b64(rootOfBlocks(sha256, blocks)),
  }
  const prove = (index: number): UsageProof => {
    const from = Math.floor(index / BLOCK) * BLOCK
    const own = leaves.slice(from, from + BLOCK)
    const { event, salt } = leaves[index]!
    const inclusion = usageInclusion(sha256, { index, size: n }, { blocks, own })
    return { record: RECORD, event, salt, ...inclusion }
  }
  return { events, leaves, window, prove }
}
