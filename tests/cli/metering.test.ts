import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../../cli/prov-verifier/run.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { metering, usage } from '../metering/support.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp()
const { app, database, ledger, home } = test
const { sendBatch } = metering(test)
const url = await listening(app)
const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-metering-'))
let tenant = ''

beforeAll(async () => {
  tenant = await test.freshTenant()
  await sendBatch(tenant, [
    usage('1', { data: { value: '1.5', unit: 'GB' } }),
    usage('2', { data: { value: 2, unit: 'GB' } }),
    usage('3', { time: '2026-04-01T00:00:00Z', subject: 'a\u0301\u202eb' }),
  ])
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const cli = (verb: string, ...args: string[]) =>
  selvedge(['metering', verb, ...args, '--tenant', tenant, '--url', url])

const verify = async (...args: string[]) => {
  let told = ''
  const out = (text: string) => {
    told += text
  }
  const exit = await run(['usage', ...args], { out, err: out, colours: false })
  return { exit, told }
}

it('shows windows, seals those of before a day, and proves an event that is verified offline', async () => {
  const shown = await cli('show')
  expect(shown.stdout).toMatch(/2026-03-31 +open +2 +\? GB +api\.calls +acme +2026-03-31\./)
  expect(shown.stdout).toMatch(/2026-04-01 +open +1/)
  expect(shown.stdout).not.toContain('\u202e')

  const sealed = await cli('seal', '--before', '2026-04-01', '--json')
  expect(sealed.code, sealed.stderr).toBe(0)
  const { ok, windows } = JSON.parse(sealed.stdout)
  expect({ ok, windows }).toMatchObject({
    ok: true,
    windows: [{ state: 'SEALED', count: 2, record: { body: { total: '3.5' } } }],
  })
  expect(JSON.parse((await cli('show', '--state', 'open', '--json')).stdout).windows).toHaveLength(
    1,
  )

  const proof = join(folder, 'proof.json')
  const proven = await cli('prove', '/shop', '2', '--out', proof)
  expect(proven.code, proven.stderr).toBe(0)
  expect((await cli('prove', '/shop', '2')).stdout).toBe(readFileSync(proof, 'utf8'))

  const root = windows[0].record.id
  const { data } = await test.ask<{ log: { size: number } }>('{ log { size } }', { tenant })
  await ledger.checkpointOf(tenant, data.log.size)
  const exporting = { database, ledger, objects: openObjectFiles(join(home, 'objects')) }
  const asked = { tenant, root, direction: 'UPSTREAM', depth: 0 } as const
  const [bundle, trust] = [join(folder, 'bundle.zip'), join(folder, 'trust.json')]
  writeFileSync(bundle, (await weaveBundle(exporting, asked)).bytes)
  writeFileSync(trust, formatTrust(await trustRoot(database.graph(tenant).read, tenant)))

  const genuine = await verify(proof, '--bundle', bundle, '--trust', trust)
  expect(genuine).toMatchObject({ exit: 0 })
  expect(genuine.told).toContain('one of 2 events of api.calls, acme')
  expect(genuine.told).toContain('which come to 3.5 GB')
  expect((await verify(proof, '--bundle', bundle)).exit).toBe(4)
  const json = await verify(proof, '--bundle', bundle, '--trust', trust, '--json')
  expect(JSON.parse(json.told)).toMatchObject({ ok: true, record: root, event: { id: '2' } })

  const forged = join(folder, 'forged.json')
  writeFileSync(forged, readFileSync(proof, 'utf8').replace('"value":2', '"value":1'))
  const refused = await verify(forged, '--bundle', bundle, '--trust', trust)
  expect(refused).toMatchObject({ exit: 1 })
  expect(refused.told).toContain('PROOF_ROOT_MISMATCH')
  const withheld = join(folder, 'withheld.zip')
  writeFileSync(
    withheld,
    (await weaveBundle(exporting, { ...asked, withhold: ['MeteringRecord.root'] })).bytes,
  )
  expect((await verify(proof, '--bundle', withheld, '--trust', trust)).exit).toBe(1)
  expect((await verify(proof)).exit).toBe(2)
  expect((await verify(join(folder, 'none'), '--bundle', bundle)).exit).toBe(3)
})

it('says what is wrong', async () => {
  expect((await cli('seal', 'none')).stderr).toContain('METERING_WINDOW_UNKNOWN')
  expect((await cli('seal')).code).toBe(2)
  expect((await cli('prove', '/shop', '3')).stderr).toContain('METERING_WINDOW_NOT_SEALED')
})
