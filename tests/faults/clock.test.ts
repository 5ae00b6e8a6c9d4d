import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { READ } from '../grants/support.ts'
import { claimsOf, ecPair, seal, webIssuer } from '../identity/support.ts'
import { leaves } from '../ledger/support.ts'
import { dataset, RECORD, type Recorded } from '../schema/recording.ts'
import { firstKey, freshTenant, testLedger } from '../setup/ledger.ts'
import { startServing } from '../setup/serving.ts'
import { prover, readNotes } from './checkpoints.ts'
import { caller, expectKept, keepGoing, keepWriting, PATIENT } from './load.ts'

const { database, ledger } = await testLedger('in the background')
const LONG = { timeout: 60_000, interval: 50 }
const HOUR = 3_600
const folder = mkdtempSync(join(tmpdir(), 'selvedge-clock-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** By which the clock of the server is ahead, one after the other; it is right again in between. */
const STEPS = [HOUR, 0, -HOUR, 0]

const CHECKPOINT = '{ log { checkpoint { note } } }'
const GIVE =
  'mutation Give($input: GrantInput!) { grantCreate(input: $input) { grant { id active } } }'
const EXPORT = 'mutation ($root: ID!) { exportBundle(root: $root, depth: 1) { url } }'

it('goes on where the clock is set by an hour under load, forward and back: nothing is lost, refused or locked for longer than the clock is wrong', async () => {
  const [tenant, taker] = [await freshTenant(ledger, 'clock'), await freshTenant(ledger, 'clock')]
  const key = ecPair('k1')
  const issuer = await webIssuer([key.jwk])
  const issuers = join(folder, 'issuers.yaml')
  const audience = claimsOf('').aud
  writeFileSync(
    issuers,
    `issuers:\n  - {name: corp, issuer: '${issuer.url}', audience: ${audience}, tenant: {claim: tenant}}\n`,
  )
  const clock = join(folder, 'clock')
  const program = new URL('../setup/settable-clock.ts', import.meta.url)
  program.searchParams.set('file', clock)
  const server = await startServing({
    ...PATIENT,
    SELVEDGE_ISSUERS: issuers,
    SELVEDGE_LOG_LEVEL: 'warn',
    SELVEDGE_RATE_PRINCIPAL: '60000/60',
    SELVEDGE_RATE_TENANT: '60000/60',
    NODE_OPTIONS: `--import ${program}`,
  })
  const setClock = async (seconds: number) => {
    const told = () => server.logged().match(/the clock is ahead/g)?.length ?? 0
    const before = told()
    writeFileSync(clock, String(seconds * 1_000))
    server.child.kill('SIGUSR2')
    await vi.waitFor(() => expect(told()).toBe(before + 1), LONG)
  }
  const now = Math.floor(Date.now() / 1_000)
  const token = (more: object) => {
    const claims = claimsOf(issuer.url, { tenant, ...more })
    return seal({ alg: 'ES256', kid: 'k1' }, claims, key)
  }
  const by = (more: object, headers = {}) => {
    const authorization = `Bearer ${token(more)}`
    return caller(server.url, () => ({ authorization, ...headers }))
  }
  /** Good by any of the clocks. */
  const always = { iat: now - 2 * HOUR, exp: now + 3 * HOUR }
  const [alice, theirs] = [by(always), by({ ...always, tenant: taker })]
  const brief = by({ iat: now, nbf: now, exp: now + 1_800 })
  const once = by(always, { 'idempotency-key': crypto.randomUUID() })
  const write = (name: string, who = alice) => who.ask<Recorded>(RECORD, { items: [dataset(name)] })

  const first = (await write('once', once)).data!.record
  const root = first.results[0]!.id
  const give = (forSeconds: number, since: number) => {
    const until = new Date((since + forSeconds) * 1_000).toISOString()
    const terms = { direction: 'UPSTREAM', depth: 1, kinds: ['Dataset'], fields: ['*'] }
    return alice.ask<{ grantCreate: { grant: { id: string; active: boolean } } }>(GIVE, {
      input: { to: taker, root, until, ...terms },
    })
  }
  const grant = (await give(1_800, now)).data!.grantCreate.grant.id
  const read = async (id: string) => (await theirs.ask(READ, { grant: id })).code

  const notes = new Set<string>()
  const writing = keepWriting(alice, 20)
  const following = keepGoing(1, async () => {
    const { data, code } = await alice.ask<{ log: { checkpoint: { note: string } | null } }>(
      CHECKPOINT,
    )
    if (!data) return { code: code! }
    if (data.log.checkpoint) notes.add(data.log.checkpoint.note)
    return data.log.checkpoint?.note
  })
  const more = async (writes: number) => {
    const before = writing.done.length
    await vi.waitFor(
      () => expect(writing.done.length).toBeGreaterThanOrEqual(before + writes),
      LONG,
    )
  }
  await more(100)

  for (const ahead of STEPS) {
    await setClock(ahead)
    await more(20)
    const [what, told] = [`${ahead} s ahead`, async () => (await write('brief', brief)).code]
    const expected = { [HOUR]: 'TOKEN_EXPIRED', 0: null, [-HOUR]: 'TOKEN_INVALID' }[ahead]
    await vi.waitFor(async () => expect([what, await told()]).toEqual([what, expected]), LONG)
    expect([what, await read(grant)]).toEqual([what, ahead === 0 ? null : 'GRANT_UNKNOWN'])
    const given = (await give(600, now + ahead)).data!.grantCreate.grant
    expect([what, given.active]).toEqual([what, true])
    const again = (await write('once', once)).data!.record
    expect(again).toEqual({ ...first, replayed: true })
    const ready = await alice.get('/readyz')
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }])
    const made = await alice.ask<{ exportBundle: { url: string } }>(EXPORT, { root })
    expect([what, made.code]).toEqual([what, null])
    const file = await alice.get(made.data!.exportBundle.url)
    const bytes = new Uint8Array(await file.arrayBuffer())
    const trust = await trustRoot(database.graph(tenant).read, tenant)
    const report = await verifyBundle({ sha256, bytes, trust })
    expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
    expect([what, exitCode(report)]).toEqual([what, 0])
  }
  await Promise.all([writing.stop(), following.stop()])

  expect([writing.refused, following.refused]).toEqual([[], []])
  expect(server.logged()).not.toContain('a fault of ours')
  await expectKept(database, tenant, writing.done)
  const times = (await leaves(database, tenant, 0)).map((leaf) => leaf.at).filter(Boolean)
  expect(times).toEqual([...times].sort())
  const signed = readNotes(notes, tenant, await firstKey(ledger, tenant))
  expect(signed.length).toBeGreaterThan(STEPS.length)
  const prove = prover(database, tenant)
  for (const [i, later] of signed.entries()) if (i > 0) await prove(signed[i - 1]!, later)
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
}, 240_000)
