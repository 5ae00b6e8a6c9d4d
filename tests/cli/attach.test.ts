import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Listening, listen } from '../../server/listen.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { selvedge } from '../setup/selvedge.ts'

const { app, ask, freshTenant } = await testApp()
const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-attach-'))
const file = join(folder, 'Bericht über alles.csv')
const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
let server: Listening

beforeAll(async () => {
  writeFileSync(file, bytes)
  server = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

it('sends a file, says what it documents, and fetches it again whole', async () => {
  const tenant = await freshTenant()
  const [described] = await recorded({ ask }, tenant, [dataset('people')])
  const at = ['--tenant', tenant, '--url', server.url]
  const sent = await selvedge(['attach', file, '--to', described!.id, '--json', ...at])
  expect(sent.code, sent.stderr).toBe(0)
  const told = JSON.parse(sent.stdout) as { id: string }
  expect(told).toMatchObject({
    ...{ ok: true, tenant, to: described!.id, size: bytes.length, mediaType: 'text/csv' },
    name: 'Bericht über alles.csv',
  })

  const out = join(folder, 'again.csv')
  const fetched = await selvedge(['attachment', told.id, '-o', out, ...at])
  expect(fetched.code, fetched.stderr).toBe(0)
  expect(readFileSync(out).equals(bytes)).toBe(true)
  const printed = await selvedge(['attachment', told.id, ...at])
  expect(printed.stdout.length).toBeGreaterThan(0)
})

it('says what is refused, and leaves no file behind', async () => {
  const tenant = await freshTenant()
  const at = ['--tenant', tenant, '--url', server.url]
  const out = join(folder, 'nothing')
  const strange = 'urn:selvedge:attachment:01936893-9751-7a91-a2a0-a51101a3970c'
  const unknown = await selvedge(['attachment', strange, '-o', out, ...at])
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('ATTACHMENT_UNKNOWN')])
  expect(readdirSync(folder).filter((name) => name.startsWith('nothing'))).toEqual([])
  const missing = await selvedge(['attach', join(folder, 'missing.txt'), ...at])
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('FILE_REFUSED')])
})
