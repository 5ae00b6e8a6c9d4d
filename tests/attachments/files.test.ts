import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressWithin, type Objects, type Spooled } from '../../core/objects.ts'
import { attach } from '../../domains/attachments/attach.ts'
import { findAttachment } from '../../domains/attachments/find-attachment.ts'
import { collectObjects } from '../../domains/objects/collect-objects.ts'
import { readReferences } from '../../domains/objects/references.ts'
import { verifyObjects } from '../../domains/objects/verify-objects.ts'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { openObjects } from '../../server/objects/objects.ts'
import { storeUnavailable } from '../../server/objects/problems.ts'
import { assertOne, dataset, expectClean, withCode } from '../ledger/support.ts'
import { inTurns, untilDone } from '../objects/in-turns.ts'
import { ledgerOn } from '../objects/ledger-on.ts'
import { bothStores, freshFolder } from '../objects/stores.ts'
import { testLedger } from '../setup/ledger.ts'

const opened = await testLedger()
const { database } = opened
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FOR_EVER = { exportDays: 0, attachmentDays: 0 }

/** A tenant whose files lie in a store, and what can be done with them. */
async function serviceOn(objects: Objects) {
  const service = await ledgerOn(opened, objects)
  const { ledger, tenant } = service
  const spooled = (text: string, by: Objects = objects) => by.spool(parts(text))
  const attachBy = async (by: Objects, text: string, more: { to?: string; of?: string } = {}) => {
    const file: Spooled = await spooled(text, by)
    const asked = { tenant: more.of ?? tenant, subject: 'ada', file, to: more.to ?? null }
    try {
      const how = { ...asked, mediaType: 'text/plain', name: 'x.txt' }
      const { id } = await attach({ ledger, objects: by }, how)
      return { id, address: addressWithin(asked.tenant, file.sha256) }
    } finally {
      await file.discard()
    }
  }
  const find = (id: string) => findAttachment(database.graph(tenant), objects, id)
  const textOf = async (id: string) => new Response((await find(id)).read()).text()
  const collect = (now = Date.now() + 2 * HOUR_MS, retention = FOR_EVER) =>
    collectObjects({ database, objects }, { retention, now, force: true })
  return {
    ...{ ...service, objects, attachBy, find, textOf, collect },
    attach: (text: string, more = {}) => attachBy(objects, text, more),
    listed: () => listed(objects),
  }
}

async function* parts(text: string) {
  const bytes = new TextEncoder().encode(text)
  const most = Math.max(7, Math.ceil(bytes.length / 100))
  for (let at = 0; at < bytes.length; at += most) yield bytes.subarray(at, at + most)
}

async function listed(objects: Objects) {
  const all: string[] = []
  for await (const { address } of objects.list()) all.push(address)
  return all.sort()
}

describe.each(bothStores())('attachments $name', { timeout: 120_000 }, ({ missing, open }) => {
  const start = async () => {
    const { blobs, damage } = await open()
    return { damage, ...(await serviceOn(openObjects(blobs))) }
  }

  it.skipIf(missing)('larger than any part that is sent are given back as they were', async () => {
    const { objects, attach, textOf } = await start()
    const text = `${'0123456789abcdef'.repeat(17 * 2 ** 16)}!`
    const { id } = await attach(text)
    expect((await textOf(id)) === text).toBe(true)
    expect(await objects.claims()).toEqual([])
  })

  it.skipIf(missing)('of two tenants are two files, though they are the same bytes', async () => {
    const { attach, found, listed, erase, textOf } = await start()
    const other = await found()
    const [own, theirs] = [await attach('common'), await attach('common', { of: other })]
    expect(await listed()).toEqual([own.address, theirs.address].sort())
    await erase(theirs.id, other)
    expect(await listed()).toEqual([own.address])
    expect(await textOf(own.id)).toBe('common')
  })

  it.skipIf(missing)('are erased with their file, unless another leads to it too', async () => {
    const { attach, erase, listed, find, textOf, tenant, journal } = await start()
    const [one, two, other] = [await attach('same'), await attach('same'), await attach('other')]
    await erase(one.id)
    await expect(find(one.id)).rejects.toEqual(withCode('ATTACHMENT_ERASED'))
    expect(await textOf(two.id)).toBe('same')
    await erase(two.id)
    expect(await listed()).toEqual([other.address])
    expect((await journal.of(tenant)).every(({ applied }) => applied)).toBe(true)
    await expectClean(database, tenant)
  })

  it.skipIf(missing)(
    'that break off where they are damaged, are named, and so are lost ones',
    async () => {
      const { attach, damage, objects, find, textOf } = await start()
      const [bad, lost] = [await attach('bad'), await attach('lost')]
      const [tenant, hash] = bad.address.split('.') as [string, string]
      damage(`${tenant}.${hash.slice(0, 2)}/${hash}`, new TextEncoder().encode('bed'))
      await objects.delete(lost.address)
      await expect(textOf(bad.id)).rejects.toEqual(withCode('OBJECT_DAMAGED'))
      await expect(find(lost.id)).rejects.toEqual(withCode('ATTACHMENT_LOST'))
      const found = await verifyObjects(
        { database, objects },
        { retention: FOR_EVER, now: Date.now(), tell: () => {} },
      )
      expect(found.damaged).toEqual([bad.address])
      expect(found.lost.filter((one) => one.tenant === tenant)).toEqual([
        { tenant, id: lost.id, file: lost.address },
      ])
    },
  )

  it.skipIf(missing)('leave nothing where a server dies between file and record', async () => {
    const { objects, attach, attachBy, listed, collect } = await start()
    const kept = await attach('kept')
    const dying: Objects = {
      ...objects,
      async put(...of) {
        await objects.put(...of)
        throw new Error('killed')
      },
    }
    await expect(attachBy(dying, 'never recorded')).rejects.toThrow('killed')
    expect(await listed()).toHaveLength(2)
    // Its command may be on its way: nobody touches it.
    expect(await collect(Date.now())).toMatchObject({ orphans: [] })
    await collect()
    expect(await listed()).toEqual([kept.address])
    expect(await objects.claims()).toEqual([])
  })
})

