import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addressWithin, type Objects } from '../../core/objects.ts'
import { attach } from '../../domains/attachments/attach.ts'
import { openArchive } from '../../domains/backup/archive-reader.ts'
import { openArchiveWriter } from '../../domains/backup/archive-writer.ts'
import type { Line } from '../../domains/backup/lines.ts'
import { restoreFiles } from '../../domains/backup/restore-files.ts'
import { exportBundle } from '../../domains/evidence/export.ts'
import { readLog } from '../../lineage/log.ts'
import { openDiskBlobs } from '../../server/objects/disk.ts'
import { openObjects } from '../../server/objects/objects.ts'
import { assertOne, dataset, withCode } from '../ledger/support.ts'
import { bothStores, freshFolder } from '../objects/stores.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { selvedge } from '../setup/selvedge.ts'
import { backing, backupFolder, forge, PASSPHRASE } from './support.ts'

const test = await testLedger()
const { database, ledger, home } = test
const { fresh, passphraseFile } = backupFolder()
const { backUp, audit, linesOf } = backing(test)

const random = (length: number) => Buffer.from(randomBytes(length).buffer as ArrayBuffer)

/** A tenant with a few files in a store of its own, or the one of the run. */
async function world(folder = freshFolder()) {
  const objects = openObjects(openDiskBlobs(folder))
  const tenant = await freshTenant(ledger, 'files')
  const { outcomes } = await assertOne(ledger, tenant, dataset('people'))
  const attachBytes = async (bytes: Buffer<ArrayBuffer>) => {
    const file = await objects.spool(new Blob([bytes]).stream())
    const how = { tenant, subject: 'ada', mediaType: 'text/plain', name: 'a.txt', to: null }
    const { id } = await attach({ ledger, objects }, { ...how, file })
    await file.discard()
    return { id, address: addressWithin(tenant, file.sha256), bytes }
  }
  const makeExport = async () => {
    const asked = { tenant, subject: 'ada', root: outcomes[0]!.id, depth: 1 }
    const made = await exportBundle(
      { database, ledger, objects },
      { ...asked, direction: 'UPSTREAM' },
    )
    return made.id
  }
  return { tenant, objects, folder, attachBytes, makeExport }
}

async function contentsOf(objects: Objects) {
  const all = new Map<string, string>()
  for await (const { address } of objects.list()) {
    const stored = (await objects.get(address))!
    all.set(address, Buffer.from(await new Response(stored.read()).arrayBuffer()).toString('hex'))
  }
  return new Map([...all].sort())
}

async function bringBack(path: string, objects: Objects) {
  const archive = await openArchive(path, PASSPHRASE)
  try {
    return await restoreFiles(archive, objects)
  } finally {
    archive.close()
  }
}

/** A store that fails in the midst of a file. */
const dyingAfter = (objects: Objects, bytes: number): Objects => ({
  ...objects,
  async get(of) {
    const found = (await objects.get(of))!
    const read: typeof found.read = (slice) => {
      let seen = 0
      return found.read(slice).pipeThrough(
        new TransformStream({
          transform(part: Uint8Array, to) {
            seen += part.length
            if (seen > bytes) to.error(new Error('killed'))
            else to.enqueue(part)
          },
        }),
      )
    }
    return { ...found, read }
  },
})

const ofTenants = async (objects: Objects, tenant: string) =>
  [...(await contentsOf(objects))].filter(([address]) => address.startsWith(`${tenant}.`))

describe.each(bothStores())(
  'the files in a backup',
  { timeout: 180_000 },
  ({ missing, open, name }) => {
    it.skipIf(missing)(
      `are held, verified, and put into a store ${name}, however often`,
      async () => {
        const { tenant, objects, attachBytes, makeExport } = await world()
        await attachBytes(Buffer.alloc(0))
        await attachBytes(Buffer.from('same'))
        await attachBytes(Buffer.from('same'))
        const large = await attachBytes(random(2_000_000))
        await makeExport()
        const path = fresh()
        const manifest = await backUp(path, [tenant], { objects })
        expect(manifest).toMatchObject({ files: true, tenants: [{ tenant, files: 4 }] })
        expect((await audit(path)).tenants).toMatchObject([{ files: 4, filesMissing: [] }])

        const { blobs, damage } = await open()
        const other = openObjects(blobs)
        const dying: Objects = {
          ...other,
          async put(...of) {
            if ((await contentsOf(other)).size === 2) throw new Error('killed')
            return other.put(...of)
          },
        }
        await expect(bringBack(path, dying)).rejects.toThrow('killed')
        expect(await bringBack(path, other)).toMatchObject({ files: 4 })
        const before = await contentsOf(objects)
        expect(before.size).toBe(4)
        expect(await contentsOf(other)).toEqual(before)
        expect(await other.claims()).toEqual([])
        // What has rotted there since is mended.
        const [, hash] = large.address.split('.') as [string, string]
        damage(`${tenant}.${hash.slice(0, 2)}/${hash}`, large.bytes.fill(0, 0, 9))
        expect(await bringBack(path, other)).toMatchObject({ files: 4 })
        expect(await contentsOf(other)).toEqual(before)
      },
    )
  },
)

