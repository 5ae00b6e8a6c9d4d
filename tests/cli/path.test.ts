import { beforeAll, expect, it } from 'vitest'
import { dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp()
const url = await listening(test.app)
let tenant = ''
let [raw, report] = ['', '']

beforeAll(async () => {
  tenant = await test.freshTenant()
  const outcomes = await recorded(test, tenant, [
    dataset('raw'),
    dataset('left', { derivedFrom: [near('raw')] }),
    dataset('right', { derivedFrom: [near('raw')] }),
    dataset('report', { derivedFrom: [near('left'), near('right')] }),
  ])
  raw = outcomes[0]!.id
  report = outcomes[3]!.id
})

const path = (from: string, to: string, ...args: string[]) =>
  selvedge(['path', from, to, '--tenant', tenant, '--url', url, ...args])

it('shows each way with the record of each hop', async () => {
  const { code, stdout, stderr } = await path(report, raw)
  expect(code, stderr).toBe(0)
  const lines = stdout.split('\n')
  expect(lines[0]).toBe('2 ways of 2 hops')
  for (const middle of ['left', 'right']) {
    const at = lines.findIndex((line) => line.includes(`was derived from dataset ${middle} `))
    expect(lines[at - 1]).toBe('dataset report')
    expect(lines[at]).toMatch(/^ {2}was derived from dataset \w+ {2}\(record 6, \d{4}-.*Z\)$/)
    expect(lines[at + 1]).toMatch(/^ {2}was derived from dataset raw {2}\(record \d, .*Z\)$/)
  }
})

it('prints one JSON object for programs, and no more ways than are asked for', async () => {
  const { code, stdout } = await path(report, raw, '--first', '1', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ ok: true, tenant, distance: 2, total: '2', truncated: true },
    paths: [{ entities: [{ id: report }, { kind: 'Dataset' }, { id: raw }] }],
  })
})

it('ends with 3 where there is no way, and says so', async () => {
  const down = await path(raw, report)
  expect([down.code, down.stdout]).toEqual([
    3,
    'no way of up to 20 hops from dataset raw to dataset report\n',
  ])
  const near_ = await path(report, raw, '--depth', '1', '--json')
  expect([near_.code, JSON.parse(near_.stdout)]).toMatchObject([3, { distance: null, paths: [] }])
})

it('tells by code what is wrong, and how it is used', async () => {
  const unknown = await path(report, raw.slice(0, -3).concat('AAA'))
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringMatching(/^LINEAGE_ROOT_UNKNOWN: /),
  ])
  const misused = await path(report, raw, '--depth', 'far')
  expect([misused.code, misused.stderr]).toEqual([2, expect.stringContaining('whole number')])
  const { code, stdout } = await selvedge(['path', '--help'])
  expect([code, stdout]).toEqual([0, expect.stringContaining('all shortest ways upstream')])
})
