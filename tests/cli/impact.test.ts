import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { recordedKind } from '../kinds/recording.ts'
import { near } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { selvedge } from '../setup/selvedge.ts'
import { licensedReport } from './licensed.ts'

const test = await testApp()
const free = { name: 'free', title: 'Free', spdx: 'CC0-1.0' }
const { tenant, place, raw, licence } = await licensedReport(test, free)
await recordedKind(test, 'Principal', {
  tenant,
  items: [{ ...near('sales'), body: { title: 'Sales', type: 'team' } }],
})
const { errors } = await test.ask(
  'mutation L($id: ID!) { linksRecord(items: [{ entity: { id: $id }, attributedTo: [{ namespace: "db", name: "sales" }] }]) { position } }',
  { tenant, variables: { id: raw } },
)
expect(errors).toBeUndefined()

const file = (name: string, text: string) => {
  const path = join(test.home, `${crypto.randomUUID()}-${name}`)
  writeFileSync(path, text)
  return path
}

const impact = (id: string, ...args: string[]) => selvedge(['impact', id, ...place, ...args])

it('tells what new terms would do, to whose things, and how much in all', async () => {
  const terms = file('terms.json', '{"license": {"spdx": "LicenseRef-own"}}')
  const { code, stdout, stderr } = await impact(licence, '--terms', terms, '--counts')
  expect(code, stderr).toBe(0)
  const lines = stdout.split('\n')
  expect(lines[0]).toBe('blocked  1  dataset  raw     sales')
  expect(lines).toContain(
    '    + unknown: nobody here knows what its SPDX expression means  (license free, LicenseRef-own)',
  )
  expect(lines).toContain('blocked  2  dataset  report')
  expect(lines.slice(-4)).toEqual(['2 in all: 2 blocked', '  1 of nobody', '  1 of sales', ''])
})

it('prints one JSON object where that is asked for, and tells whether there is more', async () => {
  const { code, stdout } = await impact(raw, '--erase', '--json', '--at', '2026-03-31')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ ok: true, change: 'ERASE', more: false },
    affected: [{ distance: 1, effect: 'REVIEW', entity: { name: 'report' } }],
  })
  const { stdout: first } = await impact(licence, '--retire', '--limit', '1')
  expect(first).toContain('(there is more: --limit shows it)')
})

it('tells that nothing is affected', async () => {
  const terms = file('terms.json', '{"license": {"spdx": "CC0-1.0"}}')
  expect((await impact(licence, '--terms', terms)).stdout).toBe('nothing is affected\n')
})

it.each([
  [[], 'say what would be done'],
  [['--retire', '--erase'], 'cannot be used with option'],
  [['--terms', '/nowhere/terms.json'], 'a file that holds a JSON object'],
  [['--retire', '--at', 'soon'], 'a day such as'],
  [['--expire'], 'IMPACT_CHANGE_INVALID'],
])('refuses %j', async (args, says) => {
  const { code, stderr } = await impact(raw, ...args)
  expect(code).not.toBe(0)
  expect(stderr).toContain(says)
})

it('refuses a file that holds something else, by the name of what it holds', async () => {
  const list = await impact(licence, '--terms', file('list.json', '[1]'))
  expect(list.stderr).toContain('a file that holds a JSON object')
  const strange = await impact(licence, '--terms', file('strange.json', '{"strange": 1}'))
  expect(strange.code).not.toBe(0)
  expect(strange.stderr).toContain('strange')
})
