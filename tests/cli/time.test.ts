import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp()
const { app, freshTenant, ledger, ask } = test
const url = await listening(app)
const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-time-'))
let tenant = ''
let id = ''

beforeAll(async () => {
  tenant = await freshTenant()
  const [made] = await recorded(test, tenant, [dataset('a', { description: 'one' })])
  id = made!.id
  await recorded(test, tenant, [
    dataset('a', { description: 'two \u202e', derivedFrom: [near('raw')] }),
  ])
  await recorded(test, tenant, [dataset('b')])
  await ask('mutation R($id: ID!) { retire(id: $id) { position } }', { tenant, variables: { id } })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const run = (...args: string[]) => selvedge([...args, '--tenant', tenant, '--url', url])

it('tells the history of an entity, the newest version first', async () => {
  const { code, stdout, stderr } = await run('history', id)
  expect(code, stderr).toBe(0)
  const lines = stdout.split('\n')
  const heads = lines.filter((line) => line.startsWith('v'))
  expect(heads.map((line) => line.split(/ +/).slice(0, 2))).toEqual([
    ['v3', 'RETIRE'],
    ['v2', 'ASSERT'],
    ['v1', 'ASSERT'],
  ])
  expect(stdout).toContain('      ~ description: "one" -> "two ?"\n')
  expect(stdout).toMatch(/ {6}\+ WAS_DERIVED_FROM urn:selvedge:dataset:h:/)
  expect(stdout).toMatch(/ {6}- WAS_DERIVED_FROM urn:selvedge:dataset:h:/)
}, 60_000)

it('tells it up to a moment, as much as is wanted, and as one JSON object', async () => {
  const { stdout, stderr } = await run('history', id, '--as-of', '0:6', '--limit', '1', '--json')
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ ok: true, tenant, id, more: true },
    versions: [{ version: 2, changes: [{ name: 'description', before: 'one' }] }],
  })
}, 60_000)

it('tells what differs between two moments, given as positions, instants or checkpoints', async () => {
  const { note } = await ledger.checkpointOf(tenant, 4)
  const file = join(folder, 'checkpoint')
  writeFileSync(file, note)
  const told = await run('diff', '0:4', '0:8')
  expect(told.code, told.stderr).toBe(0)
  expect(told.stdout).toContain('- Dataset "db a"  v1 -> v3  retired\n')
  expect(told.stdout).toContain('+ Dataset "db b"  not there -> v1\n')
  expect(told.stdout.endsWith('3 entities differ between 0:4 and 0:8\n')).toBe(true)

  const json = await run('diff', file, '--json', '--kind', 'Job')
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, changes: [], more: false })
  const lineage = await run('diff', '0:4', '0:6', '--root', id, '--depth', '1', '--json')
  expect(JSON.parse(lineage.stdout)).toMatchObject({
    changes: expect.arrayContaining([expect.objectContaining({ id, change: 'CHANGED' })]),
  })
}, 60_000)

it.each([
  [
    'an entity that is not there',
    ['history', `urn:selvedge:dataset:h:${'A'.repeat(43)}`],
    1,
    'ENTITY_UNKNOWN',
  ],
  ['a moment that is none', ['diff', 'yesterday'], 2, 'a position such as 0:42'],
  ['the later moment first', ['diff', '0:6', '0:4'], 1, 'DIFF_BACKWARDS'],
])(
  'refuses %s',
  async (_what, args, expected, words) => {
    const { code, stdout, stderr } = await run(...args)
    expect([code, stdout]).toEqual([expected, ''])
    expect(stderr).toContain(words)
  },
  60_000,
)
