import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { listFiles } from '../../domains/log-files/list-files.ts'
import { readTiles } from '../../lineage/log.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { exitCode, type Report } from '../../proofs/report.ts'
import { rootFromTiles, tilesForRoot } from '../../proofs/tiles.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { assertOne, dataset, expectClean } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { restoring } from './support.ts'

const test = await testApp()
const { database, ledger, ask } = test
const { newTenant, writeSigned, copyOf, setBack, restore, headOf } = restoring(test)

const LIST = `query ($after: String) {
  entities(kind: Dataset, first: 2, after: $after) { nodes { name } pageInfo { endCursor } }
}`
interface Listed {
  entities: { nodes: object[]; pageInfo: { endCursor: string } }
}
const EXPORT = `mutation ($root: ID!, $asOf: Seq, $epoch: Int) {
  exportBundle(root: $root, asOf: $asOf, epoch: $epoch) { position }
}`

const list = (tenant: string, { after, least }: { after?: string; least?: string } = {}) =>
  ask<Listed>(LIST, {
    tenant,
    variables: { after },
    ...(least && { headers: { 'x-selvedge-min-position': least } }),
  })

const LOST = [{ extensions: { code: 'POSITION_LOST' } }]

it('positions and cursors up to what was kept are good, and lost beyond it', async () => {
  const tenant = await newTenant()
  const kept = await writeSigned(tenant, 'kept', 5)
  const early = await list(tenant)
  const yesterday = await copyOf(tenant)
  await writeSigned(tenant, 'lost', 5)
  const late = await list(tenant)
  await setBack(tenant, yesterday)
  await restore(tenant)

  expect((await list(tenant, { least: early.extensions!.position })).errors).toBeUndefined()
  expect((await list(tenant, { least: `0:${kept.size}` })).errors).toBeUndefined()
  expect((await list(tenant, { least: `0:${kept.size + 1}` })).errors).toMatchObject(LOST)
  expect((await list(tenant, { least: late.extensions!.position })).errors).toMatchObject(LOST)
  expect((await list(tenant, { least: '2:3' })).errors).toMatchObject(LOST)

  const [before, after] = [early, late].map(({ data }) => data.entities.pageInfo.endCursor)
  const page = await list(tenant, { after: before })
  expect(page.data.entities.nodes).toHaveLength(2)
  expect(page.extensions!.position).toBe(`1:${kept.size}`)
  expect((await list(tenant, { after })).errors).toMatchObject(LOST)

  const { outcomes, position } = await assertOne(ledger, tenant, dataset('new'))
  expect((await list(tenant, { least: `1:${position.seq}` })).errors).toBeUndefined()
  const root = outcomes[0]!.id
  const lost = await ask(EXPORT, { tenant, variables: { root, asOf: kept.size + 1, epoch: 0 } })
  expect(lost.errors).toMatchObject(LOST)
})

const question = (tenant: string, root: string) =>
  ({ tenant, root, direction: 'UPSTREAM', depth: 3 }) as const
const failed = ({ checks }: Report) =>
  checks.filter(({ result }) => result === 'fail').map(({ code }) => code)

it('bundles of both origins verify, each where its own origin is listed', async () => {
  const tenant = await newTenant()
  const asserted = await assertOne(ledger, tenant, dataset('first'))
  const id = asserted.outcomes[0]!.id
  await writeSigned(tenant, 'kept', 2)
  const yesterday = await copyOf(tenant)
  await writeSigned(tenant, 'lost', 3)
  // Made of what is lost, and as good as ever.
  const old = await weaveBundle({ database, ledger }, question(tenant, id))
  const oldTrust = await trustRoot(database.graph(tenant).read, tenant)
  await setBack(tenant, yesterday)
  await restore(tenant)
  await assertOne(ledger, tenant, dataset('first'), { fields: { since: 'restored' } })
  const fresh = await weaveBundle({ database, ledger }, question(tenant, id))
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  expect(trust.logs.map(({ origin }) => origin)).toEqual([
    (await headOf(tenant)).origin,
    oldTrust.logs[0]!.origin,
  ])
  const verify = (bytes: Uint8Array, by: typeof trust) => verifyBundle({ sha256, bytes, trust: by })
  expect(exitCode(await verify(old.bytes, oldTrust))).toBe(0)
  expect(exitCode(await verify(old.bytes, trust))).toBe(0)
  expect(exitCode(await verify(fresh.bytes, trust))).toBe(0)
  expect(failed(await verify(fresh.bytes, oldTrust))).toEqual(['PROOF_ORIGIN_UNLISTED'])
  const newOnly = { ...trust, logs: trust.logs.slice(0, 1) }
  expect(exitCode(await verify(fresh.bytes, newOnly))).toBe(0)
  expect(failed(await verify(old.bytes, newOnly))).toEqual(['PROOF_ORIGIN_UNLISTED'])
})

it('checkpoints of both origins share exactly the leaves that were kept', async () => {
  const tenant = await newTenant()
  const kept = await writeSigned(tenant, 'kept', 5)
  const yesterday = await copyOf(tenant)
  const rootsOf = async (sizes: number[]) => {
    const rows = await readTiles(database.graph(tenant).read, sizes.flatMap(tilesForRoot))
    const tiles = new Map(rows.map((row) => [`${row.level}/${row.index}`, unb64(row.hashes)]))
    return sizes.map((size) =>
      b64(rootFromTiles(sha256, size, (level, index) => tiles.get(`${level}/${index}`)!)),
    )
  }
  await writeSigned(tenant, 'lost', 5)
  const sizes = [kept.size - 1, kept.size, kept.size + 1]
  const old = await rootsOf(sizes)
  await setBack(tenant, yesterday)
  await restore(tenant)
  await writeSigned(tenant, 'new', 5)
  const now = await rootsOf(sizes)
  expect(now.slice(0, 2)).toEqual(old.slice(0, 2))
  expect(now[2]).not.toBe(old[2])
  expect(now[1]).toBe(kept.root)
  await expectClean(database, tenant)
})

it('a log that was restored is exported under its new origin', async () => {
  const tenant = await newTenant()
  await writeSigned(tenant, 'kept', 2)
  const yesterday = await copyOf(tenant)
  await writeSigned(tenant, 'lost', 2)
  await setBack(tenant, yesterday)
  await restore(tenant)
  await writeSigned(tenant, 'new', 2)
  const files = new Map<string, string>()
  for await (const { path, bytes } of listFiles(database.graph(tenant))) {
    files.set(path, new TextDecoder().decode(bytes))
  }
  const { origin } = await headOf(tenant)
  expect(files.get('log.vkey')!.split('+')[0]).toBe(origin)
  expect(files.get('checkpoint')!.split('\n')[0]).toBe(origin)
})
