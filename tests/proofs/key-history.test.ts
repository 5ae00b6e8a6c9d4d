import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { AnchorProof } from '../../proofs/anchors.ts'
import type { KeyLeaf } from '../../proofs/leaf.ts'
import type { Trust } from '../../proofs/trust.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { type Exported, type KeyStep, KeyWorld, keyHistory } from '../make/key-history.ts'
import { makeKey } from '../make/keys.ts'

type Use = KeyLeaf['use']
const USES: readonly Use[] = ['checkpoint', 'manifest']

function played(steps: readonly KeyStep[]) {
  const world = new KeyWorld()
  for (const step of steps) world.play(step)
  world.export()
  return world
}

async function verdictOf(bytes: Uint8Array, trust: Trust, anchors: readonly AnchorProof[] = []) {
  const { verdict, checks, erased } = await verifyBundle({ sha256, bytes, trust, anchors })
  const { intact, authentic } = verdict
  return { intact: intact.result, authentic: authentic.result, checks, erased: erased.length }
}

/**
 * Whether the records that a bundle shows lead from the first key of a use to its signer without a key
 * before it that any of them calls compromised: followed back, and not as the verifier does it.
 */
function leadsBack({ records, signers }: Exported, use: Use, first: string): boolean {
  let kid = signers[use]
  const lost = (one: string) =>
    records.some((leaf) => leaf.event === 'compromise' && leaf.use === use && leaf.kid === one)
  while (kid !== first) {
    const added = records.find(
      (leaf) => leaf.event === 'add' && leaf.use === use && leaf.kid === kid,
    )
    if (!added?.prev || lost(added.prev)) return false
    kid = added.prev
  }
  return true
}

it('every bundle stays intact for ever, whatever is erased, and authentic as the whole trust root says of its keys', async () => {
  let erased = 0
  await fc.assert(
    fc.asyncProperty(keyHistory(14), async (steps) => {
      const world = played(steps)
      const { schedule } = world
      const isLost = (kid: string) => schedule.some((key) => key.kid === kid && key.compromised)
      for (const one of world.exported) {
        const { size, signers, bytes } = one
        const genuine = isLost(signers.manifest) || isLost(signers.checkpoint) ? 'fail' : 'pass'
        const plain = await verdictOf(bytes, world.wholeTrust(false))
        expect([plain.intact, plain.authentic]).toEqual(['pass', genuine])
        erased += plain.erased
        // What a lost checkpoint key had signed counts again where an anchor holds all of it.
        const anchored = await verdictOf(bytes, world.wholeTrust(true), world.proofFrom(size))
        expect([anchored.intact, anchored.authentic]).toEqual([
          'pass',
          isLost(signers.manifest) ? 'fail' : 'pass',
        ])
      }
    }),
    { numRuns: 60 },
  )
  expect(erased).toBeGreaterThan(0)
}, 240_000)

it('whoever knows the first keys alone believes what records lead to, and nothing behind a lost key', async () => {
  await fc.assert(
    fc.asyncProperty(keyHistory(14), async (steps) => {
      const world = played(steps)
      const [checkpoint, manifest] = world.keyLeaves.map(({ kid }) => kid)
      const first = { checkpoint: checkpoint!, manifest: manifest! }
      for (const one of world.exported) {
        const { intact, authentic } = await verdictOf(one.bytes, world.firstTrust())
        const leads = USES.every((use) => leadsBack(one, use, first[use]))
        expect([intact, authentic]).toEqual(['pass', leads ? 'pass' : 'fail'])
      }
    }),
    { numRuns: 60 },
  )
}, 240_000)

/** What a thief does with a key: goes on from the log as it was, with records and keys of his own. */
const theft = fc.record({
  cut: fc.nat(30),
  more: fc.integer({ min: 1, max: 12 }),
  own: fc.boolean(),
})

it('a thief of keys that are retired or compromised makes nothing that the whole trust root believes, but below their end', async () => {
  await fc.assert(
    fc.asyncProperty(keyHistory(12), theft, fc.nat(9), async (steps, { cut, more, own }, which) => {
      const world = played(steps)
      const trust = world.wholeTrust(true)
      const ended = world.schedule.filter(
        ({ use, until }) => use === 'checkpoint' && until !== null,
      )
      fc.pre(ended.length > 0)
      const stolen = ended[which % ended.length]!
      const thief = new KeyWorld()
      // His history is the true one up to some point, and another from there on.
      thief.log.leaves.splice(0, thief.log.leaves.length, ...world.log.leaves.slice(0, 4 + cut))
      const key = world.keys.get(stolen.kid)!
      const mine = makeKey('of the thief')
      if (own) thief.log.keyRecord('add', { use: 'checkpoint', key: mine, prev: key })
      for (let i = 0; i < more + 2; i++) thief.log.assert('Dataset', `false ${i}`, {})
      // He has the manifest key too, one that the trust root still believes.
      const manifest = world.signer('manifest')
      const forged = world.bundle(thief.log, { checkpoint: own ? mine : key, manifest })
      const { authentic, checks } = await verdictOf(forged.bytes, trust)
      const manifestStands = world.schedule.some(
        ({ kid, from, until }) =>
          kid === manifest.kid && from <= forged.size && (until === null || forged.size < until),
      )
      const believed =
        !own && !stolen.compromised && stolen.from <= forged.size && forged.size < stolen.until!
      const forked = forged.size === world.log.leaves.length
      expect(authentic, JSON.stringify(checks.filter(({ result }) => result === 'fail'))).toBe(
        believed && manifestStands && !forked ? 'pass' : 'fail',
      )
    }),
    { numRuns: 150 },
  )
}, 240_000)

it('no bundle of which a bit was changed is both intact and authentic', async () => {
  await fc.assert(
    fc.asyncProperty(
      keyHistory(10),
      fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 8, maxLength: 8 }),
      async (steps, flips) => {
        const world = played(steps)
        const trust = world.wholeTrust(true)
        const { bytes, size } = world.exported.at(-1)!
        for (const [at, bit] of flips) {
          const mutated = bytes.slice()
          mutated[at % bytes.length]! ^= 1 << bit
          const { intact, authentic } = await verdictOf(mutated, trust, world.proofFrom(size))
          expect([intact, authentic]).not.toEqual(['pass', 'pass'])
        }
      },
    ),
    { numRuns: 30 },
  )
}, 240_000)
