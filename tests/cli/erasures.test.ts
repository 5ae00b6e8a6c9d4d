import { v7 as uuidv7 } from 'uuid'
import { expect, it } from 'vitest'
import { openErasureJournal } from '../../ledger/erasures.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { assertOne, dataset } from '../ledger/support.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { selvedge } from '../setup/selvedge.ts'

const { database, ledger, keys, home } = await testLedger()
const { uri, username, password } = testNeo4j()
const env = {
  NEO4J_URI: uri,
  NEO4J_USERNAME: username,
  NEO4J_PASSWORD: password,
  SELVEDGE_HOME: home,
  SELVEDGE_SERVICE: SERVICE_NAME,
}

/** A tenant with an erasure that is pending for so many days. */
async function erased(pendingDays: number) {
  const tenant = await freshTenant(ledger, 'cli')
  const { outcomes } = await assertOne(ledger, tenant, dataset('people'))
  const journal = openErasureJournal(`${home}/erasures-cli.sqlite`)
  const objects = openObjectFiles(`${home}/objects`)
  const erasing = { journal, objects, pendingDays }
  const on = await openLedger({ database, service: SERVICE_NAME, keys, register: null, erasing })
  const id = `urn:selvedge:erasure:${uuidv7()}`
  await on.erase({
    tenant,
    subject: 'dpo',
    request: 'erase',
    because: { id, ground: 'legal-obligation', reason: 'case 7' },
    what: { entity: outcomes[0]!.id },
  })
  await on.close()
  journal.close()
  return { tenant, id }
}

it('lists what was erased, and confirms what is no longer pending', async () => {
  const { tenant, id } = await erased(0)
  const listed = await selvedge(
    ['erasures', 'list', '--tenant', tenant, '--pending', '--json'],
    env,
  )
  expect(JSON.parse(listed.stdout)).toMatchObject({
    ok: true,
    erasures: [{ id, ground: 'legal-obligation', reason: 'case 7', status: 'pending', records: 1 }],
  })
  const confirmed = await selvedge(['erasures', 'confirm', id, '--tenant', tenant], env)
  expect(confirmed).toMatchObject({ code: 0, stdout: `${id} is complete\n` })
  const after = await selvedge(['erasures', 'list', '--tenant', tenant], env)
  expect(after.stdout).toContain('complete')
}, 120_000)

it('does not confirm what backups may still hold', async () => {
  const { tenant, id } = await erased(30)
  const { code, stderr } = await selvedge(['erasures', 'confirm', id, '--tenant', tenant], env)
  expect(code).toBe(1)
  expect(stderr).toContain('ERASURE_PENDING')
}, 120_000)
