import { globSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Objects } from '../../core/objects.ts'
import { exportBundle } from '../../domains/evidence/export.ts'
import { collectObjects } from '../../domains/objects/collect-objects.ts'
import { listObjects } from '../../domains/objects/list-objects.ts'
import { isExpired, type Reference, readReferences } from '../../domains/objects/references.ts'
import { verifyObjects } from '../../domains/objects/verify-objects.ts'
import { discardUnrecorded } from '../../ledger/discard-unrecorded.ts'
import { createApp } from '../../server/app.ts'
import { listen } from '../../server/listen.ts'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { openObjects } from '../../server/objects/objects.ts'
import { storeUnavailable } from '../../server/objects/problems.ts'
import { assertOne, dataset, withCode } from '../ledger/support.ts'
import { testNeo4j } from '../setup/database.ts'
import { testLedger } from '../setup/ledger.ts'
import { selvedge } from '../setup/selvedge.ts'
import { ledgerOn } from './ledger-on.ts'
import { makeBucket, startS3Server } from './s3-server.ts'
import { bothStores, freshFolder, noS3, openBucket } from './stores.ts'

const { database, keys, home } = await testLedger()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FOR_EVER = { exportDays: 0, attachmentDays: 0 }

/** A ledger whose exports and erasures use a store, and what makes exports in it. */
async function serviceOn(objects: Objects) {
  const { ledger, tenant, erase } = await ledgerOn({ database, keys, home }, objects)
  const make = async (name: string) => {
    const { outcomes } = await assertOne(ledger, tenant, dataset(name), { fields: { of: name } })
    const root = outcomes[0]!.id
    const { id } = await exportOf(root)
    const fields = (await listObjects({ database, objects })).find(({ of }) =>
      of.some((one) => one.id === id),
    )
    return { id, root, file: fields!.address }
  }
  const exportOf = (root: string) =>
    exportBundle(
      { database, ledger, objects },
      { tenant, subject: 'ada', root, direction: 'UPSTREAM', depth: 1 },
    )
  return { ledger, tenant, make, exportOf, erase }
}

/** Of one tenant: the other tests share the database. */
async function verify(objects: Objects, tenant: string, days = 0, now = Date.now()) {
  const { lost, ...found } = await verifyObjects(
    { database, objects },
    { retention: { exportDays: days, attachmentDays: 0 }, now, tell: () => {} },
  )
  return { ...found, lost: lost.filter((one) => one.tenant === tenant) }
}

