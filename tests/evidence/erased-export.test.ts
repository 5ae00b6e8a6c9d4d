import { existsSync, globSync, utimesSync } from 'node:fs'
import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { exportBundle, weaveBundle } from '../../domains/evidence/export.ts'
import { findExport } from '../../domains/evidence/find-export.ts'
import { batchProof } from '../../domains/evidence/inclusion.ts'
import { readErasures, shownRecord } from '../../domains/evidence/shown.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { discardUnrecorded } from '../../ledger/discard-unrecorded.ts'
import { readLog } from '../../lineage/log.ts'
import { recordsAsOf } from '../../lineage/record-slice.ts'
import { buildBundle, provenPlaces } from '../../proofs/bundle.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { assertOne, dataset, expectClean, rawDatabase, withCode } from '../ledger/support.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'

const { database, ledger, home, journal } = await testLedger()
const raw = rawDatabase()
const objects = openObjectFiles(`${home}/objects`)
const exporting = { database, ledger, objects }
const direction = 'UPSTREAM' as const
const SECRET = 'ada@example.org'

/** The text of a file that is none as a whole. */
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

const verify = async (tenant: string, bytes: Uint8Array) =>
  verifyBundle({ sha256, bytes, trust: await trustRoot(database.graph(tenant).read, tenant) })

/** A report that came from a dataset with personal data. */
async function world() {
  const tenant = await freshTenant(ledger, 'erased')
  const first = await assertOne(ledger, tenant, dataset('people'), { fields: { mail: SECRET } })
  const people = first.outcomes[0]!.id
  const link = [{ rel: 'WAS_DERIVED_FROM' as const, id: people }]
  const second = await assertOne(ledger, tenant, dataset('report'), { link }, { ids: [people] })
  return { tenant, people, report: second.outcomes[0]!.id }
}

const ask = (tenant: string, root: string) => ({
  tenant,
  subject: 'ada',
  root,
  direction,
  depth: 5,
})

const erase = (tenant: string, entity: string) =>
  ledger.erase({
    tenant,
    subject: 'dpo',
    request: `erase ${entity}`,
    because: { id: `urn:selvedge:erasure:${uuidv7()}`, ground: 'objection', reason: 'case 7' },
    what: { entity },
  })

const find = (tenant: string, id: string) => findExport(database.graph(tenant).read, objects, id)
const fileOf = async (tenant: string, id: string) => {
  const { read, sha256: file } = await find(tenant, id)
  return { file, bytes: new Uint8Array(await new Response(read()).arrayBuffer()) }
}

describe('an export that holds what is erased', () => {
  it('is refused by code from then on and its file deleted, while every other stays', async () => {
    const { tenant, people, report } = await world()
    const doomed = await exportBundle(exporting, ask(tenant, report))
    const other = (await assertOne(ledger, tenant, dataset('weather'))).outcomes[0]!.id
    const kept = await exportBundle(exporting, ask(tenant, other))
    const { file } = await fileOf(tenant, doomed.id)
    const { outcomes } = await erase(tenant, people)
    await expect(find(tenant, doomed.id)).rejects.toMatchObject({
      code: 'EXPORT_ERASED',
      status: 410,
      details: { by: outcomes[0]!.seq },
    })
    expect(await objects.get(file)).toBeNull()
    expect((await fileOf(tenant, kept.id)).bytes.length).toBeGreaterThan(0)
    expect((await journal.of(tenant)).map(({ applied }) => applied)).toEqual([true])
    await expectClean(database, tenant)
  })

  it('goes also where it was made before exports said what they hold', async () => {
    const { tenant, people, report } = await world()
    const { id } = await exportBundle(exporting, ask(tenant, report))
    await assertOne(ledger, tenant, dataset('x'))
    // As the releases before wrote it: without the list.
    await ledger.submit({
      tenant,
      subject: 'ada',
      request: 'unlist',
      ids: [id],
      run: async (draft) => [draft.assert({ kind: 'Export', id, fields: { holds: undefined } })],
    })
    const { file } = await fileOf(tenant, id)
    await erase(tenant, people)
    await expect(find(tenant, id)).rejects.toEqual(withCode('EXPORT_ERASED'))
    expect(await objects.get(file)).toBeNull()
    await expectClean(database, tenant)
  })

  it.each(['what it holds', 'the export'])(
    'goes also where it was retired before, by an erasure of %s',
    async (what) => {
      const { tenant, people, report } = await world()
      const { id } = await exportBundle(exporting, ask(tenant, report))
      const { file } = await fileOf(tenant, id)
      await ledger.submit({
        tenant,
        subject: 'ada',
        request: 'retire',
        ids: [id],
        run: async (draft) => [draft.retire(id)],
      })
      await erase(tenant, what === 'the export' ? id : people)
      expect(await objects.get(file)).toBeNull()
      await expectClean(database, tenant)
    },
  )

  it.each(['by an erasure', 'by the next start'])(
    'is deleted %s though it was never recorded, because its server died',
    async (when) => {
      const { tenant, people, report } = await world()
      let file = ''
      const dying = {
        ...exporting,
        objects: {
          ...objects,
          async put(bytes: Uint8Array, by: string) {
            file = await objects.put(bytes, by)
            throw new Error('killed')
          },
        },
      }
      await expect(exportBundle(dying, ask(tenant, report))).rejects.toThrow('killed')
      const held = () => globSync(`${home}/objects/**/${file}*`).filter((one) => existsSync(one))
      if (when === 'by the next start') {
        await erase(tenant, people)
        // It could still be on its way to be recorded.
        expect(held()).toHaveLength(2)
      }
      for (const one of held()) utimesSync(one, new Date(0), new Date(0))
      if (when === 'by an erasure') await erase(tenant, people)
      else await discardUnrecorded({ database, objects }, Date.now())
      expect(held()).toEqual([])
    },
  )

  it('stays where its server died just after its record, and is claimed by nobody in the end', async () => {
    const { tenant, report } = await world()
    const dying = { ...exporting, objects: { ...objects, settle: () => Promise.resolve() } }
    const { id } = await exportBundle(dying, ask(tenant, report))
    const { file } = await fileOf(tenant, id)
    const claimed = async () => (await objects.claims()).some(({ address }) => address === file)
    expect(await claimed()).toBe(true)
    await discardUnrecorded({ database, objects }, Date.now() + 3_600_000)
    expect(await claimed()).toBe(false)
    expect((await fileOf(tenant, id)).bytes.length).toBeGreaterThan(0)
    const { id: settled } = await exportBundle(exporting, ask(tenant, report))
    const { file: other } = await fileOf(tenant, settled)
    expect((await objects.claims()).map(({ address }) => address)).not.toContain(other)
  })

  it('is not recorded at all where the erasure comes before its record', async () => {
    const { tenant, people, report } = await world()
    let file = ''
    const overtaken = {
      ...exporting,
      objects: {
        ...objects,
        async put(bytes: Uint8Array, by: string) {
          file = await objects.put(bytes, by)
          await erase(tenant, people)
          return file
        },
      },
    }
    const asked = ask(tenant, report)
    await expect(exportBundle(overtaken, asked)).rejects.toEqual(withCode('EXPORT_OVERTAKEN'))
    expect(await objects.get(file)).toBeNull()
    const again = await exportBundle(exporting, asked)
    expect(text((await fileOf(tenant, again.id)).bytes)).not.toContain(SECRET)
  })

  it('is erased with its own record', async () => {
    const { tenant, report } = await world()
    const { id } = await exportBundle(exporting, ask(tenant, report))
    const { file } = await fileOf(tenant, id)
    await erase(tenant, id)
    await expect(find(tenant, id)).rejects.toEqual(withCode('EXPORT_ERASED'))
    expect(await objects.get(file)).toBeNull()
  })
})

