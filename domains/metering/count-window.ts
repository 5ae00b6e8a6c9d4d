import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { type UsageRow, type UsageWindow, usageInOrder } from '../../lineage/usage.ts'
import { b64 } from '../../proofs/base64.ts'
import { addDecimal, type DecimalSum, writeDecimal } from '../../proofs/decimal-sum.ts'
import { BLOCK, blockRoot, rootOfBlocks } from '../../proofs/usage-tree.ts'
import { spanOf } from './window.ts'

/** What a closed window comes to. */
export interface Counted {
  /** As its record says it. */
  said: {
    count: number
    late: number
    total: string
    least: string
    greatest: string
    root: string
  }
  /** The roots of the blocks of its tree, and the key of the first event of each. */
  blocks: Uint8Array[]
  firsts: string[]
}

/** What is hashed at one go; others have their turn between two. */
const EVENTS_A_READ = 8 * BLOCK

/** Counts the events of a closed window, in memory that does not grow with them but for a hash a block. */
export async function countWindow(ask: Ask, window: UsageWindow): Promise<Counted> {
  const { from } = spanOf(window)
  const tally = newTally()
  for (let after = ''; ; ) {
    const rows = await usageInOrder(ask, { window: window.id, after, first: EVENTS_A_READ })
    for (let at = 0; at < rows.length; at += BLOCK) {
      tally.blocks.push(blockRoot(sha256, rows.slice(at, at + BLOCK)))
      tally.firsts.push(rows[at]!.key)
    }
    for (const row of rows) add(tally, row, from)
    if (rows.length < EVENTS_A_READ) break
    after = rows.at(-1)!.key
  }
  return countedBy(tally)
}

interface Tally extends Pick<Counted, 'blocks' | 'firsts'> {
  count: number
  late: number
  total: DecimalSum
  least: DecimalSum | null
  greatest: DecimalSum | null
}

const newTally = (): Tally => ({
  ...{ blocks: [], firsts: [], count: 0, late: 0, total: 0n, least: null, greatest: null },
})

function add(tally: Tally, { value, time }: UsageRow, from: string) {
  tally.count += 1
  if (time !== null && time < from) tally.late += 1
  if (value === null) return
  const amount = addDecimal(0n, value)
  tally.total += amount
  if (tally.least === null || amount < tally.least) tally.least = amount
  if (tally.greatest === null || amount > tally.greatest) tally.greatest = amount
}

function countedBy({ blocks, firsts, count, late, ...sums }: Tally): Counted {
  const { total, least, greatest } = sums
  return {
    ...{ blocks, firsts },
    said: {
      ...{ count, late, total: writeDecimal(total) },
      least: writeDecimal(least ?? 0n),
      greatest: writeDecimal(greatest ?? 0n),
      root: b64(rootOfBlocks(sha256, blocks)),
    },
  }
}
