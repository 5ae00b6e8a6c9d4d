import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { RETRY_MS } from '../../server/identity/remote-keys.ts'
import { privateJwk } from '../identity/oidc-provider.ts'
import { AUDIENCE, claimsOf, ecPair, type Pair, seal } from '../identity/support.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { startServing } from '../setup/serving.ts'
import { caller, expectKept, keepWriting, PATIENT } from './load.ts'

const { database, ledger } = await testLedger('in the background')
const LONG = { timeout: 90_000, interval: 50 }
const folder = mkdtempSync(join(tmpdir(), 'selvedge-issuers-'))
const ending: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
afterAll(async () => {
  for (const end of ending) await end()
})

/** Starts an issuer, at a port where it had one before. */
async function startIssuer(tenant: string, key: Pair, port = 0) {
  const child: ChildProcess = fork(new URL('./issuer-process.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  ending.push(() => child.kill('SIGKILL'))
  const claims = { tenant, roles: ['admin'] }
  const accounts = [{ id: 'ci', secret: 'a secret of the service account', claims }]
  child.send({ port, accounts, keys: [privateJwk(key)], audience: AUDIENCE })
  const [told] = (await once(child, 'message')) as [{ port: number }]
  const url = `http://127.0.0.1:${told.port}`
  return {
    url,
    port: told.port,
    async token() {
      const response = await fetch(`${url}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from('ci:a+secret+of+the+service+account').toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      })
      return ((await response.json()) as { access_token: string }).access_token
    },
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Something else in the place of an issuer, which counts how often it is asked. */
async function standIn(answer: RequestListener, port = 0) {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    answer(request, response)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, asked: () => asked, close }
}

const HOW_ISSUERS_FAIL: [string, RequestListener][] = [
  ['hangs', () => {}],
  ['answers 500', (_request, response) => response.writeHead(500).end()],
  ['gives garbage', (_request, response) => response.end('<html>{"keys": [')],
]

const listing = (...issuers: { name: string; port: number }[]) => {
  const file = join(folder, `${crypto.randomUUID()}.yaml`)
  const lines = issuers.map(
    ({ name, port }) =>
      `  - {name: ${name}, issuer: 'http://127.0.0.1:${port}', audience: ${AUDIENCE}, tenant: {claim: tenant}}\n`,
  )
  writeFileSync(file, `issuers:\n${lines.join('')}`)
  return file
}

const SIZE = '{ log { size } }'

it('goes on while issuers are unreachable, hang or talk nonsense: who is known goes on, who is not is told so at once, and nobody is asked without end', async () => {
  const tenant = await freshTenant(ledger, 'issuers')
  const [first, second, theirs] = [ecPair('k1'), ecPair('k2'), ecPair('p1')]
  let corp = await startIssuer(tenant, first)
  let partner = await standIn(HOW_ISSUERS_FAIL[0]![1])
  const { port } = partner
  const [both, alone] = await Promise.all([
    startServing({
      ...PATIENT,
      SELVEDGE_ISSUERS: listing({ name: 'corp', port: corp.port }, { name: 'partner', port }),
    }),
    startServing({ ...PATIENT, SELVEDGE_ISSUERS: listing({ name: 'partner', port }) }),
  ])
  const as = (token: string, url = both.url) =>
    caller(url, () => ({ authorization: `Bearer ${token}` }))
  const ready = async (url: string) => {
    const response = await fetch(`${url}/readyz`)
    const { status, checks, missing } = (await response.json()) as {
      status: string
      checks?: { issuers: string }
      missing?: string[]
    }
    return [response.status, checks ? [status, checks.issuers] : missing]
  }
  const alice = as(await corp.token())
  const writing = keepWriting(alice, 20)
  const more = async (writes: number) => {
    const before = writing.done.length
    await vi.waitFor(
      () => expect(writing.done.length).toBeGreaterThanOrEqual(before + writes),
      LONG,
    )
  }
  await more(100)

  await corp.kill()
  /** Tokens as the partner would make them, each of a key of its own. */
  const unknown = (n: number) =>
    seal(
      { alg: 'ES256', kid: `x${n}`, typ: 'at+jwt' },
      claimsOf(`http://127.0.0.1:${port}`, { tenant }),
      theirs,
    )
  for (const [how, answer] of HOW_ISSUERS_FAIL) {
    await partner.close()
    partner = await standIn(answer, port)
    const start = performance.now()
    const told = await Promise.all(
      [both.url, alone.url].flatMap((url) =>
        Array.from({ length: 50 }, (_, n) => as(unknown(n), url).ask(SIZE)),
      ),
    )
    expect([how, ...new Set(told.map(({ status, code }) => `${status} ${code}`))]).toEqual([
      how,
      '503 IDENTITY_UNAVAILABLE',
    ])
    await more(20)
    // Two servers, each once in so long, and once under way when it began.
    const most = 2 * (2 + Math.floor((performance.now() - start) / RETRY_MS))
    expect(partner.asked()).toBeLessThanOrEqual(most)
    expect([how, await ready(both.url)]).toEqual([how, [200, ['degraded', 'degraded']]])
    expect([how, await ready(alone.url)]).toEqual([how, [503, ['issuers']]])
  }
  const forged = claimsOf(corp.url, { tenant })
  const refused = await as(seal({ alg: 'ES256', kid: 'x', typ: 'at+jwt' }, forged, theirs)).ask(
    SIZE,
  )
  expect([401, 503]).toContain(refused.status)
  expect(['TOKEN_INVALID', 'IDENTITY_UNAVAILABLE']).toContain(refused.code)

  await partner.close()
  const mended = await startIssuer(tenant, theirs, port)
  // Without a token sent to it: nobody sends any to who is not ready.
  await vi.waitFor(async () => expect(await ready(alone.url)).toEqual([200, ['ready', 'ok']]), LONG)
  const token = await mended.token()
  for (const { url } of [both, alone]) {
    await vi.waitFor(
      async () => expect(await as(token, url).ask(SIZE)).toMatchObject({ code: null }),
      LONG,
    )
  }
  await more(20)
  await writing.stop()
  expect(writing.refused).toEqual([])
  await expectKept(database, tenant, writing.done)

  // It comes back with another key, which is found once those that are held are half a minute old.
  corp = await startIssuer(tenant, second, corp.port)
  const rotated = as(await corp.token())
  await vi.waitFor(async () => expect(await rotated.ask(SIZE)).toMatchObject({ code: null }), LONG)
  await vi.waitFor(async () => expect(await ready(both.url)).toEqual([200, ['ready', 'ok']]), LONG)
  for (const { child, ended } of [both, alone]) {
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  }
}, 240_000)