describe.each(bothStores())('exports $name', { timeout: 120_000 }, ({ missing, open }) => {
  const opened = async () => {
    const { blobs, damage } = await open()
    const objects = openObjects(blobs)
    return { objects, damage, ...(await serviceOn(objects)) }
  }

  it.skipIf(missing)(
    'are downloaded over HTTP, in whole and in part, and deleted by an erasure',
    async () => {
      const { objects, ledger, tenant, make, erase } = await opened()
      const [doomed, kept] = [await make('people'), await make('weather')]
      const { url, close } = await listen(createApp({ database, ledger, objects }), {
        host: '127.0.0.1',
        port: 0,
      })
      const get = (id: string, headers = {}) =>
        fetch(`${url}/exports/${id}`, { headers: { 'x-selvedge-tenant': tenant, ...headers } })
      const whole = Buffer.from(await (await get(doomed.id)).arrayBuffer())
      expect(whole.subarray(0, 2).toString()).toBe('PK')
      const part = await get(doomed.id, { range: 'bytes=10-19' })
      expect(part.status).toBe(206)
      expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(10, 20))

      await erase(doomed.root)
      expect(await objects.get(doomed.file)).toBeNull()
      expect((await get(doomed.id)).status).toBe(410)
      expect((await get(kept.id)).status).toBe(200)
      // What is gone by an erasure is not lost.
      expect(await verify(objects, tenant)).toMatchObject({ files: 1, damaged: [], lost: [] })
      await close()
    },
  )

  it.skipIf(missing)(
    'that are damaged break off, and are named with those that are lost',
    async () => {
      const { objects, damage, ledger, tenant, make } = await opened()
      const [good, damaged, lost] = [await make('a'), await make('b'), await make('c')]
      expect(await verify(objects, tenant)).toMatchObject({ files: 3, damaged: [], lost: [] })
      damage(`${damaged.file.slice(0, 2)}/${damaged.file}`, new TextEncoder().encode('PK'))
      await objects.delete(lost.file)
      expect(await verify(objects, tenant)).toMatchObject({
        files: 2,
        damaged: [damaged.file],
        lost: [{ tenant, id: lost.id, file: lost.file }],
      })
      const { url, close } = await listen(
        createApp({ database, ledger, objects, report: () => {} }),
        {
          host: '127.0.0.1',
          port: 0,
        },
      )
      const headers = { 'x-selvedge-tenant': tenant }
      const download = async (id: string) =>
        (await fetch(`${url}/exports/${id}`, { headers })).arrayBuffer()
      await expect(download(damaged.id)).rejects.toThrow()
      expect((await download(good.id)).byteLength).toBeGreaterThan(0)
      await close()
    },
  )

  it.skipIf(missing)('are kept by a collection, which deletes old orphans alone', async () => {
    const { objects, make } = await opened()
    const kept = await make('kept')
    const orphan = await objects.put(new TextEncoder().encode('orphan'), 'acme.orphan')
    await objects.settle({ address: orphan, by: 'acme.orphan' })
    const claimed = await objects.put(new TextEncoder().encode('claimed'), 'acme.claimed')
    const collect = (now: number, more = {}) =>
      collectObjects({ database, objects }, { retention: FOR_EVER, now, ...more })
    expect(await collect(Date.now())).toMatchObject({ orphans: [], expired: [], bytes: 0 })

    const inAnHour = Date.now() + HOUR_MS + 60_000
    expect(await collect(inAnHour, { dryRun: true })).toMatchObject({ orphans: [orphan], bytes: 6 })
    const states = async () =>
      new Map((await listObjects({ database, objects })).map((one) => [one.address, one.state]))
    expect(await states()).toEqual(
      new Map([
        [kept.file, 'led'],
        [orphan, 'orphan'],
        [claimed, 'claimed'],
      ]),
    )
    // What was put and never recorded is nobody's by then as well.
    expect(await collect(inAnHour)).toMatchObject({ orphans: [orphan], bytes: 6 })
    expect(await states()).toEqual(new Map([[kept.file, 'led']]))
  })

  it.skipIf(missing)('go after their days, unless something rests on them', async () => {
    const { objects, ledger, tenant, make, exportOf } = await opened()
    const [old, used] = [await make('old'), await make('used')]
    await exportOf(used.id)
    const collect = (days: number, now: number) =>
      collectObjects({ database, objects }, { retention: { ...FOR_EVER, exportDays: days }, now })
    const later = Date.now() + 10 * DAY_MS
    expect(await collect(0, later)).toMatchObject({ expired: [] })
    expect(await collect(11, later)).toMatchObject({ expired: [] })
    const { expired } = await collect(9, later)
    expect(expired).toContain(old.file)
    expect(expired).not.toContain(used.file)
    const app = createApp({ database, ledger, objects })
    const answer = await app.fetch(
      new Request(`http://localhost/exports/${old.id}`, {
        headers: { 'x-selvedge-tenant': tenant },
      }),
    )
    expect([answer.status, await answer.json()]).toEqual([410, withCode('EXPORT_LOST')])
    expect((await verify(objects, tenant, 9, later)).lost).toEqual([])
    expect((await verify(objects, tenant)).lost).toContainEqual({
      tenant,
      id: old.id,
      file: old.file,
    })
  })

  it.skipIf(missing)(
    'are not touched where no export leads to any file, unless told so',
    async () => {
      const { blobs } = await open()
      const objects = openObjects(blobs)
      const orphan = await objects.put(new TextEncoder().encode('orphan'), 'acme.orphan')
      await objects.settle({ address: orphan, by: 'acme.orphan' })
      // To this database it is of a server that died before it recorded it.
      const claimed = await objects.put(new TextEncoder().encode('claimed'), 'acme.claimed')
      const now = Date.now() + 2 * HOUR_MS
      const collect = (force: boolean) =>
        collectObjects({ database, objects }, { retention: FOR_EVER, now, force })
      await expect(collect(false)).rejects.toEqual(withCode('OBJECTS_ALL_ORPHANS'))
      expect(await objects.get(orphan)).not.toBeNull()
      expect(await objects.get(claimed)).not.toBeNull()
      expect(await objects.claims()).toMatchObject([{ address: claimed }])
      expect(await collect(true)).toMatchObject({ orphans: [orphan] })
      expect(await objects.get(claimed)).toBeNull()
    },
  )
})

describe('an export', () => {
  const now = Date.parse('2026-06-30T00:00:00Z')
  const made = (at: string, isUsed = false): Reference => ({
    kind: 'Export',
    tenant: 't',
    id: 'e',
    at,
    isUsed,
    holds: [],
  })

  it.each<[string, Reference[], number, boolean]>([
    ['the day after its last', [made('2026-05-30T23:59:59.999Z')], 30, true],
    ['on its last day', [made('2026-05-31T00:00:00.000Z')], 30, false],
    ['for ever', [made('1970-01-01T00:00:00.000Z')], 0, false],
    ['where something rests on it', [made('1970-01-01T00:00:00.000Z', true)], 30, false],
    [
      'where a younger one has its file',
      [made('1970-01-01T00:00:00Z'), made('2026-06-29T00:00:00Z')],
      30,
      false,
    ],
    ['that is none', [], 30, false],
  ])('has expired %s: %#', (_when, references, days, expired) => {
    expect(isExpired(references, { ...FOR_EVER, exportDays: days }, now)).toBe(expired)
  })
})

