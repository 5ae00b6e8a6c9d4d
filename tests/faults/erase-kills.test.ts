import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, expect, it } from 'vitest'
import { openErasureJournal } from '../../ledger/erasures.ts'
import { openLedger } from '../../ledger/ledger.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { assertOne, dataset, expectClean, headers, rawDatabase } from '../ledger/support.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'

const { database, ledger, keys, home: shared } = await testLedger()
const raw = rawDatabase()
const PROGRAM = fileURLToPath(new URL('./eraser.ts', import.meta.url))
/** That of the run, but for the journal: no server of another file may complete what is begun here. */
const home = mkdtempSync(join(tmpdir(), 'selvedge-eraser-'))
for (const name of ['keys', 'register.sqlite']) symlinkSync(join(shared, name), join(home, name))
afterAll(() => rmSync(home, { recursive: true }))

/** Erases in a process of its own, which kills itself at a point of its way; gives how it ended. */
async function eraseAndDie(args: string[], failpoint: string) {
  const { uri, username, password } = testNeo4j()
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', PROGRAM, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NEO4J_URI: uri,
        NEO4J_USERNAME: username,
        NEO4J_PASSWORD: password,
        SELVEDGE_HOME: home,
        SELVEDGE_SERVICE: SERVICE_NAME,
        SELVEDGE_FAILPOINT: failpoint,
      },
    },
  )
  let told = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    told += chunk
  })
  const [, signal] = await once(child, 'exit')
  return { signal, told }
}

it.each([
  ['between the journal and the commit', 'before-commit:1', false],
  ['between the commit and the answer', 'after-commit:1', true],
])(
  'an erasure whose server dies %s is completed by the next that starts',
  async (_when, failpoint, committed) => {
    const tenant = await freshTenant(ledger, 'eraser')
    const mail = { fields: { mail: 'ada@example.org' } }
    const { outcomes } = await assertOne(ledger, tenant, dataset('people'), mail)
    const entity = outcomes[0]!.id
    const erasure = `urn:selvedge:erasure:${uuidv7()}`
    expect(await eraseAndDie([tenant, entity, erasure], failpoint)).toEqual({
      signal: 'SIGKILL',
      told: '',
    })
    const journal = openErasureJournal(join(home, 'erasures.sqlite'))
    expect(await journal.of(tenant)).toMatchObject([{ erasure, entity, applied: false }])
    const text = async () =>
      JSON.stringify(await raw('MATCH (n {tenant: $tenant}) RETURN properties(n) AS p', { tenant }))
    expect((await text()).includes('ada@example.org')).toBe(!committed)

    const heir = await openLedger({
      database,
      service: SERVICE_NAME,
      keys,
      register: null,
      erasing: { journal, objects: openObjectFiles(join(home, 'objects')), pendingDays: 30 },
      onError: (error) => {
        throw error
      },
    })
    expect(await text()).not.toContain('ada@example.org')
    expect(await journal.of(tenant)).toMatchObject([{ erasure, applied: true }])
    await heir.close()
    journal.close()
    const erased = (await headers(database, tenant)).filter(({ action }) => action === 'erase')
    expect(erased).toMatchObject([{ id: entity, version: 2 }])
    await expectClean(database, tenant)
  },
  120_000,
)