it('holds what is retired by now, and not what came after its checkpoint, nor what is gone', async () => {
  const { tenant, objects, attachBytes } = await world()
  const [kept, retired, lost] = [
    await attachBytes(Buffer.from('kept')),
    await attachBytes(Buffer.from('retired')),
    await attachBytes(Buffer.from('lost')),
  ]
  await objects.delete(lost.address)
  const path = fresh()
  await backUp(path, [tenant], {
    objects,
    before: async () => {
      const { written } = (await readLog(database.graph(tenant).read))!
      await ledger.checkpointOf(tenant, written)
      await ledger.submit({
        ...{ tenant, subject: 'ada', request: 'retire', ids: [retired.id] },
        run: async (draft) => [draft.retire(retired.id)],
      })
      await attachBytes(Buffer.from('later'))
    },
  })
  const [found] = (await audit(path)).tenants
  expect(found).toMatchObject({ files: 2, filesMissing: [lost.address] })
  const other = openObjects(openDiskBlobs(freshFolder()))
  await bringBack(path, other)
  expect([...(await contentsOf(other)).keys()]).toEqual([kept.address, retired.address].sort())
}, 120_000)

it('holds all but a file that is damaged, which it names', async () => {
  const { tenant, objects, folder, attachBytes } = await world()
  const [bad, good] = [await attachBytes(random(900_000)), await attachBytes(Buffer.from('good'))]
  const [, hash] = bad.address.split('.') as [string, string]
  writeFileSync(join(folder, `${tenant}.${hash.slice(0, 2)}`, hash), randomBytes(900_000))
  const path = fresh()
  const { tenants } = await backUp(path, [tenant], { objects })
  expect(tenants).toMatchObject([{ files: 1, torn: 1 }])
  expect((await audit(path)).tenants).toMatchObject([{ files: 1, filesMissing: [bad.address] }])
  const other = openObjects(openDiskBlobs(freshFolder()))
  expect(await bringBack(path, other)).toMatchObject({ files: 1 })
  expect([...(await contentsOf(other)).keys()]).toEqual([good.address])
}, 120_000)

it('leaves them out where it is told so, says so, and is gone on with the same way alone', async () => {
  const { tenant, objects, attachBytes } = await world()
  const { address } = await attachBytes(Buffer.from('left out'))
  const path = fresh()
  const killed = backUp(path, [tenant], {
    objects: null,
    before: () => Promise.reject(new Error('killed')),
  })
  await expect(killed).rejects.toThrow('killed')
  // What was begun is on disk with its first chunk.
  const begun = await openArchiveWriter(path, PASSPHRASE)
  begun.flush()
  begun.close()
  expect(await backUp(path, [tenant], { objects: null })).toMatchObject({ files: false })
  expect((await audit(path)).tenants).toMatchObject([{ files: 0, filesMissing: [address] }])

  const partial = fresh()
  const dying = { ...objects, get: () => Promise.reject(new Error('killed')) }
  await expect(backUp(partial, [tenant], { objects: dying })).rejects.toThrow('killed')
  await expect(backUp(partial, [tenant], { objects: null })).rejects.toEqual(
    withCode('BACKUP_OF_ANOTHER'),
  )
  expect(await backUp(partial, [tenant], { objects })).toMatchObject({ files: true })
}, 120_000)

it('is taken up in the midst of a file after a kill', async () => {
  const { tenant, objects, attachBytes } = await world(join(home, 'objects'))
  const { bytes, address } = await attachBytes(random(4_000_000))
  const path = fresh()
  const { uri, username, password } = testNeo4j()
  const backup = (more: Record<string, string> = {}) =>
    selvedge(
      ['backup', '--out', path, '--tenant', tenant, '--passphrase-file', passphraseFile, '--json'],
      {
        ...{ NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password },
        ...{ SELVEDGE_HOME: home, SELVEDGE_SERVICE: SERVICE_NAME, ...more },
      },
    )
  expect((await backup({ SELVEDGE_FAILPOINT: 'backup-chunk:3' })).code).toBeNull()
  // In the midst of it, the rest is not hashed by the store any more.
  const done = await backup()
  expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining('rror')])
  expect(JSON.parse(done.stdout)).toMatchObject({ files: true, tenants: [{ tenant, files: 1 }] })
  const begun = (await linesOf(path)).filter((line) => line.is === 'file')
  expect(begun).toHaveLength(1)
  await audit(path)
  const other = openObjects(openDiskBlobs(freshFolder()))
  await bringBack(path, other)
  expect(await ofTenants(other, tenant)).toEqual([[address, bytes.toString('hex')]])
  await objects.delete(address)
}, 240_000)