describe('an attachment', () => {
  const start = async () => serviceOn(openObjects(openDiskBlobs(freshFolder())))

  it('is erased in whole though its server died before it let go of the claim', async () => {
    const { objects, attachBy, erase, listed } = await start()
    const dying: Objects = { ...objects, settle: () => Promise.reject(new Error('killed')) }
    const { id } = await attachBy(dying, 'left')
    expect([await listed(), await objects.claims()]).toMatchObject([{ length: 1 }, { length: 1 }])
    await erase(id)
    expect(await listed()).toEqual([])
    expect(await objects.claims()).toEqual([])
  })

  it('that is retired leads nowhere, and its file goes by a collection', async () => {
    const { attach, ledger, tenant, find, listed, collect } = await start()
    const { id, address } = await attach('withdrawn')
    await ledger.submit({
      ...{ tenant, subject: 'ada', request: 'retire', ids: [id] },
      run: async (draft) => [draft.retire(id)],
    })
    await expect(find(id)).rejects.toEqual(withCode('ATTACHMENT_UNKNOWN'))
    expect(await listed()).toEqual([address])
    await collect()
    expect(await listed()).toEqual([])
  })

  it('that is retired and then erased takes its file along at once', async () => {
    const { attach, ledger, tenant, erase, listed } = await start()
    const { id } = await attach('withdrawn')
    await ledger.submit({
      ...{ tenant, subject: 'ada', request: 'retire', ids: [id] },
      run: async (draft) => [draft.retire(id)],
    })
    await erase(id)
    expect(await listed()).toEqual([])
  })

  it('goes after its days, unless something rests on it, and exports have days of their own', async () => {
    const { attach, listed, collect, find } = await start()
    const [old, used] = [await attach('old'), await attach('used')]
    await attach('a note on it', { to: used.id })
    const later = Date.now() + 10 * DAY_MS
    await collect(later, { exportDays: 1, attachmentDays: 0 })
    expect(await listed()).toHaveLength(3)
    await collect(later, { exportDays: 0, attachmentDays: 11 })
    expect(await listed()).toHaveLength(3)
    await collect(later, { exportDays: 0, attachmentDays: 9 })
    expect(await listed()).toEqual([used.address])
    await expect(find(old.id)).rejects.toEqual(withCode('ATTACHMENT_LOST'))
  })

  it('is refused where what it documents is gone by then, and leaves nothing', async () => {
    const { attachBy, attach, ledger, objects, tenant, listed, collect } = await start()
    const { outcomes } = await assertOne(ledger, tenant, dataset('people'))
    await attach('fine', { to: outcomes[0]!.id })
    const nowhere = 'urn:selvedge:dataset:01936893-9751-7a91-a2a0-a51101a3970c'
    await expect(attachBy(objects, 'x', { to: nowhere })).rejects.toEqual(
      withCode('UNKNOWN_NEIGHBOUR'),
    )
    await collect()
    expect(await listed()).toHaveLength(1)
  })

  it('whose file took long to put has a claim that nobody takes for a dead server’s', async () => {
    const { objects, ledger, tenant } = await start()
    const file = await objects.spool(parts('slow'))
    let clock = 0
    const claims: string[] = []
    const slow: Objects = {
      ...objects,
      async put(content, by, of) {
        claims.push(by)
        clock += claims.length === 1 ? 9 * 60_000 : 1_000
        return objects.put(content, by, of)
      },
    }
    const how = { tenant, subject: 'ada', file, mediaType: 'text/plain', name: 'x', to: null }
    const { id } = await attach({ ledger, objects: slow }, how, () => clock)
    expect(claims).toHaveLength(2)
    expect(id.endsWith(claims[1]!.slice(tenant.length + 1))).toBe(true)
    expect(await objects.claims()).toEqual([])
  })
})

