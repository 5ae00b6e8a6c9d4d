import { describe, expect, it } from 'vitest'
import { addKey } from '../../ledger/key-changes.ts'
import { keysOfNote } from '../../ledger/log-keys.ts'
import { readKeyRows } from '../../lineage/key-log.ts'
import { jwsHeader } from '../../proofs/manifest.ts'
import { text } from '../../proofs/utf8.ts'
import { readZip } from '../../proofs/zip.ts'
import { assertOne, dataset, expectClean, withCode } from '../ledger/support.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { judged, openKeysTest } from './support.ts'

const { database, ledger, keys, desk, openOne, write, exportOf, trustOf, before } =
  await openKeysTest()
const origin = (tenant: string) => `${SERVICE_NAME}/${tenant}`
/** Which keys signed a checkpoint, by what the log itself says of its keys. */
async function signersOf(tenant: string, { note }: { note: string }) {
  const { schedule } = await desk.ofLog(tenant)
  return keysOfNote(schedule, origin(tenant), note).map(({ kid }) => kid)
}

const kidOfManifest = (bytes: Uint8Array) => {
  const jws = text(readZip(bytes).find(({ path }) => path === 'manifest.jws')!.bytes)
  const header = Buffer.from(jws.split('.')[0]!, 'base64url').toString()
  const { kid } = JSON.parse(header)
  expect(header).toBe(jwsHeader(kid))
  return kid as string
}

describe('a log whose checkpoint and manifest keys are rotated', async () => {
  const { tenant, root, old, trust, bytes } = await before()
  const next = { checkpoint: await keys.make('checkpoint'), manifest: await keys.make('manifest') }
  const changes = [
    ...(await desk.rotate(tenant, next.checkpoint)),
    ...(await desk.rotate(tenant, next.manifest)),
  ]
  const afterwards = await write(tenant, 'b')
  const after = await exportOf(tenant, root)

  it('has a record of each key that comes and goes', () => {
    expect(changes.map(({ event, use, kid }) => [event, use, kid])).toEqual([
      ['add', 'checkpoint', next.checkpoint.kid],
      ['retire', 'checkpoint', old.checkpoint],
      ['add', 'manifest', next.manifest.kid],
      ['retire', 'manifest', old.manifest],
    ])
    for (const { event, seq, from } of changes) {
      expect(from).toBeGreaterThan(event === 'add' ? seq + 1 : seq)
    }
  })

  it('signs with the new keys, and answers with bundles of which the new ones are the makers', async () => {
    const signed = await ledger.checkpointOf(tenant, after.size)
    expect(await signersOf(tenant, signed)).toEqual([next.checkpoint.kid])
    expect(kidOfManifest(after.bytes)).toBe(next.manifest.kid)
    expect(kidOfManifest(bytes)).toBe(old.manifest)
    expect(afterwards).not.toBe(root)
  })

  it.each(['before', 'after'] as const)(
    'hands out bundles that are genuine by the trust root of %s the rotation',
    async (when) => {
      const root = when === 'before' ? trust : await trustOf(tenant)
      expect(await judged(bytes, root)).toEqual({ exit: 0, codes: [] })
      expect(await judged(after.bytes, root)).toEqual({ exit: 0, codes: [] })
    },
  )

  it('lists all of its keys in its trust root, for the sizes for which each stands', async () => {
    const [log] = (await trustOf(tenant)).logs
    expect(log!.keys.map(({ use, kid, compromised }) => [use, kid, compromised])).toEqual([
      ['checkpoint', old.checkpoint, false],
      ['manifest', old.manifest, false],
      ['checkpoint', next.checkpoint.kid, false],
      ['manifest', next.manifest.kid, false],
    ])
    expect(log!.keys.map(({ until }) => until === null)).toEqual([false, false, true, true])
  })

  it('is whole in itself, by everything that can be derived anew', () =>
    expectClean(database, tenant))

  it('changes nothing where all of it is done again', async () => {
    expect(await desk.rotate(tenant, next.checkpoint)).toEqual([])
    expect(await desk.retire({ tenant, use: 'manifest', kid: old.manifest })).toEqual([])
  })

  it('has no size at which a retired key signs', async () => {
    const { schedule } = await desk.ofLog(tenant)
    for (const { use, kid, until } of schedule.filter(({ until }) => until !== null)) {
      const signer = await desk.signerOf(tenant, { use, size: until! })
      expect(signer.kid).not.toBe(kid)
    }
  })

  it('refuses to end the last key of a use, and keys that it never had', async () => {
    const last = { tenant, use: 'checkpoint', kid: next.checkpoint.kid } as const
    await expect(desk.retire(last)).rejects.toEqual(withCode('KEY_LAST'))
    const never = { tenant, use: 'checkpoint', kid: old.manifest } as const
    await expect(desk.retire(never)).rejects.toEqual(withCode('KEY_NOT_IN_LOG'))
  })
})

it('goes on with a rotation that was interrupted between its two records', async () => {
  const { tenant, old } = await before()
  const next = await keys.make('checkpoint')
  await addKey({ database, keys }, tenant, next)
  await Promise.all(Array.from({ length: 20 }, (_, i) => write(tenant, `meanwhile ${i}`)))
  const rest = await desk.rotate(tenant, next)
  expect(rest.map(({ event, kid }) => [event, kid])).toEqual([['retire', old.checkpoint]])
  await expectClean(database, tenant)
})

it('has another server sign with the new key at once', async () => {
  const { tenant } = await before()
  const another = await openOne()
  const { position } = await assertOne(another, tenant, dataset('before'))
  await another.checkpointOf(tenant, position.seq)
  const next = await keys.make('checkpoint')
  await desk.rotate(tenant, next)
  const written = await assertOne(another, tenant, dataset('b'))
  const signed = await another.checkpointOf(tenant, written.position.seq)
  expect(await signersOf(tenant, signed)).toEqual([next.kid])
  await another.close()
})

it('rotates where a rotation left the old key standing, and ends that one too', async () => {
  const { tenant, old } = await before()
  const [second, third] = [await keys.make('manifest'), await keys.make('manifest')]
  expect((await desk.rotate(tenant, second, true)).map(({ event }) => event)).toEqual(['add'])
  const changes = await desk.rotate(tenant, third)
  expect(changes.map(({ event, kid }) => [event, kid])).toEqual([
    ['add', third.kid],
    ['retire', old.manifest],
    ['retire', second.kid],
  ])
  await expectClean(database, tenant)
})

it('reads the keys of a log whose head does not note where its records are: they are its first two', async () => {
  const { tenant } = await before()
  const rows = await readKeyRows(database.graph(tenant).read)
  expect(rows.map(({ seq }) => seq)).toEqual([0, 1])
})

it('refuses to sign where a server does not hold the key that must', async () => {
  const { tenant } = await before()
  const without = { ...keys, find: async () => null }
  await expect(
    addKey({ database, keys: without }, tenant, await keys.make('checkpoint')),
  ).rejects.toEqual(withCode('KEY_NOT_HELD'))
})