it('goes on without a file that was erased before it was taken up', async () => {
  const { tenant, objects, attachBytes } = await world()
  const begun = [await attachBytes(random(2_500_000)), await attachBytes(random(2_500_000))]
  const [first, second] = begun.sort((a, b) => (a.address < b.address ? -1 : 1))
  const path = fresh()
  const killed = backUp(path, [tenant], { objects: dyingAfter(objects, 2_000_000) })
  await expect(killed).rejects.toThrow('killed')
  await objects.delete(first!.address)
  expect((await backUp(path, [tenant], { objects })).tenants).toMatchObject([{ files: 1, torn: 1 }])
  expect((await audit(path)).tenants).toMatchObject([{ files: 1, filesMissing: [first!.address] }])
  const other = openObjects(openDiskBlobs(freshFolder()))
  await bringBack(path, other)
  expect([...(await contentsOf(other)).keys()]).toEqual([second!.address])
}, 120_000)

it('is torn where the rest of a file is damaged by the time that it is taken up', async () => {
  const { tenant, objects, folder, attachBytes } = await world()
  const { address } = await attachBytes(random(4_000_000))
  const path = fresh()
  const killed = backUp(path, [tenant], { objects: dyingAfter(objects, 3_000_000) })
  await expect(killed).rejects.toThrow('killed')
  const [, hash] = address.split('.') as [string, string]
  const file = join(folder, `${tenant}.${hash.slice(0, 2)}`, hash)
  rmSync(file)
  writeFileSync(file, randomBytes(4_000_000))
  expect((await backUp(path, [tenant], { objects })).tenants).toMatchObject([{ torn: 1 }])
  expect((await audit(path)).tenants).toMatchObject([{ files: 0, filesMissing: [address] }])
}, 120_000)

describe('a backup that somebody with the passphrase has changed', () => {
  const of = async () => {
    const { tenant, objects, attachBytes } = await world()
    await attachBytes(Buffer.from('agreed'))
    const path = fresh()
    await backUp(path, [tenant], { objects })
    return { tenant, lines: await linesOf(path) }
  }
  /** Written as it is, for the fold that signs would see it. */
  const written = async (lines: readonly Line[]) => {
    const path = fresh()
    const writer = await openArchiveWriter(path, PASSPHRASE, { logN: 10 })
    for (const line of lines.slice(0, -1)) writer.line(JSON.stringify(line))
    writer.finish(JSON.stringify(lines.at(-1)))
    writer.close()
    return path
  }
  const changing = (lines: readonly Line[], change: (line: Line) => Line[]) =>
    lines.flatMap((line) => change(line))
  const b64 = (text: string) => Buffer.from(text).toString('base64')

  it.each<[string, (line: Line) => Line[]]>([
    ['other bytes', (line) => [line.is === 'part' ? { ...line, bytes: b64('agreeD') } : line]],
    ['more bytes', (line) => [line.is === 'part' ? { ...line, bytes: b64('agreed!') } : line]],
    ['fewer bytes', (line) => [line.is === 'part' ? { ...line, bytes: b64('agree') } : line]],
    ['no bytes', (line) => (line.is === 'part' ? [] : [line])],
    ['a part too many', (line) => (line.is === 'part' ? [line, line] : [line])],
    [
      'the file of another tenant',
      (line) => [
        line.is === 'file' ? { ...line, address: `umbra.${line.address.slice(-64)}` } : line,
      ],
    ],
  ])('is refused with %s', async (_what, change) => {
    const { lines } = await of()
    const path = await written(changing(lines, change))
    await expect(audit(path)).rejects.toEqual(withCode('BACKUP_FILE_UNSOUND'))
  })

  it('is refused where its ends count otherwise than there is', async () => {
    const { lines } = await of()
    for (const name of ['files', 'commands', 'actors'] as const) {
      const path = fresh()
      const end = (line: Line): Line[] => [
        line.is === 'end' ? { ...line, [name]: (line[name] ?? 0) + 1 } : line,
      ]
      await forge(path, changing(lines, end))
      await expect(audit(path)).rejects.toEqual(withCode('BACKUP_UNSOUND'))
    }
  })
})
