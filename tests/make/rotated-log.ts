import type { KeyLeaf } from '../../proofs/leaf.ts'
import { type Changes, makeBundle, type TestBundle } from './bundle.ts'
import { makeKey, type TestKey } from './keys.ts'
import type { TestLog } from './log.ts'
import { type Small, smallLog } from './small-log.ts'
import { makeWitness } from './witness.ts'

/** A log whose keys were both replaced once, by the rules: added by the old, then the old retired. */
export interface Rotated extends Small {
  next: { checkpoint: TestKey; manifest: TestKey }
  /** All key records after the first two. */
  keyRecords: KeyLeaf[]
}

/** The small log, its two keys rotated, and records behind them, so that the new keys stand. */
export function rotatedLog(): Rotated {
  const small = smallLog()
  const { log } = small
  const next = { checkpoint: makeKey('next checkpoint'), manifest: makeKey('next manifest') }
  const keyRecords = (['checkpoint', 'manifest'] as const).flatMap((use) => rotate(log, next, use))
  for (let i = 0; i < 4; i++) log.assert('Dataset', `after-${i}`, {})
  return { ...small, next, keyRecords }
}

function rotate(log: TestLog, next: Rotated['next'], use: KeyLeaf['use']) {
  const from = log.leaves.length + 3
  const [old, key] = [log.keys[use], next[use]]
  return [
    log.keyRecord('add', { use, key, prev: old, from }),
    log.keyRecord('retire', { use, key: old, prev: key, from }),
  ]
}

/** Who cosigns the bundles of the rotated log. */
export const rotatedWitnesses = ['one.example/w', 'two.example/w'].map(makeWitness)

/** What `makeBundle` makes of it, cosigned, signed with the new keys; the trust root lists the first two only. */
export const rotatedBundle = (rotated: Rotated, changes: Changes = {}): TestBundle =>
  makeBundle(
    rotated.log,
    {
      question: { root: rotated.report, direction: 'UPSTREAM', depth: 5 },
      keys: rotated.keyRecords,
      witnesses: rotatedWitnesses,
    },
    { checkpointKey: rotated.next.checkpoint, manifestKey: rotated.next.manifest, ...changes },
  )
