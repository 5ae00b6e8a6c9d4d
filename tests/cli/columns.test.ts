import { beforeAll, expect, it } from 'vitest'
import { idOf } from '../openlineage/columns.ts'
import { fixture } from '../openlineage/events.ts'
import { SPARK } from '../openlineage/spark-columns.ts'
import { sendTogether } from '../openlineage/world.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp()
const url = await listening(test.app)
let [tenant, dataset] = ['', '']

beforeAll(async () => {
  tenant = await test.freshTenant()
  await sendTogether(test.ledger, tenant, fixture('column-lineage'))
  dataset = await idOf(test, tenant, SPARK.dataset)
})

const columns = (...args: string[]) =>
  selvedge(['columns', ...args, '--tenant', tenant, '--url', url])

it('shows each column with those that it comes from, how, and by whose word', async () => {
  const { code, stdout, stderr } = await columns(dataset, 'agg')
  expect(code, stderr).toBe(0)
  const lines = stdout.trimEnd().split('\n')
  expect(lines.slice(0, 3)).toEqual(['5 columns', '', '0  /tmp/cll_test/tbl1.agg'])
  expect(lines).toContain(
    `     ← /tmp/cll_test/cll_source2.c  (DIRECT AGGREGATION)  by ${SPARK.job}`,
  )
  expect(lines.filter((line) => line.startsWith('1  '))).toHaveLength(4)
})

it('prints one JSON object for programs', async () => {
  const { code, stdout } = await columns(dataset, 'agg', '--depth', '0', '--json')
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { ok: true, tenant, total: 1, nodes: [{ distance: 0, column: 'agg' }], edges: [] },
  ])
})

it('tells by code what is wrong, and how it is used', async () => {
  const unknown = await columns(dataset.slice(0, -3).concat('AAA'), 'agg')
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringMatching(/^LINEAGE_ROOT_UNKNOWN: /),
  ])
  const misused = await columns(dataset, 'agg', '--direction', 'sideways')
  expect([misused.code, misused.stderr]).toEqual([2, expect.stringContaining('sideways')])
})
