import { beforeAll, expect, it } from 'vitest'
import { recordedKind } from '../kinds/recording.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp()
const url = await listening(test.app)
let tenant = ''
let [ann, model] = ['', '']

beforeAll(async () => {
  tenant = await test.freshTenant()
  const named = (name: string) => ({ namespace: 'x', name })
  const who = [{ ...named('ann'), body: { title: 'Ann', type: 'person' } }]
  ann = (await recordedKind(test, 'Principal', { tenant, items: who }))[0]!.id
  const model_ = { ...named('m'), body: { title: 'M' }, attributedTo: [named('ann')] }
  model = (await recordedKind(test, 'Model', { tenant, items: [model_] }))[0]!.id
})

const owned = (...args: string[]) =>
  selvedge(['owned', ann, '--tenant', tenant, '--url', url, ...args])

it('lists what somebody answers for, and what is missing from it', async () => {
  const all = await owned()
  expect([all.code, all.stdout]).toEqual([0, `model  m  x  ${model}\n1 found\n`])
  const open = await owned('--without-licence', '--without-assessment', '--json')
  expect(JSON.parse(open.stdout)).toMatchObject({ ok: true, tenant, owned: [{ id: model }] })
  const expired = await owned('--expired-by', '2026-01-01T00:00:00Z')
  expect([expired.code, expired.stdout]).toEqual([0, '0 found\n'])
})