describe('a bundle', () => {
  it('made before verifies for ever, and one made after shows what is erased as erased', async () => {
    const { tenant, people, report } = await world()
    const before = await weaveBundle(exporting, ask(tenant, report))
    await erase(tenant, people)
    await assertOne(ledger, tenant, dataset('later'))
    await ledger.checkpointOf(tenant, 8)
    const old = await verify(tenant, before.bytes)
    expect(exitCode(old)).toBe(0)
    expect(old.erased).toEqual([])
    expect(text(before.bytes)).toContain(SECRET)
    const after = await weaveBundle(exporting, ask(tenant, report))
    const told = await verify(tenant, after.bytes)
    expect(exitCode(told)).toBe(0)
    expect(told.erased).toMatchObject([{ id: people }])
    expect(text(after.bytes)).not.toContain(SECRET)
  })

  it('of a position before the erasure brings the record that erased', async () => {
    const { tenant, people, report } = await world()
    const asOf = (await readLog(database.graph(tenant).read))!.size
    const { outcomes } = await erase(tenant, people)
    const { read } = database.graph(tenant)
    const rows = await recordsAsOf(read, [people, report], asOf)
    const records = rows.map(shownRecord)
    const erasures = await readErasures(
      read,
      rows.filter((_, i) => records[i]!.fields === null),
    )
    expect(erasures.map(({ seq }) => seq)).toEqual([outcomes[0]!.seq])
    const { note, size } = await ledger.checkpointOf(tenant, outcomes[0]!.seq + 1)
    const { hashes } = await batchProof(read, size, provenPlaces({ records, erasures }))
    const origin = `${SERVICE_NAME}/${tenant}`
    const question = { root: report, direction, depth: 5 }
    const bytes = await buildBundle(
      sha256,
      { tenant, origin, question, asOf, size, records, erasures, hashes, checkpoint: note },
      await ledger.keys.signerOf(tenant, { use: 'manifest', size }),
    )
    const told = await verify(tenant, bytes)
    expect(told.checks.filter(({ result }) => result === 'fail')).toEqual([])
    expect(told.erased).toMatchObject([{ id: people, by: outcomes[0]!.seq }])
  })
})

it('leaves the name of a file that another export names too', async () => {
  const { tenant, report } = await world()
  const { id } = await exportBundle(exporting, ask(tenant, report))
  const { file } = await fileOf(tenant, id)
  const twin = `urn:selvedge:export:${uuidv7()}`
  await ledger.submit({
    tenant,
    subject: 'ada',
    request: 'a twin',
    ids: [id, twin],
    run: async (draft) => [
      draft.assert({
        kind: 'Export',
        id: twin,
        namespace: 'export',
        name: 'twin',
        fields: draft.get(id)!.fields,
      }),
    ],
  })
  await erase(tenant, twin)
  expect((await fileOf(tenant, id)).file).toBe(file)
  const [row] = await raw('MATCH (e:Export {tenant: $tenant, id: $id}) RETURN e.name AS name', {
    tenant,
    id: twin,
  })
  expect(row!.name).toBe('')
})
