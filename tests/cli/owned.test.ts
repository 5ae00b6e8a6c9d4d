import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordedKind } from '../kinds/recording.ts'
import { testApp } from '../setup/app.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp()
const server = createServer(test.app.listener)
let url = ''
let tenant = ''
let [ann, model] = ['', '']

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  tenant = await test.freshTenant()
  const named = (name: string) => ({ namespace: 'x', name })
  const who = [{ ...named('ann'), body: { title: 'Ann', type: 'person' } }]
  ann = (await recordedKind(test, 'Principal', { tenant, items: who }))[0]!.id
  const model_ = { ...named('m'), body: { title: 'M' }, attributedTo: [named('ann')] }
  model = (await recordedKind(test, 'Model', { tenant, items: [model_] }))[0]!.id
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
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
