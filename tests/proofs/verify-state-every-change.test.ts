import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import type { StateLeaf } from '../../proofs/leaf.ts'
import { exitCode } from '../../proofs/report.ts'
import { type InEdge, inRoot } from '../../proofs/state.ts'
import type { ShownInSet } from '../../proofs/state-part.ts'
import type { ProvenEntity, StateProof } from '../../proofs/state-proof.ts'
import { verifyState } from '../../proofs/verify-state.ts'
import { trustIn } from '../make/bundle.ts'
import { strayLeaf, type TestLog } from '../make/log.ts'
import { statesOf } from '../make/state.ts'
import { makeStateProof } from '../make/state-proof.ts'
import { ENTITIES, stories, truthOf, writeStory } from '../make/story.ts'

const statesIn = (log: TestLog) => log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')

/** Whether all that a state proof says is so, and it says it of the last state at or before its position. */
function isSo(log: TestLog, { asOf, leaf, last, entities }: StateProof) {
  const states = statesIn(log)
  const end = states.at(-1)!
  if (leaf.size > asOf || asOf > log.leaves.length) return false
  if (
    !isDeepStrictEqual(last ?? leaf, end) ||
    (last && (leaf.size === end.size || asOf >= end.size))
  ) {
    return false
  }
  const { latest } = truthOf(log, leaf.size)
  const inSets = statesOf(log.leaves.slice(0, leaf.size))
  const isSet = (set: ShownInSet, edges: readonly InEdge[]) =>
    isDeepStrictEqual(
      set instanceof Uint8Array ? b64(set) : set,
      set instanceof Uint8Array ? b64(inRoot(sha256, edges)) : edges,
    )
  return entities.every(({ id, current }) => {
    const header = latest.get(id)
    if (current === null || header === undefined) return current === null && header === undefined
    const { design, run } = inSets.get(id)!
    return (
      isDeepStrictEqual(current.header, header) &&
      isSet(current.design, design) &&
      isSet(current.run, run)
    )
  })
}

type Change = (proof: StateProof) => StateProof

/** Every change of what is said of one id: that it is not there, another version, other neighbours, another id. */
function entityChanges(log: TestLog, id: string, at: number): Change[] {
  const states = statesOf(log.leaves.slice(0, at))
  const to =
    (change: (one: ProvenEntity) => ProvenEntity[]): Change =>
    (proof) => ({
      ...proof,
      entities: proof.entities.flatMap((one) => (one.id === id ? change(one) : [one])),
    })
  const current = (said: Partial<NonNullable<ProvenEntity['current']>>) =>
    to((one) => [one.current ? { ...one, current: { ...one.current, ...said } } : one])
  const versions = log.leaves.filter((leaf) => leaf.v === 'selvedge/record/1' && leaf.id === id)
  const own = states.get(id)?.design ?? []
  return [
    to((one) => [{ ...one, current: null }]),
    to(() => []),
    to((one) => [one, { id: `${id.slice(0, -1)}_`, current: null }]),
    ...versions.map((header) =>
      to(() => [
        { id, current: { header, design: own, run: states.get(id)?.run ?? [] } } as ProvenEntity,
      ]),
    ),
    current({ design: inRoot(sha256, own) }),
    ...[...states.values()].flatMap(({ design, run }) => [current({ design }), current({ run })]),
    ...own.flatMap((edge, i) => [
      current({ design: own.toSpliced(i, 1) }),
      current({ design: own.with(i, { ...edge, leaf: strayLeaf('else') }) }),
    ]),
  ]
}

/** Every change of when it is said to be so. */
function timeChanges(log: TestLog): Change[] {
  const ends: (StateLeaf | null)[] = [null, ...statesIn(log)]
  return [
    ...Array.from(
      { length: log.leaves.length + 2 },
      (_, asOf): Change =>
        (proof) => ({ ...proof, asOf }),
    ),
    ...ends.map(
      (last): Change =>
        (proof) => ({ ...proof, last }),
    ),
  ]
}

it('takes a state proof exactly where all of it is so, whatever is changed of a genuine one', async () => {
  let [taken, refused] = [0, 0]
  for (const story of fc.sample(stories, {
    numRuns: Number(process.env.MANY ?? 5),
    seed: Number(process.env.SEED ?? 4),
  })) {
    const log = writeStory(story)
    const trust = trustIn(log)
    const ids = Array.from({ length: ENTITIES }, (_, i) => log.idOf('Dataset', `e${i}`)).sort()
    const proved = ids.filter((_, i) => i % 2 === story.length % 2)
    for (const { size } of statesIn(log).slice(-3)) {
      const changes = [
        (proof: StateProof) => proof,
        ...proved.flatMap((id) => entityChanges(log, id, size)),
        ...timeChanges(log),
      ]
      for (const [i, change] of changes.entries()) {
        let said: StateProof | undefined
        const shown = (proof: StateProof) => {
          said = change(proof)
          return said
        }
        const bytes = makeStateProof(log, proved, { shown }, size)
        const report = await verifyState({ sha256, bytes, trust })
        const is = isSo(log, said!)
        const yes = exitCode(report) === 0
        // Of other ids than were proven a proof can be one too, by chance: those that end at the same place.
        const isOfThese = isDeepStrictEqual(
          said!.entities.map(({ id }) => id),
          proved,
        )
        if (isOfThese || yes) expect(yes, `change ${i} of the state at ${size}`).toBe(is)
        if (yes) taken++
        else refused++
      }
    }
  }
  expect(taken).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(500)
}, 120_000)
