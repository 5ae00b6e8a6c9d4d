import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { readLeaves } from '../../lineage/log.ts'
import { b64 } from '../../proofs/base64.ts'
import { verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { parseLeaf } from '../../proofs/leaf.ts'
import { assertOne, dataset, expectClean, tell, withCode } from '../ledger/support.ts'
import { firstKey, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { restoring } from './support.ts'

const test = await testLedger()
const { database, ledger } = test
const {
  register,
  headOf,
  newTenant,
  writeSigned,
  copyOf,
  setBack,
  restore,
  openAnother,
  writeMany,
} = restoring(test)

/** A tenant whose database is of yesterday, while ten datasets more were recorded and signed. */
async function tenantSetBack() {
  const tenant = await newTenant()
  const kept = await writeSigned(tenant, 'kept', 5)
  const yesterday = await copyOf(tenant)
  const lost = await writeSigned(tenant, 'lost', 10)
  await setBack(tenant, yesterday)
  return { tenant, kept, lost, yesterday }
}

const originOf = (tenant: string, epoch = 0) =>
  `${SERVICE_NAME}/${tenant}${epoch === 0 ? '' : `/${epoch}`}`

const leavesOf = async (tenant: string) =>
  (await readLeaves(database.graph(tenant).read, 0, 1_000)).map(({ leaf }) => leaf)

describe('a log that was set back', () => {
  it('goes on under a new origin, with an epoch leaf behind what it keeps', async () => {
    const { tenant, kept, lost } = await tenantSetBack()
    const before = await leavesOf(tenant)
    const restored = await restore(tenant)
    expect(restored).toMatchObject({
      outcome: 'opened',
      origin: originOf(tenant, 1),
      prevOrigin: originOf(tenant),
      keptSize: kept.size,
      dropped: 0,
    })
    expect((await leavesOf(tenant)).slice(0, kept.size)).toEqual(before.slice(0, kept.size))
    const [row] = await readLeaves(database.graph(tenant).read, kept.size, kept.size + 1)
    expect(parseLeaf(row!.header)).toMatchObject({
      v: 'selvedge/epoch/1',
      seq: kept.size,
      origin: originOf(tenant, 1),
      prevOrigin: originOf(tenant),
      prevSize: lost.size,
      prevRoot: lost.root,
      keptSize: kept.size,
    })
    expect(await headOf(tenant)).toMatchObject({
      epoch: 1,
      origin: originOf(tenant, 1),
      kept: [kept.size],
      signed: 0,
      checkpoint: null,
    })
    await expectClean(database, tenant)
  })

  it('takes writes and is signed again, by a server that was running and by one that starts', async () => {
    const { tenant, kept } = await tenantSetBack()
    await expect(assertOne(ledger, tenant, dataset('early'))).rejects.toEqual(
      withCode('LOG_BEHIND_REGISTER'),
    )
    await restore(tenant)
    const first = await assertOne(ledger, tenant, dataset('running'))
    expect(first.position).toEqual({ epoch: 1, seq: (await headOf(tenant)).written })
    const { note, size } = await ledger.checkpointOf(tenant, first.position.seq)
    const [origin, x] = [originOf(tenant, 1), b64(await firstKey(ledger, tenant))]
    expect(verifyCheckpoint(sha256, note, { origin, x }).size).toBe(size)
    expect(size).toBeGreaterThan(kept.size)
    const another = await openAnother()
    const second = await assertOne(another, tenant, dataset('starting'))
    expect(second.position.seq).toBeGreaterThan(first.position.seq)
    await another.checkpointOf(tenant, second.position.seq)
    await expectClean(database, tenant)
  })

  it('is restored once: a second call leaves it as it is', async () => {
    const { tenant } = await tenantSetBack()
    await restore(tenant)
    const head = await headOf(tenant)
    expect(await restore(tenant)).toEqual({ tenant, outcome: 'whole' })
    expect(await headOf(tenant)).toMatchObject({ written: head.written, epoch: 1 })
    await writeSigned(tenant, 'more', 2)
    expect(await restore(tenant)).toEqual({ tenant, outcome: 'whole' })
  })

  it('shares exactly what it keeps with the old origin, for which nothing is signed again', async () => {
    const { tenant, kept, lost } = await tenantSetBack()
    await restore(tenant)
    await writeSigned(tenant, 'new', 3)
    const append = register.sign(originOf(tenant), async () => ({ size: 99, root: 'x' }))
    await expect(append).rejects.toEqual(withCode('LOG_BEHIND_REGISTER'))
    expect(await register.last(originOf(tenant))).toEqual({ size: lost.size, root: lost.root })
    expect(await register.epochs(SERVICE_NAME, tenant)).toEqual([
      { origin: originOf(tenant, 1), prevOrigin: originOf(tenant), keptSize: kept.size },
    ])
  })

  it('is behind again where the whole old log comes back, and can be restored from it', async () => {
    const tenant = await newTenant()
    await writeSigned(tenant, 'kept', 5)
    const yesterday = await copyOf(tenant)
    const old = await writeSigned(tenant, 'lost', 10)
    const today = await copyOf(tenant)
    await setBack(tenant, yesterday)
    const { keptSize } = (await restore(tenant)) as { keptSize: number }
    await writeSigned(tenant, 'new', 2)
    await setBack(tenant, today)
    const another = await openAnother()
    await expect(assertOne(another, tenant, dataset('x'))).rejects.toEqual(
      withCode('LOG_BEHIND_REGISTER'),
    )
    await expect(restore(tenant)).rejects.toEqual(withCode('RESTORE_LEAVES_UNSIGNED'))
    expect((await headOf(tenant)).written).toBe(old.size)
    expect(old.size).toBeGreaterThan(keptSize)
  })

  it('can be set back again, also behind the epoch that it opened', async () => {
    const { tenant, kept, yesterday } = await tenantSetBack()
    await restore(tenant)
    const second = await writeSigned(tenant, 'second', 4)
    await setBack(tenant, yesterday)
    expect(await restore(tenant)).toMatchObject({
      origin: originOf(tenant, 2),
      prevOrigin: originOf(tenant, 1),
      keptSize: kept.size,
    })
    expect(await headOf(tenant)).toMatchObject({ epoch: 2, kept: [kept.size, kept.size] })
    const third = await writeSigned(tenant, 'third', 6)
    expect(third.size).toBeGreaterThan(second.size)
    await expectClean(database, tenant)
  })
})

describe('what cannot be restored', () => {
  it('is a log that has leaves which nothing signed vouches for, unless they may go', async () => {
    const { tenant } = await tenantSetBack()
    const unaware = await openAnother('not signing')
    await writeMany(unaware, tenant, 'other', 20)
    const before = await leavesOf(tenant)
    await expect(restore(tenant)).rejects.toEqual(withCode('RESTORE_LEAVES_UNSIGNED'))
    expect(await leavesOf(tenant)).toEqual(before)
  })

  it('is a log that is not there, or of which nothing was signed', async () => {
    await expect(restore('never-was')).rejects.toEqual(withCode('RESTORE_NOTHING_KEPT'))
  })
})

describe('a command', () => {
  it('whose row is in the backup gets its answer again, and one that was lost is carried out anew', async () => {
    const tenant = await newTenant()
    const once = (name: string) =>
      tell(
        ledger,
        tenant,
        (draft) => draft.assert({ ...dataset(name), id: draft.urn('Dataset', 'db', name) }),
        { key: `key-${name}`, request: name, names: [dataset(name)] },
      )
    const kept = await once('kept')
    await ledger.checkpointOf(tenant, kept.position.seq)
    const yesterday = await copyOf(tenant)
    const lost = await once('lost')
    await ledger.checkpointOf(tenant, lost.position.seq)
    await setBack(tenant, yesterday)
    await restore(tenant)
    expect(await once('kept')).toMatchObject({
      replayed: true,
      outcomes: kept.outcomes,
      position: { epoch: 1, seq: kept.position.seq },
    })
    const again = await once('lost')
    expect(again).toMatchObject({ replayed: false, position: { epoch: 1 } })
    expect(again.outcomes[0]!.seq).toBeGreaterThan(lost.outcomes[0]!.seq)
    expect(await once('lost')).toMatchObject({ replayed: true, outcomes: again.outcomes })
  })
})
