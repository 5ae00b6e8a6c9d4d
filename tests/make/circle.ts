import { sha256 } from '../../core/sha256.ts'
import { inRoot } from '../../proofs/state.ts'
import type { Changes } from './bundle.ts'
import { makeLog } from './log.ts'

const DERIVED = 'WAS_DERIVED_FROM'

/**
 * A log in which things are made from each other in a circle: `turn` is made from the root, and the root
 * from `turn` by way of another, so that it lies one hop downstream and two hops upstream. Only `behind`
 * is made from `turn` beside.
 */
export function circle() {
  const log = makeLog()
  const root = log.assert('Dataset', 'root', {}).id
  const turn = log.assert('Dataset', 'turn', {}, [[DERIVED, root]]).id
  const back = log.assert('Dataset', 'back', {}, [[DERIVED, turn]]).id
  log.assert('Dataset', 'root', { again: true }, [[DERIVED, back]])
  const behind = log.assert('Dataset', 'behind', {}, [[DERIVED, turn]]).id
  log.state()
  const question = { root, direction: 'BOTH', depth: 2 } as const

  /** Leaves one entity out, and shows `turn` as the boundary upstream alone: without its edges. */
  const hide = (id: string): Changes => ({
    records: (records) =>
      records
        .filter(({ header }) => header.id !== id)
        .map((shown) => (shown.header.id === turn ? { ...shown, out: null } : shown)),
    state: (part) => ({
      ...part,
      entities: part.entities.map((one) =>
        one.id === turn && !(one.design instanceof Uint8Array)
          ? { ...one, design: inRoot(sha256, one.design) }
          : one,
      ),
    }),
  })

  return { log, question, behind, hide }
}
