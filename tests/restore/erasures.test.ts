import { join } from 'node:path'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { listErasures } from '../../domains/erasure/list-erasures.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { openErasureJournal } from '../../ledger/erasures.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { assertOne, dataset, expectClean } from '../ledger/support.ts'
import { testNeo4j } from '../setup/database.ts'
import { SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { selvedge } from '../setup/selvedge.ts'
import { restoring } from './support.ts'

const test = await testLedger()
const { database, ledger, keys, home } = test
const { raw, register, newTenant, copyOf, setBack, headOf } = restoring(test)
const journal = openErasureJournal(join(home, 'erasures.sqlite'))
const erasing = { journal, objects: openObjectFiles(join(home, 'objects')), pendingDays: 30 }
const server = await openLedger({ database, service: SERVICE_NAME, keys, register, erasing })
afterAll(async () => {
  await server.close()
  journal.close()
})

const storedText = async (tenant: string) =>
  JSON.stringify(await raw('MATCH (n {tenant: $tenant}) RETURN properties(n) AS p', { tenant }))

it('a restore erases again what the backup brings back, under a new origin, and old bundles verify', async () => {
  const tenant = await newTenant()
  const mail = { fields: { mail: 'ada@example.org' } }
  const { outcomes } = await assertOne(server, tenant, dataset('people'), mail, {
    subject: 'ada.l',
  })
  const entity = outcomes[0]!.id
  const question = { tenant, root: entity, direction: 'UPSTREAM', depth: 2 } as const
  const before = await weaveBundle({ database, ledger }, question)
  const yesterday = await copyOf(tenant)

  const id = `urn:selvedge:erasure:${uuidv7()}`
  const because = { id, ground: 'consent-withdrawn', reason: 'case 7' } as const
  const asked = { tenant, subject: 'dpo', because }
  await server.erase({ ...asked, request: 'erase people', what: { entity } })
  const actorId = `urn:selvedge:erasure:${uuidv7()}`
  await server.erase({
    ...asked,
    request: 'erase ada',
    because: { ...because, id: actorId },
    what: { actorOf: 'ada.l' },
  })
  await server.checkpointOf(tenant, (await headOf(tenant)).written)

  await setBack(tenant, yesterday)
  expect(await storedText(tenant)).toContain('ada@example.org')
  const { uri, username, password } = testNeo4j()
  const restored = await selvedge(
    ['restore', '--new-epoch', '--tenant', tenant, '--yes', '--json'],
    {
      NEO4J_URI: uri,
      NEO4J_USERNAME: username,
      NEO4J_PASSWORD: password,
      SELVEDGE_HOME: home,
      SELVEDGE_SERVICE: SERVICE_NAME,
    },
  )
  expect(restored.stderr).not.toContain('error')
  expect(JSON.parse(restored.stdout)).toMatchObject({ ok: true, tenants: [{ outcome: 'opened' }] })

  const text = await storedText(tenant)
  expect(text).not.toContain('ada@example.org')
  expect(text).not.toContain('ada.l')
  const listed = await listErasures(database.graph(tenant))
  expect(listed.map((one) => one.id).sort()).toEqual([id, actorId].sort())
  await expectClean(database, tenant)

  const trust = await trustRoot(database.graph(tenant).read, tenant)
  // It lists each origin for itself, so what was handed out before the restore goes on to verify.
  const old = await verifyBundle({ sha256, bytes: before.bytes, trust })
  expect(old.checks.filter(({ result }) => result === 'fail')).toEqual([])
  expect(exitCode(old)).toBe(0)
  const after = await weaveBundle({ database, ledger }, question)
  const told = await verifyBundle({ sha256, bytes: after.bytes, trust })
  expect(exitCode(told)).toBe(0)
  expect(told.erased).toMatchObject([{ id: entity }])
}, 180_000)
