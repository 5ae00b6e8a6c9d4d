import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { AnchorProof } from '../../proofs/anchors.ts'
import { b64 } from '../../proofs/base64.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { chainKeys } from '../../proofs/keychain.ts'
import { hashLeaf, type KeyLeaf, type Leaf } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { exitCode } from '../../proofs/report.ts'
import type { Trust } from '../../proofs/trust.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { makeBundle, trustKey } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { makeLog } from '../make/log.ts'
import { rotatedBundle, rotatedLog, rotatedWitnesses } from '../make/rotated-log.ts'

const rotated = rotatedLog()
const { log, next, keyRecords } = rotated
const question = { root: rotated.report, direction: 'UPSTREAM', depth: 5 } as const
const hashes = (leaves: readonly Leaf[]) => leaves.map((leaf) => hashLeaf(sha256, leaf))
const rootAt = (size: number, leaves = log.leaves) =>
  b64(rootOf(sha256, hashes(leaves.slice(0, size))))

const changed = (trust: Trust, change: Partial<Trust['logs'][number]>): Trust => ({
  ...trust,
  logs: [{ ...trust.logs[0]!, ...change }],
})

const judged = async (
  bundle: { bytes: Uint8Array; trust: Trust },
  anchors: readonly AnchorProof[] = [],
) => {
  const report = await verifyBundle({ sha256, ...bundle, anchors })
  const failed = report.checks.filter(({ result }) => result === 'fail')
  return { exit: exitCode(report), codes: failed.map(({ code }) => code), report }
}

/** The bundle that the first keys signed, before they were replaced. */
const old = { ...log, leaves: log.leaves.slice(0, keyRecords[0]!.seq) }
const oldSize = old.leaves.length

describe('a bundle signed after both keys were rotated', () => {
  it('is genuine to a reader who knows only the first keys, by the records that lead on', async () => {
    const { exit, report } = await judged(rotatedBundle(rotated))
    expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
    expect(exit).toBe(0)
  })

  it('is genuine to a reader who lists the new keys alone', async () => {
    const bundle = rotatedBundle(rotated)
    const keys = [trustKey('checkpoint', next.checkpoint), trustKey('manifest', next.manifest)]
    expect((await judged({ ...bundle, trust: changed(bundle.trust, { keys }) })).exit).toBe(0)
  })

  it('is not, where a first key signs beyond the size at which the trust root ends it', async () => {
    const bundle = makeBundle(log, { question })
    const keys = bundle.trust.logs[0]!.keys.map((key) => ({ ...key, until: oldSize + 1 }))
    expect((await judged({ ...bundle, trust: changed(bundle.trust, { keys }) })).codes).toEqual([
      'PROOF_TRUST_KEY_RETIRED',
      'PROOF_TRUST_KEY_RETIRED',
    ])
  })
})

describe('a bundle signed by keys retired since', () => {
  it('stays genuine: a retired key stands for the sizes below its end', async () => {
    const bundle = makeBundle(old, { question })
    const keys = bundle.trust.logs[0]!.keys.map((key) => ({ ...key, until: oldSize + 1 }))
    expect((await judged({ ...bundle, trust: changed(bundle.trust, { keys }) })).exit).toBe(0)
  })
})

