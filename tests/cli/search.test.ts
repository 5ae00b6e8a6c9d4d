import { beforeAll, expect, it } from 'vitest'
import { dataset, job, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp()
const url = await listening(test.app)
let tenant = ''
let ids: string[] = []

beforeAll(async () => {
  tenant = await test.freshTenant()
  const value = { owners: [{ name: 'team:sales' }] }
  const facets = [{ group: 'dataset', name: 'ownership', value }]
  const outcomes = await recorded(test, tenant, [
    dataset('orders_daily', { facets }),
    job('load_orders', { description: 'every day' }),
    ...Array.from({ length: 3 }, (_, i) => dataset(`other ${i}`)),
  ])
  ids = outcomes.map(({ id }) => id)
})

const search = (...args: string[]) =>
  selvedge(['search', ...args, '--tenant', tenant, '--url', url])

it('shows a line for each hit, how many there are, and how they are spread', async () => {
  const { code, stdout, stderr } = await search('orders')
  expect(code, stderr).toBe(0)
  expect(stdout).toBe(
    [
      `dataset  orders_daily  db  ${ids[0]}`,
      `job      load_orders   db  ${ids[1]}`,
      '2 found',
      'kinds:    dataset 1, job 1',
      'owners:   team:sales 1',
      '',
    ].join('\n'),
  )
})

it('takes several words, kinds and a limit, and prints one JSON object for programs', async () => {
  const { code, stdout } = await search('load', 'order', '--kind', 'Job', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ ok: true, tenant, total: 1, more: false, complete: true },
    hits: [{ id: ids[1], kind: 'Job', name: 'load_orders' }],
    facets: { kinds: [{ value: 'Job', count: 1 }] },
  })
  const limited = await search('other', '--limit', '2')
  expect(limited.stdout.split('\n').slice(2, 3)).toEqual(['3 found, 2 shown: --limit shows more'])
})

it('ends with 3 where nothing is found', async () => {
  const { code, stdout } = await search('nowhere')
  expect([code, stdout]).toEqual([3, '0 found\n'])
})

it('tells by code what is wrong, and how it is used', async () => {
  const signs = await search('***')
  expect([signs.code, signs.stderr]).toEqual([1, expect.stringMatching(/^SEARCH_TEXT_INVALID: /)])
  const misused = await search('x', '--kind', 'Nothing')
  expect(misused.code).toBe(2)
  const { code, stdout } = await selvedge(['search', '--help'])
  expect([code, stdout]).toEqual([0, expect.stringContaining('by words of their names')])
})
