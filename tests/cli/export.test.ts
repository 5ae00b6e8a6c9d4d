import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { assertOne, dataset, job } from '../ledger/support.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { selvedge } from '../setup/selvedge.ts'

const { database, ledger, home } = await testLedger()
const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-export-'))
afterAll(() => rmSync(folder, { recursive: true }))
let tenant = ''
let root = ''

beforeAll(async () => {
  tenant = await freshTenant(ledger, 'cli')
  const { outcomes } = await assertOne(
    ledger,
    tenant,
    job('etl'),
    { fields: { owner: 'ada' }, link: [{ rel: 'USED', to: dataset('raw') }] },
    { names: [dataset('raw')] },
  )
  root = outcomes[0]!.id
})

const exported = (...args: string[]) => {
  const { uri, username, password } = testNeo4j()
  return selvedge(['export', '--tenant', tenant, '--root', root, ...args], {
    ...{ NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password },
    ...{ SELVEDGE_HOME: home, SELVEDGE_SERVICE: SERVICE_NAME },
  })
}

it('writes a bundle that verifies, beside a server, and says what it is', async () => {
  const out = join(folder, 'bundle.zip')
  const { code, stdout, stderr } = await exported(
    ...['--depth', '3', '--withhold', 'owner', 'namespace', '--out', out, '--json'],
  )
  expect(code, stderr).toBe(0)
  const told = JSON.parse(stdout)
  const bytes = new Uint8Array(readFileSync(out))
  expect(told).toMatchObject({ ok: true, file: out, records: 2, bytes: bytes.length, root })
  expect(told.id).toMatch(/^urn:selvedge:export:/)
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  const report = await verifyBundle({ sha256, bytes, trust })
  expect(exitCode(report)).toBe(0)
  expect(report.withheld.map(({ names }) => names)).toEqual([['namespace'], ['namespace', 'owner']])
  expect(stderr).toMatch(/looking for what belongs to the answer/)
  expect(readdirSync(folder)).toEqual(['bundle.zip'])
})

it('answers as it was at an earlier position', async () => {
  const { size } = await ledger.checkpointOf(tenant, 5)
  await assertOne(ledger, tenant, job('etl'), { fields: { owner: 'bob' } })
  const out = join(folder, 'earlier.zip')
  const { code, stdout, stderr } = await exported('--as-of', String(size), '--out', out, '--json')
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ asOf: size, stateSize: size - 1, records: 2 })
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  const bytes = new Uint8Array(readFileSync(out))
  const { verdict, records } = await verifyBundle({ sha256, bytes, trust })
  expect([verdict.authentic.result, verdict.current.result]).toEqual(['pass', 'pass'])
  const { fields } = records.find(({ header }) => header.id === root)!
  expect(fields).toContainEqual(expect.objectContaining({ name: 'owner', value: 'ada' }))
})

it.each([
  [
    'a pattern that meets nothing',
    ['--withhold', 'ownr'],
    1,
    /^EXPORT_WITHHOLD_UNMATCHED: .*"ownr"/m,
  ],
  ['a tenant that is not there', ['--tenant', 'nobody'], 1, /^TENANT_UNKNOWN:/m],
  ['a depth beyond what is walked', ['--depth', '21'], 1, /^LINEAGE_DEPTH_OUT_OF_RANGE:/m],
  [
    'a direction that is none',
    ['--direction', 'sideways'],
    2,
    /^error: .*UPSTREAM, DOWNSTREAM, BOTH/m,
  ],
])('refuses %s, and writes nothing', async (_what, args, exit, told) => {
  const out = join(folder, 'refused.zip')
  const { code, stdout, stderr } = await exported(...args, '--out', out)
  expect([code, stdout]).toEqual([exit, ''])
  expect(stderr).toMatch(told)
  expect(readdirSync(folder)).not.toContain('refused.zip')
})
