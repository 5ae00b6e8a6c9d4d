import { createHash } from 'node:crypto'
import { readdirSync, utimesSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { collectObjects } from '../../domains/objects/collect-objects.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { expectClean } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { startServing } from '../setup/serving.ts'

const { app, database, freshTenant, home } = await testApp('in the background')
const folder = join(home, 'objects')
const objects = openObjectFiles(folder)

const shaOf = (text: string) => createHash('sha256').update(text).digest('hex')
const asked = (tenant: string, body: string) => ({
  method: 'POST',
  headers: { 'x-selvedge-tenant': tenant, 'content-type': 'text/plain', 'idempotency-key': body },
  body,
})
const filesOf = async (tenant: string) => {
  const all: string[] = []
  for await (const { address } of objects.list()) {
    if (address.startsWith(`${tenant}.`)) all.push(address)
  }
  return all
}
const claimsOf = async (tenant: string) =>
  (await objects.claims()).filter(({ address }) => address.startsWith(`${tenant}.`))
const uploads = () =>
  readdirSync(join(folder, 'drafts')).filter((name) => name.startsWith('upload.'))
const attachmentsOf = async (tenant: string) => {
  const response = await app.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify({ query: '{ entities(kind: Attachment) { nodes { id } } }' }),
    }),
  )
  const { data } = (await response.json()) as { data: { entities: { nodes: { id: string }[] } } }
  return data.entities.nodes.map(({ id }) => id)
}

it('leaves no record without its file, and nothing for ever, where a server is killed at any step', async () => {
  const tenant = await freshTenant()
  // In the middle of one upload, and between file and record of another.
  const first = await startServing({ SELVEDGE_FAILPOINT: 'attachment-put' })
  const { hostname, port } = new URL(first.url)
  const half = connect(Number(port), hostname).on('error', () => {})
  half.write(
    `POST /attachments HTTP/1.1\r\nHost: ${hostname}\r\nx-selvedge-tenant: ${tenant}\r\ncontent-length: 50000\r\n\r\n${'x'.repeat(20_000)}`,
  )
  await expect.poll(uploads, { timeout: 60_000 }).toHaveLength(1)
  await expect(fetch(`${first.url}/attachments`, asked(tenant, 'unrecorded'))).rejects.toThrow()
  expect(await first.ended).toBeNull()
  expect(await filesOf(tenant)).toHaveLength(1)
  expect(await attachmentsOf(tenant)).toEqual([])

  // Between the record and its answer.
  const second = await startServing({ SELVEDGE_FAILPOINT: 'attachment-recorded' })
  await expect(fetch(`${second.url}/attachments`, asked(tenant, 'recorded'))).rejects.toThrow()
  expect(await second.ended).toBeNull()
  const retried = await app.fetch(
    new Request('http://localhost/attachments', asked(tenant, 'recorded')),
  )
  const { id, ...told } = (await retried.json()) as { id: string }
  expect(told).toMatchObject({ replayed: true })
  // What nobody said is applied is seen once something is.
  await expectClean(database, tenant)

  expect([(await filesOf(tenant)).length, (await claimsOf(tenant)).length]).toEqual([2, 2])
  // A day later.
  for (const name of readdirSync(join(folder, 'drafts')))
    utimesSync(join(folder, 'drafts', name), 0, 0)
  for (const { address, by } of await claimsOf(tenant)) {
    utimesSync(join(folder, 'claims', `${address}.${by}`), 0, 0)
  }
  const retention = { exportDays: 0, attachmentDays: 0 }
  await collectObjects({ database, objects }, { retention, now: Date.now(), force: true })
  expect(await filesOf(tenant)).toEqual([`${tenant}.${shaOf('recorded')}`])
  expect([await claimsOf(tenant), uploads()]).toEqual([[], []])
  const kept = await app.fetch(
    new Request(`http://localhost/attachments/${id}`, { headers: { 'x-selvedge-tenant': tenant } }),
  )
  expect(await kept.text()).toBe('recorded')
  await expectClean(database, tenant)
}, 240_000)