describe('the command line', () => {
  it('lists, verifies and collects the files of a home', async () => {
    const own = freshFolder()
    const objects = openObjects(openDiskBlobs(join(own, 'objects')))
    const { tenant, make } = await serviceOn(objects)
    const kept = await make('kept')
    const orphan = await objects.put(new TextEncoder().encode('orphan'), 'acme.orphan')
    await objects.settle({ address: orphan, by: 'acme.orphan' })
    for (const one of globSync(join(own, 'objects', orphan.slice(0, 2), '*'))) utimesSync(one, 0, 0)
    const { uri, username, password } = testNeo4j()
    const env = {
      NEO4J_URI: uri,
      NEO4J_USERNAME: username,
      NEO4J_PASSWORD: password,
      SELVEDGE_HOME: own,
    }
    const objectsCommand = async (...args: string[]) => {
      const { code, stdout, stderr } = await selvedge(['objects', ...args, '--json'], env)
      expect(stderr).not.toMatch(/Error/)
      return { code, said: JSON.parse(stdout) as Record<string, unknown> }
    }
    expect(await objectsCommand('list')).toMatchObject({
      code: 0,
      said: {
        files: expect.arrayContaining([
          expect.objectContaining({ address: orphan, state: 'orphan', of: [] }),
          expect.objectContaining({ address: kept.file, of: [{ tenant, id: kept.id }] }),
        ]),
      },
    })
    const dry = await objectsCommand('collect', '--dry-run')
    expect(dry.said).toMatchObject({ dryRun: true, orphans: [orphan] })
    expect((await objectsCommand('collect')).said).toMatchObject({ orphans: [orphan], bytes: 6 })
    expect(await objects.get(orphan)).toBeNull()
    writeFileSync(join(own, 'objects', kept.file.slice(0, 2), kept.file), 'damaged')
    expect(await objectsCommand('verify')).toMatchObject({
      code: 1,
      said: { ok: false, damaged: [kept.file] },
    })
    rmSync(own, { recursive: true, force: true })
  }, 180_000)
})

describe.skipIf(noS3)('a server whose store is down', { timeout: 120_000 }, () => {
  it('refuses exports by code, records none, and goes on once the store answers', async () => {
    const server = await startS3Server()
    await makeBucket(server, 'down')
    const objects = openObjects(openBucket(server, 'down'))
    const { ledger, tenant, make, exportOf } = await serviceOn(objects)
    const { root, id } = await make('before')
    await server.kill()
    const before = await exportsOf(tenant)
    await expect(exportOf(root)).rejects.toMatchObject({
      code: 'OBJECT_STORE_UNAVAILABLE',
      status: 503,
    })
    expect(await exportsOf(tenant)).toBe(before)
    const app = createApp({ database, ledger, objects })
    const ask = () =>
      app.fetch(
        new Request(`http://localhost/exports/${id}`, { headers: { 'x-selvedge-tenant': tenant } }),
      )
    const refused = await ask()
    expect([refused.status, await refused.json()]).toEqual([
      503,
      withCode('OBJECT_STORE_UNAVAILABLE'),
    ])
    const again = await startS3Server({ folder: server.folder, port: server.port })
    expect((await ask()).status).toBe(200)
    expect((await exportOf(root)).outcomes).toHaveLength(1)
    await again.kill()
  })

  async function exportsOf(tenant: string) {
    const all = [...(await readReferences(database)).values()].flat()
    return all.filter((one) => one.tenant === tenant).length
  }
})

it('an export is told as made where the store goes away once it is recorded, and keeps its file', async () => {
  const whole = openObjects(openDiskBlobs(freshFolder()))
  const settle = () => Promise.reject(storeUnavailable('a disk', 'EIO'))
  const { tenant, make } = await serviceOn({ ...whole, settle })
  const { file } = await make('kept')
  expect(await whole.claims()).toMatchObject([{ address: file }])
  await discardUnrecorded({ database, objects: whole }, Date.now() + HOUR_MS)
  expect(await whole.claims()).toEqual([])
  expect(await verify(whole, tenant)).toMatchObject({ files: 1, damaged: [], lost: [] })
})

it.each([
  ['forward', 1],
  ['back', -1],
])(
  'an export that is under way keeps its file where an erasure comes just after the clock was set %s by an hour',
  async (_way, by) => {
    const folder = freshFolder()
    const objects = openObjects(openDiskBlobs(folder))
    const { erase, ledger, tenant } = await serviceOn(objects)
    const { outcomes } = await assertOne(ledger, tenant, dataset('people'), { fields: { a: 'b' } })
    const now = Date.now
    const address = await objects.put(new TextEncoder().encode('being recorded'), `${tenant}.one`)
    if (by < 0) {
      // What is written once a clock was set back is dated by it.
      const then = new Date(now() - HOUR_MS)
      for (const claim of globSync(join(folder, 'claims', '*'))) utimesSync(claim, then, then)
    }
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + by * HOUR_MS)
    await erase(outcomes[0]!.id)
    clock.mockRestore()
    expect(await objects.get(address)).not.toBeNull()
  },
)
