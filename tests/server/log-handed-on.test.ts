import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openFollower } from '../../cli/follow/follower.ts'
import { httpSource } from '../../cli/follow/source.ts'
import { run } from '../../cli/prov-verifier/run.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { listen } from '../../server/listen.ts'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { testNeo4j } from '../setup/database.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'

/** What leaves a running server, by every way there is, verified offline by what is given to others. */
const test = await testApp()
const { app, ask, database, freshTenant, ledger, home } = test
const trustOf = (tenant: string) => trustRoot(database.graph(tenant).read, tenant)
const { url, close } = await listen(app, { host: '127.0.0.1', port: 0 })
afterAll(close)
const folder = mkdtempSync(join(tmpdir(), 'selvedge-handed-on-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

async function verify(...args: string[]) {
  let told = ''
  const write = (text: string) => {
    told += text
  }
  const exit = await run([...args, '--json'], { out: write, err: write, colours: false })
  const { checks, verdict } = JSON.parse(told) as {
    checks: { name: string; result: string; detail: string }[]
    verdict: Record<string, string>
  }
  return { exit, verdict, failed: checks.filter(({ result }) => result === 'fail') }
}

async function writeTrust(tenant: string) {
  const path = at(`${tenant}.json`)
  writeFileSync(path, formatTrust(await trustOf(tenant)))
  return path
}

async function grow(tenant: string, from: number, to: number) {
  const items = Array.from({ length: to - from }, (_, i) =>
    i % 2 ? job(`j${from + i}`, { uses: [near(`d${from + i - 1}`)] }) : dataset(`d${from + i}`),
  )
  await recorded(test, tenant, items)
  return ledger.checkpointOf(tenant, to)
}

it('follows a growing log over HTTP into a mirror that replays to every signed state', async () => {
  const tenant = await freshTenant()
  const trust = await writeTrust(tenant)
  const directory = at('mirror')
  const source = httpSource(`${url}/log/${tenant}`, async () => ({ 'x-selvedge-tenant': tenant }))
  const expected = { trust: await trustOf(tenant) }
  const follower = openFollower(source, { expected, directory })
  for (const [from, to] of [
    [0, 100],
    [100, 400],
    [400, 700],
  ] as const) {
    const { size } = await grow(tenant, from, to)
    while (follower.size < size) await follower.step()
  }
  const { exit, failed, verdict } = await verify('log', directory, '--trust', trust, '--state')
  expect(failed).toEqual([])
  expect([exit, verdict]).toEqual([
    0,
    { intact: 'pass', authentic: 'pass', witnessed: 'not evaluated', replayed: 'pass' },
  ])
})

it('hands on one record with `log proof`, and two checkpoints with what lies between', async () => {
  const tenant = await freshTenant()
  const trust = await writeTrust(tenant)
  const early = await grow(tenant, 0, 10)
  writeFileSync(at('early'), early.note)
  await grow(tenant, 10, 300)
  const { data } = await ask<{ log: { consistency: { addCheckpoint: string } } }>(
    `{ log { consistency(from: ${early.size}) { addCheckpoint } } }`,
    { tenant },
  )
  writeFileSync(at('late'), data.log.consistency.addCheckpoint)
  const growth = await verify('consistency', at('early'), at('late'), '--trust', trust)
  expect([growth.exit, growth.failed]).toEqual([0, []])

  const { uri, username, password } = testNeo4j()
  const env = {
    ...process.env,
    NEO4J_URI: uri,
    NEO4J_USERNAME: username,
    NEO4J_PASSWORD: password,
    SELVEDGE_HOME: home,
    SELVEDGE_SERVICE: SERVICE_NAME,
  }
  const selvedge = (...args: string[]) =>
    new Promise<string>((resolve) => {
      const program = ['cli/selvedge.ts', 'log', 'proof', '--tenant', tenant, ...args]
      execFile(process.execPath, program, { env }, (_error, out, err) => resolve(out + err))
    })
  const proof = at('seven.tlog-proof')
  expect(await selvedge('--seq', '7', '--out', proof)).toContain('seven.leaf')
  const leaf = await verify(proof, '--leaf', at('seven.leaf'), '--trust', trust)
  expect([leaf.exit, leaf.failed]).toEqual([0, []])
  expect(JSON.parse(readFileSync(at('seven.leaf'), 'utf8'))).toMatchObject({ seq: 7, tenant })
  expect(await selvedge('--seq', '7000', '--out', proof)).toContain('LOG_LEAF_UNKNOWN')
  expect(await selvedge('--seq', '-1', '--out', proof)).toContain('whole number')
})
