import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { checkLog } from '../../domains/fsck/check-log.ts'
import { linksOfKind, mayBeNamed } from '../../domains/kinds/links.ts'
import { farKinds, TYPED_KINDS } from '../../lineage/kinds.ts'
import { readLog } from '../../lineage/log.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { backing, backupFolder } from '../backup/support.ts'
import { copyOf, erase } from '../ledger/copies.ts'
import { rawDatabase } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { bodyAt, leastBody, recordedKind } from './recording.ts'

/** What is kept of every kind goes where all records go: nothing there knows of kinds. */
const test = await testApp()
const { database, ledger, home, freshTenant } = test
const raw = rawDatabase()
const { fresh } = backupFolder()
const { backUp, bringBack } = backing(test)
const exporting = { database, ledger, objects: openObjectFiles(join(home, 'objects')) }

let tenant: string
/** The id of one thing of each kind, all of them linked in every way there is. */
const ids = new Map<string, string>()

beforeAll(async () => {
  tenant = await freshTenant()
  for (const kind of TYPED_KINDS) {
    const links = linksOfKind(kind).map(({ relation, field }) => [
      field,
      farKinds(kind, relation)
        .filter(mayBeNamed)
        .map((far) => ({ kind: far, namespace: 'n', name: `a ${far}` })),
    ])
    const item = { namespace: 'n', name: `a ${kind}`, body: leastBody(kind) }
    const items = [{ ...item, ...Object.fromEntries(links) }]
    const [outcome] = await recordedKind(test, kind, { tenant, items })
    ids.set(kind, outcome!.id)
  }
  await ledger.checkpointOf(tenant, (await readLog(database.graph(tenant).read))!.written)
})

it('is exported with proofs, and verifies offline with a field withheld', async () => {
  const { bytes, records } = await weaveBundle(exporting, {
    ...{ tenant, root: ids.get('XaiExport')!, direction: 'UPSTREAM', depth: 20 },
    withhold: ['DpiaPacket.risks'],
  })
  // All kinds but the source and the transformation, which nothing here comes from, and what is said
  // of things and decided; and the dataset that was trained on.
  expect(records).toBe(TYPED_KINDS.length - 3)
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  const report = await verifyBundle({ sha256, bytes, trust })
  expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
  expect(exitCode(report)).toBe(0)
  const text = Buffer.from(bytes).toString('utf8')
  expect(text).toContain('The MIT License')
  expect(text).not.toContain('A wrong score.')
})

it('is found clean where everything is derived anew', async () => {
  const report = await checkLog(database.graph(tenant))
  expect(report).toMatchObject({ found: 0, differences: [] })
})

it('comes back from a backup as it was', async () => {
  const path = fresh()
  await backUp(path, [tenant])
  await erase(raw, tenant)
  expect((await copyOf(raw, tenant)).nodes).toEqual([])
  await bringBack(path)
  for (const kind of TYPED_KINDS) {
    expect(await bodyAt(test, kind, { tenant, id: ids.get(kind)! })).toEqual(leastBody(kind))
  }
  expect(await checkLog(database.graph(tenant))).toMatchObject({ found: 0 })
})