describe('files that are attached, erased and collected at once', () => {
  type Step =
    | { do: 'attach' | 'die'; text: string }
    | { do: 'erase'; which: number }
    | { do: 'collect' }
  const aText = fc.constantFrom('one', 'two')
  const aStep: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constantFrom('attach' as const, 'die' as const), text: aText }),
    fc.record({ do: fc.constant('erase' as const), which: fc.nat({ max: 3 }) }),
    fc.record({ do: fc.constant('collect' as const) }),
  )

  /** Puts a file and then is no more. */
  const dyingAfter = (objects: Objects): Objects => ({
    ...objects,
    async put(...of) {
      await objects.put(...of)
      throw new Error('killed')
    },
  })
  /** Its files are old enough to be collected, while claims are as young as they are. */
  const withOldFiles = (objects: Objects): Objects => ({
    ...objects,
    async *list() {
      for await (const one of objects.list()) yield { ...one, since: 0 }
    },
  })
  const collectIn = (objects: Objects, now = Date.now()) =>
    collectObjects(
      { database, objects: withOldFiles(objects) },
      { retention: FOR_EVER, now, force: true },
    )

  it('are in the end exactly those that records name, whatever the order of the steps', async () => {
    const { use, found, attachBy: attachOf, erase: eraseOf } = await changeable()
    const run = async (scheduler: fc.Scheduler, steps: readonly Step[]) => {
      const blobs = openDiskBlobs(freshFolder())
      const plain = openObjects(blobs)
      use(plain)
      const tenant = await found()
      const attachBy = (by: Objects, text: string) => attachOf(by, text, { of: tenant })
      const erase = (id: string) => eraseOf(id, tenant)
      const before = await Promise.all(
        ['one', 'one', 'two', 'three'].map((one) => attachBy(plain, one)),
      )
      const { inTurn, isBusy } = inTurns(blobs, scheduler)
      const objects = openObjects(inTurn)
      use(objects)
      const carried = steps.map(async (step) => {
        if (step.do === 'attach') return attachBy(objects, step.text)
        if (step.do === 'die') return attachBy(dyingAfter(objects), step.text).catch(() => {})
        if (step.do === 'erase') return erase(before[step.which]!.id)
        return collectIn(objects)
      })
      await untilDone(Promise.all(carried), { scheduler, isBusy })
      use(plain)
      const named = await namedBy(tenant)
      // No record without its file, before anything is tidied.
      expect(await listed(plain)).toEqual(expect.arrayContaining(named))
      await collectIn(plain, Date.now() + HOUR_MS)
      expect(await listed(plain)).toEqual(named)
      expect(await plain.claims()).toEqual([])
    }
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(aStep, { minLength: 2, maxLength: 5 }), run),
      { numRuns: 12 },
    )
  }, 240_000)

  /** The store that a ledger deletes from can be changed, since opening ledgers takes long. */
  async function changeable() {
    let current: Objects = openObjects(openDiskBlobs(freshFolder()))
    const through = new Proxy(current, { get: (_, name) => current[name as keyof Objects] })
    return {
      ...(await serviceOn(through)),
      use(objects: Objects) {
        current = objects
      },
    }
  }

  async function namedBy(tenant: string) {
    const all = [...(await readReferences(database))]
    return all.flatMap(([address, [one]]) => (one!.tenant === tenant ? [address] : [])).sort()
  }
})

it('an attachment is told as made where the store goes away once it is recorded, and keeps its file', async () => {
  const whole = openObjects(openDiskBlobs(freshFolder()))
  const { attachBy, textOf, collect } = await serviceOn(whole)
  const settle = () => Promise.reject(storeUnavailable('a disk', 'EIO'))
  const { id, address } = await attachBy({ ...whole, settle }, 'a note')
  expect(await whole.claims()).toMatchObject([{ address }])
  await collect()
  expect(await whole.claims()).toEqual([])
  expect(await textOf(id)).toBe('a note')
})
