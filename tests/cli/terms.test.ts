import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { selvedge } from '../setup/selvedge.ts'
import { licensedReport } from './licensed.ts'

const byNc = { name: 'by-nc', title: 'CC BY-NC', spdx: 'CC-BY-NC-4.0' }
const { place, raw, report } = await licensedReport(await testApp(), byNc)

const mayUse = (purpose: string, ...args: string[]) =>
  selvedge(['may-use', report, ...place, '--action', 'reproduce', '--for', purpose, ...args])

it('says that a use is denied, why, and by which way that comes, and ends with 1', async () => {
  const { code, stdout } = await mayUse('dpv:Marketing', '--at', '2026-03-31')
  expect(code).toBe(1)
  expect(stdout.split('\n').slice(0, 5)).toEqual([
    'denied (2026-03-31)',
    '  not permitted: (license by-nc, CC-BY-NC-4.0)',
    '    dataset report',
    '    was derived from dataset raw',
    '    is licensed under license by-nc',
  ])
})

it('says that a use is allowed with duties, and ends with 0', async () => {
  const { code, stdout, stderr } = await mayUse('dpv:NonCommercialResearch')
  expect(code, stderr).toBe(0)
  expect(stdout).toMatch(/^allowed, with duties \(\d{4}-/)
  expect(stdout).toContain('  duty: cc:Attribution upon ')
})

it('prints one JSON object for programs, with what proves the answer', async () => {
  const { code, stdout } = await mayUse('dpv:NonCommercialResearch', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ ok: true, id: report, answer: 'DUTIES', root: report, depth: 2 },
    evidence: expect.arrayContaining([report, raw]),
    position: expect.stringMatching(/^0:\d+$/),
  })
})

it('lists terms with the way that brings each, some of them or all', async () => {
  const { code, stdout } = await selvedge(['terms', report, ...place])
  expect(code).toBe(0)
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'prohibition  cc:CommercialUse  (license by-nc, CC-BY-NC-4.0)',
    '    dataset report',
  ])
  expect(stdout).toContain('permission   odrl:use for dpv:NonCommercialPurpose')
  const few = await selvedge(['terms', report, ...place, '--limit', '1', '--json'])
  expect(JSON.parse(few.stdout)).toMatchObject({ ok: true, more: true, total: 4 })
})

it('tells by code what is wrong, and how it is used', async () => {
  const word = await mayUse('what for?')
  expect([word.code, word.stderr]).toEqual([1, expect.stringMatching(/^TERMS_WORD_INVALID: /)])
  const misused = await mayUse('dpv:Marketing', '--at', 'soon')
  expect([misused.code, misused.stderr]).toEqual([2, expect.stringContaining('such as 2026-03-31')])
})