describe('a checkpoint by a key that is compromised', () => {
  const bundle = makeBundle(old, { question })
  const keys = bundle.trust.logs[0]!.keys.map((key) => ({
    ...key,
    compromised: key.use === 'checkpoint',
  }))
  const anchored = (size: number, root = rootAt(size)) =>
    changed(bundle.trust, { keys, anchors: [{ size, root }] })
  const proof = (size: number) => {
    const [low, high] = [Math.min(size, oldSize), Math.max(size, oldSize)]
    const path = consistencyRanges(low, high).map(({ start, end }) =>
      rootOf(sha256, hashes(log.leaves.slice(start, end))),
    )
    return [{ size, path }]
  }

  it('counts for nothing by itself', async () => {
    const { codes } = await judged({ ...bundle, trust: changed(bundle.trust, { keys }) })
    expect(codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
  })

  it('counts where it is the anchor itself', async () => {
    expect((await judged({ ...bundle, trust: anchored(oldSize) })).exit).toBe(0)
  })

  it('counts where a proof shows a later anchor to begin with it, given beside the bundle', async () => {
    const size = log.leaves.length
    const trusting = { ...bundle, trust: anchored(size) }
    expect((await judged(trusting, proof(size))).exit).toBe(0)
    expect((await judged(trusting)).codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
  })

  it('counts where the bundle itself brings that proof', async () => {
    const size = log.leaves.length
    const { bytes } = makeBundle(old, { question, anchors: proof(size) })
    expect((await judged({ bytes, trust: anchored(size) })).exit).toBe(0)
  })

  it('does not count for what comes behind an anchor, where whoever has the key may add at will', async () => {
    const trusting = { ...bundle, trust: anchored(oldSize - 4) }
    const { codes } = await judged(trusting, proof(oldSize - 4))
    expect(codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
  })

  it('is refused as a fork where its own size is an anchor with another root', async () => {
    const trusting = { ...bundle, trust: anchored(oldSize, rootAt(oldSize - 1)) }
    expect((await judged(trusting)).codes).toEqual(['PROOF_ANCHOR_FORK'])
  })

  it.each([
    ['counts where a quorum cosigned it below the size of the compromise', oldSize + 1, []],
    ['does not count where it is of that size', oldSize, ['PROOF_TRUST_KEY_COMPROMISED']],
    ['does not count where nobody knows that size', null, ['PROOF_TRUST_KEY_COMPROMISED']],
  ])('%s', async (_what, until, codes) => {
    const cosigned = makeBundle(old, { question, witnesses: rotatedWitnesses })
    const ended = keys.map((key) => (key.use === 'checkpoint' ? { ...key, until } : key))
    const trust = changed(cosigned.trust, { keys: ended })
    expect((await judged({ ...cosigned, trust })).codes).toEqual(codes)
    const alone = await judged({ ...bundle, trust: changed(bundle.trust, { keys: ended }) })
    expect(alone.codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
  })

  it('does not count with a proof for an anchor that the reader does not have', async () => {
    const trusting = { ...bundle, trust: anchored(oldSize - 1) }
    const { codes } = await judged(trusting, proof(log.leaves.length))
    expect(codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
  })
})

it('a manifest by a compromised key counts for nothing, anchors or not', async () => {
  const bundle = makeBundle(old, { question })
  const keys = bundle.trust.logs[0]!.keys.map((key) => ({
    ...key,
    compromised: key.use === 'manifest',
  }))
  const anchors = [{ size: oldSize, root: rootAt(oldSize) }]
  const { codes } = await judged({ ...bundle, trust: changed(bundle.trust, { keys, anchors }) })
  expect(codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
})

describe('a chain of keys', () => {
  const other = makeLog()
  const [one, two, three] = [other.keys.checkpoint, makeKey('second'), makeKey('third')]
  for (let i = 0; i < 8; i++) other.assert('Dataset', `d${i}`, {})
  const use = 'checkpoint'
  const second = other.keyRecord('add', { use, key: two, prev: one })
  other.assert('Dataset', 'more', {})
  const third = other.keyRecord('add', { use, key: three, prev: two })
  const listed = [trustKey(use, one)]
  const kidsOf = (records: KeyLeaf[]) =>
    chainKeys(sha256, listed, records).keys.map(({ kid }) => kid)

  it('leads over as many keys as stood when they added the next', () => {
    const end = other.keyRecord('retire', { use, key: two, prev: three, from: third.seq + 1 })
    expect(kidsOf([second, third, end])).toEqual([one.kid, two.kid, three.kid])
  })

  it('leads over none that a later record ends at a size before it added the next', () => {
    const end = other.keyRecord('retire', { use, key: two, prev: three, from: third.seq })
    expect(kidsOf([second, third, end])).toEqual([one.kid, two.kid])
  })
})
