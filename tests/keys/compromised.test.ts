import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { proveAnchors } from '../../domains/evidence/anchors.ts'
import { readLeaves } from '../../lineage/log.ts'
import { b64 } from '../../proofs/base64.ts'
import { batchRanges } from '../../proofs/batch.ts'
import { bodyRoot, sealFields } from '../../proofs/body.ts'
import { buildBundle, provenPlaces } from '../../proofs/bundle.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import { leafHash } from '../../proofs/hash.ts'
import { leafBytes, type RecordHeader } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatNote, noteSignature } from '../../proofs/note.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { expectClean, withCode } from '../ledger/support.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { judged, openKeysTest } from './support.ts'

const { database, keys, desk, write, exportOf, trustOf, before } = await openKeysTest()

/** What docs/runbooks/compromised-key.md says, from beginning to end. */
describe('a checkpoint key that somebody has copied', async () => {
  const { tenant, root, old, trust: oldTrust, bytes: early, size: earlySize } = await before()
  await write(tenant, 'before the theft')
  await wait(5)
  const since = new Date().toISOString()
  // From here on a thief has both keys; nobody knows, and work goes on.
  const stolen = {
    checkpoint: (await keys.find(old.checkpoint))!,
    manifest: (await keys.find(old.manifest))!,
  }
  await write(tenant, 'b')
  const late = await exportOf(tenant, root)
  // It is noticed. Both keys were in one place, so both are said to be compromised.
  const next = { checkpoint: await keys.make('checkpoint'), manifest: await keys.make('manifest') }
  const said = async (use: 'checkpoint' | 'manifest') =>
    desk.compromise({ tenant, use, kid: old[use] }, { since, next: next[use] })
  const changes = await said('checkpoint')
  const newTrust = await trustOf(tenant)
  await write(tenant, 'c')
  const after = await exportOf(tenant, root)

  it('is replaced first, and the records say from which size it does not count', () => {
    expect(changes.map(({ event, kid }) => [event, kid])).toEqual([
      ['add', next.checkpoint.kid],
      ['retire', old.checkpoint],
      ['compromise', old.checkpoint],
    ])
    const { from } = changes.at(-1)!
    expect(from).toBeGreaterThan(earlySize)
    expect(from).toBeLessThan(late.size)
  })

  it('is listed as compromised by the new trust root, with the log of before for an anchor', async () => {
    const [log] = newTrust.logs
    const listed = log!.keys.find(({ kid }) => kid === old.checkpoint)
    expect(listed).toMatchObject({ compromised: true, until: changes.at(-1)!.from })
    expect(log!.anchors.map(({ size }) => size)).toEqual([changes.at(-1)!.from])
    expect(await trustOf(tenant)).toEqual(newTrust)
  })

  it('counts for what it signed before, once that is shown to be held by the anchor', async () => {
    expect((await judged(early, newTrust)).codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
    const { anchors } = newTrust.logs[0]!
    const proofs = await proveAnchors(database.graph(tenant).read, earlySize, anchors)
    expect(await judged(early, newTrust, proofs)).toEqual({ exit: 0, codes: [] })
  })

  it('counts for nothing that it signed since, which is to be exported again', async () => {
    const { anchors } = newTrust.logs[0]!
    const proofs = await proveAnchors(database.graph(tenant).read, late.size, anchors)
    expect((await judged(late.bytes, newTrust, proofs)).codes).toEqual([
      'PROOF_TRUST_KEY_COMPROMISED',
    ])
    expect(await judged(after.bytes, newTrust)).toEqual({ exit: 0, codes: [] })
  })

  it('has whoever knows the old trust root alone ask for the new one', async () => {
    expect((await judged(after.bytes, oldTrust)).codes).toEqual(['PROOF_KEY_CHAIN'])
  })

  it.each([
    ['of a size that it had signed before', 'early'],
    ['of a size that it signed since', 'late'],
    ['of a size that the log does not have yet', 'future'],
  ] as const)(
    'makes the thief believed by the old trust root alone, for a history of his own %s',
    async (_what, when) => {
      const size = { early: earlySize, late: late.size, future: after.size + 40 }[when]
      const forged = await forge(tenant, { root, size, stolen })
      expect(await judged(forged, oldTrust)).toEqual({ exit: 0, codes: [] })
      const { anchors } = newTrust.logs[0]!
      const proofs =
        when === 'future' ? [] : await proveAnchors(database.graph(tenant).read, size, anchors)
      const { exit, codes } = await judged(forged, newTrust, proofs)
      expect(exit).toBe(1)
      // With the true log's proof he is shown to have forked; without one nobody vouches for him.
      expect(codes).toEqual([
        when === 'early' ? 'PROOF_ANCHOR_FORK' : 'PROOF_TRUST_KEY_COMPROMISED',
      ])
    },
  )

  it('leaves the log whole, and a manifest key that is lost too counts for nothing that it signed', async () => {
    await said('manifest')
    const both = await trustOf(tenant)
    const { anchors } = both.logs[0]!
    const proofs = await proveAnchors(database.graph(tenant).read, earlySize, anchors)
    expect((await judged(early, both, proofs)).codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
    const again = await exportOf(tenant, root)
    expect(await judged(again.bytes, both)).toEqual({ exit: 0, codes: [] })
    await expectClean(database, tenant)
  })

  it('is not said to be lost twice', async () => {
    expect(await said('checkpoint')).toEqual([])
  })
})

it('of a compromise that nobody can date nothing counts but what an anchor is named for', async () => {
  const { tenant, old, bytes, size } = await before()
  const next = await keys.make('checkpoint')
  const named = { tenant, use: 'checkpoint', kid: old.checkpoint } as const
  const changes = await desk.compromise(named, { since: null, next })
  expect(changes.at(-1)).toMatchObject({ event: 'compromise', from: 0 })
  const trust = await trustOf(tenant)
  expect(trust.logs[0]!.keys[0]).toMatchObject({ compromised: true, from: 0, until: null })
  expect((await judged(bytes, trust)).codes).toEqual(['PROOF_TRUST_KEY_COMPROMISED'])
  const { read } = database.graph(tenant)
  const rows = await readLeaves(read, 0, size)
  const root = b64(
    rootOf(
      sha256,
      rows.map(({ leaf }) => new Uint8Array(Buffer.from(leaf, 'base64url'))),
    ),
  )
  const anchored = { ...trust, logs: [{ ...trust.logs[0]!, anchors: [{ size, root }] }] }
  expect(await judged(bytes, anchored)).toEqual({ exit: 0, codes: [] })
})

it('a key that is compromised signs nothing, and a log of which it is the last goes on by another alone', async () => {
  const { tenant, old } = await before()
  const next = await keys.make('manifest')
  await desk.compromise({ tenant, use: 'manifest', kid: old.manifest }, { since: null, next })
  const { signed } = await desk.ofLog(tenant)
  expect((await desk.signerOf(tenant, { use: 'manifest', size: signed })).kid).toBe(next.kid)
  const last = { tenant, use: 'manifest', kid: next.kid } as const
  await expect(desk.retire(last)).rejects.toEqual(withCode('KEY_LAST'))
  const itself = desk.compromise(last, { since: null, next })
  await expect(itself).rejects.toEqual(withCode('KEY_UNKNOWN'))
})

/** A history of the thief's own, in which one entity says something else, signed with the genuine keys. */
async function forge(
  tenant: string,
  {
    root,
    size,
    stolen,
  }: {
    root: string
    size: number
    stolen: Record<
      'checkpoint' | 'manifest',
      { kid: string; publicKey: Uint8Array; sign(m: Uint8Array): Promise<Uint8Array> }
    >
  },
) {
  const rows = await readLeaves(database.graph(tenant).read, 0, size)
  const leaves = rows.map(({ header }) => utf8(header))
  const found = rows
    .map(({ header }) => JSON.parse(header) as RecordHeader)
    .find(({ id }) => id === root)!
  const fields = sealFields(sha256, sha256(utf8('a secret of the thief')), { owner: 'the thief' })
  const header: RecordHeader = { ...found, body: b64(bodyRoot(sha256, fields)) }
  leaves[header.seq] = leafBytes(header)
  while (leaves.length < size) leaves.push(leafBytes({ ...header, seq: leaves.length, version: 9 }))
  const hashes = leaves.map((leaf) => leafHash(sha256, leaf))
  const tree = (start: number, end: number) => rootOf(sha256, hashes.slice(start, end))
  const origin = `${SERVICE_NAME}/${tenant}`
  const note = formatCheckpoint({ origin, size, root: tree(0, size) })
  const { publicKey, sign } = stolen.checkpoint
  const line = noteSignature(sha256, origin, publicKey, await sign(utf8(note)))
  const records = [{ header, out: [], fields }]
  const places = provenPlaces({ records })
  return buildBundle(
    sha256,
    {
      ...{ tenant, origin, records, size, asOf: size },
      question: { root, direction: 'UPSTREAM', depth: 3 },
      hashes: batchRanges(size, places).map(({ start, end }) => tree(start, end)),
      checkpoint: formatNote(note, [line]),
    },
    stolen.manifest,
  )
}
