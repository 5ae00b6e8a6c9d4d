import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import neo4j from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../cli/prov-verifier/run.ts'
import { sha256 } from '../../core/sha256.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { keysOfNote } from '../../ledger/log-keys.ts'
import { parseTrust } from '../../proofs/trust.ts'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { serveJwks } from '../../server/jwks.ts'
import { openService, type Service } from '../../server/open.ts'
import { assertOne, dataset, expectClean } from '../ledger/support.ts'
import { selvedge } from '../setup/selvedge.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-keys-'))
const at = (name: string) => join(folder, name)
const env = {
  SELVEDGE_HOME: at('home'),
  SELVEDGE_SERVICE: 'keys.test',
  SELVEDGE_NEO4J_HEAP: '512m',
  ...(process.env.SELVEDGE_JAVA && { SELVEDGE_JAVA: process.env.SELVEDGE_JAVA }),
}
const TENANTS = ['acme', 'umbra']

/** A Neo4j of its own: what happens to the keys of a service happens to all of its tenants. */
let service: Service
beforeAll(async () => {
  const { code, stderr } = await selvedge(['neo4j', 'start', '--detach'], env)
  expect([code, stderr]).toEqual([0, expect.anything()])
  const config = readConfig({ ...process.env, NEO4J_URI: undefined, ...env })
  const open = () => openService(config, { progress: { step() {}, done() {} } })
  service = await open()
  for (const tenant of TENANTS) {
    await service.ledger.createTenant({ tenant, subject: 'test' })
    await assertOne(service.ledger, tenant, dataset('a'))
  }
  await service.close()
  await asFirstReleased()
  service = await open()
}, 300_000)

/** Leaves the keys in the database as the first release wrote them: one for each use, and no places. */
async function asFirstReleased() {
  const { uri, username, password } = service.neo4j
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
  await driver.executeQuery(`MATCH (s:Service {tenant: '-'})
    SET s.checkpointKey = s.checkpointKeys[0], s.manifestKey = s.manifestKeys[0]
    REMOVE s.checkpointKeys, s.manifestKeys`)
  await driver.executeQuery('MATCH (log:Log) REMOVE log.keySeqs')
  await driver.close()
}
afterAll(async () => {
  await service?.close()
  await selvedge(['neo4j', 'stop'], env)
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

async function keys(...args: string[]) {
  const { code, stdout, stderr } = await selvedge(['keys', ...args], env)
  return { code, stdout, stderr }
}
const keysJson = async (...args: string[]) => {
  const { code, stdout } = await keys(...args, '--json')
  return { code, ...JSON.parse(stdout) }
}

async function exported(tenant: string, file: string) {
  const { ledger, database } = service
  const { outcomes } = await assertOne(ledger, tenant, dataset('a'), { fields: { at: file } })
  const question = { tenant, root: outcomes[0]!.id, direction: 'UPSTREAM', depth: 3 } as const
  const woven = await weaveBundle({ database, ledger }, question)
  writeFileSync(at(file), woven.bytes)
  return woven
}

async function trusted(tenant: string, file: string) {
  const { code, stderr } = await selvedge(['trust', '--tenant', tenant, '--out', at(file)], env)
  expect([code, stderr]).toEqual([0, expect.anything()])
  return parseTrust(sha256, readFileSync(at(file), 'utf8')).logs[0]!
}

async function verified(...args: string[]) {
  let told = ''
  const write = (text: string) => {
    told += text
  }
  const exit = await run(args, { out: write, err: write, colours: false })
  return { exit, told }
}

const newestOf = async (use: string) => {
  const { keys: listed } = await keysJson('list')
  return listed.find((key: { use: string; newest: boolean }) => key.use === use && key.newest).kid
}

describe('selvedge keys', () => {
  it('lists the first two, for the service and for a log, also those of the first release', async () => {
    const { code, keys: listed, tenants } = await keysJson('list', '--tenant', 'acme')
    expect(code).toBe(0)
    expect(listed).toMatchObject([
      { use: 'checkpoint', held: true, newest: true, compromised: false },
      { use: 'manifest', held: true, newest: true, compromised: false },
    ])
    expect(tenants[0].keys).toMatchObject([
      { from: 0, until: null },
      { from: 0, until: null },
    ])
    const { stdout } = await keys('list')
    expect(stdout).toContain(listed[0].kid)
  })

  it('exports the public halves alone, and so does a server', async () => {
    const { stdout } = await keys('export')
    const { ledger, database } = service
    const app = createApp({ ledger, database, objects: undefined as never })
    const answer = await app.fetch(new Request('http://localhost/.well-known/jwks.json'))
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    expect(await answer.json()).toEqual(JSON.parse(stdout))
    for (const key of JSON.parse(stdout).keys) {
      expect(Object.keys(key).sort()).toEqual(
        ['alg', 'crv', 'kid', 'kty', 'selvedge_use', 'use', 'x'].sort(),
      )
    }
  })

  it('rotates in every log while a server runs, which signs with the new key from then on', async () => {
    await exported('acme', 'old.zip')
    await trusted('acme', 'old.json')
    const { code, keys: made, tenants } = await keysJson('rotate')
    expect(code).toBe(0)
    expect(tenants.map(({ tenant }: { tenant: string }) => tenant)).toEqual(TENANTS)
    for (const { changes } of tenants) {
      expect(changes.map(({ event }: { event: string }) => event)).toEqual([
        'add',
        'retire',
        'add',
        'retire',
      ])
    }
    const { size } = await exported('acme', 'new.zip')
    const { schedule } = await service.ledger.keys.ofLog('acme')
    const { note } = await service.ledger.checkpointOf('acme', size)
    expect(keysOfNote(schedule, 'keys.test/acme', note).map(({ kid }) => kid)).toEqual([
      made.checkpoint,
    ])
    await trusted('acme', 'new.json')
    for (const bundle of ['old.zip', 'new.zip']) {
      for (const trust of ['old.json', 'new.json']) {
        expect((await verified(at(bundle), '--trust', at(trust))).exit).toBe(0)
      }
    }
    for (const tenant of TENANTS) await expectClean(service.database, tenant)
  })

  it('begins new logs with the newest keys', async () => {
    await service.ledger.createTenant({ tenant: 'young', subject: 'test' })
    const { leaves } = await service.ledger.keys.ofLog('young')
    expect(leaves[0]!.kid).toBe(await newestOf('checkpoint'))
  })

  it('goes on where a rotation did not reach every log, and makes no further key', async () => {
    const first = await keysJson('rotate', '--use', 'checkpoint', '--tenant', 'acme')
    const rest = await keysJson('rotate', '--use', 'checkpoint')
    expect(rest.keys).toEqual(first.keys)
    const changed = Object.fromEntries(
      rest.tenants.map(({ tenant, changes }: { tenant: string; changes: object[] }) => [
        tenant,
        changes.length,
      ]),
    )
    expect(changed).toEqual({ acme: 0, umbra: 2, young: 2 })
  })

  it('gives up a key that signs events: another signs, and it is published no more', async () => {
    const { webhook } = (await keysJson('rotate', '--use', 'webhook')).keys
    const given = await keysJson('compromise', webhook)
    expect(given).toMatchObject({ code: 0, tenants: [], keys: { webhook: expect.any(String) } })
    expect(given.keys.webhook).not.toBe(webhook)
    // Again, it makes no further one.
    expect((await keysJson('compromise', webhook)).keys).toEqual(given.keys)

    const { keys: listed } = await keysJson('list')
    expect(listed.filter(({ use }: { use: string }) => use === 'webhook')).toMatchObject([
      { kid: webhook, compromised: true, newest: false },
      { kid: given.keys.webhook, compromised: false, newest: true },
    ])
    const { held } = service.ledger.keys
    const published = [
      (await keys('export')).stdout,
      await (await serveJwks(held, performance.now() + 10_000)).text(),
    ]
    for (const text of published) {
      expect(text).toContain(given.keys.webhook)
      expect(text).not.toContain(webhook)
    }
  })

  it('makes no key for a tenant that is not there', async () => {
    const before = await newestOf('checkpoint')
    const refused = await keys('rotate', '--tenant', 'acne')
    expect([refused.code, refused.stderr.split(':')[0]]).toEqual([1, 'TENANT_UNKNOWN'])
    expect(await newestOf('checkpoint')).toBe(before)
  })

  it('refuses to retire the last key, and says of which log; what it refuses ends with 1', async () => {
    const kid = await newestOf('manifest')
    const refused = await keysJson('retire', kid, '--tenant', 'acme')
    expect([refused.code, refused.ok, refused.tenants[0].code]).toEqual([1, false, 'KEY_LAST'])
    const unknown = await keys('retire', 'nobody')
    expect([unknown.code, unknown.stderr.split(':')[0]]).toEqual([1, 'KEY_UNKNOWN'])
    const misused = await keys('rotate', '--use', 'everything')
    expect([misused.code, misused.stderr]).toEqual([2, expect.stringContaining("'--use <use>'")])
  })

  it('says in every log that a key is compromised, and never signs with it again', async () => {
    await exported('umbra', 'before.zip')
    const kid = await newestOf('checkpoint')
    const { code, keys: made, tenants } = await keysJson('compromise', kid)
    expect(code).toBe(0)
    expect(tenants).toHaveLength(3)
    const lost = (await service.ledger.keys.held.find(kid))!
    await expect(lost.sign(new Uint8Array())).rejects.toMatchObject({ code: 'KEY_COMPROMISED' })
    const { size } = await exported('umbra', 'after.zip')
    const { schedule } = await service.ledger.keys.ofLog('umbra')
    const { note } = await service.ledger.checkpointOf('umbra', size)
    expect(keysOfNote(schedule, 'keys.test/umbra', note).map((key) => key.kid)).toEqual([
      made.checkpoint,
    ])
    const log = await trusted('umbra', 'after.json')
    expect(log.keys.find((key) => key.kid === kid)).toMatchObject({ compromised: true })
    expect((await verified(at('after.zip'), '--trust', at('after.json'))).exit).toBe(0)
    expect((await verified(at('before.zip'), '--trust', at('after.json'))).exit).toBe(1)
    const { keys: listed } = await keysJson('list')
    expect(listed.find((key: { kid: string }) => key.kid === kid)).toMatchObject({
      compromised: true,
    })
  })

  // Without an offset a time is another one on each machine.
  it.each(['yesterday', '2026-03-31', '2026-03-31T09:15', '2026-02-31T25:00:00Z'])(
    'takes no key for compromised since %s',
    async (since) => {
      const { code, stderr } = await keys('compromise', 'kid', '--since', since)
      expect([code, stderr]).toEqual([2, expect.stringContaining('2026-03-31T09:15:00Z')])
    },
  )
})

describe('selvedge trust', () => {
  it('proves that an anchor holds a bundle of a key that was compromised since', async () => {
    const before = await exported('young', 'young.zip')
    const kid = await newestOf('manifest')
    await exported('young', 'later.zip')
    const since = new Date().toISOString()
    const key = await newestOf('checkpoint')
    await keysJson('compromise', key, '--since', since, '--tenant', 'young')
    await trusted('young', 'young.json')
    const prove = [
      'trust',
      '--tenant',
      'young',
      '--prove',
      `${before.size}`,
      '--out',
      at('anchors.json'),
    ]
    expect((await selvedge(prove, env)).code).toBe(0)
    const alone = await verified(at('young.zip'), '--trust', at('young.json'))
    expect([alone.exit, alone.told]).toEqual([
      1,
      expect.stringContaining('PROOF_TRUST_KEY_COMPROMISED'),
    ])
    const proven = await verified(
      at('young.zip'),
      '--trust',
      at('young.json'),
      '--anchors',
      at('anchors.json'),
    )
    expect(proven.exit).toBe(0)
    expect(kid).not.toBe(key)
  })

  it('gives the fingerprint by which the verifier knows a trust root from anywhere', async () => {
    const asked = ['trust', '--tenant', 'acme', '--fingerprint']
    const [hex, base64url] = (await selvedge(asked, env)).stdout.trim().split('\n')
    await exported('acme', 'bundle.zip')
    await trusted('acme', 'trust.json')
    const ofFile = await selvedge(['trust', '--fingerprint', at('trust.json')], env)
    expect(ofFile.stdout.trim().split('\n')).toEqual([hex, base64url])
    for (const fingerprint of [hex!, base64url!]) {
      expect((await verified(at('bundle.zip'), '--trust', fingerprint)).exit).toBe(0)
    }
    writeFileSync(at('trust.json'), readFileSync(at('old.json')))
    const other = await verified(at('bundle.zip'), '--trust', hex!)
    expect([other.exit, other.told]).toEqual([3, expect.stringContaining(hex!)])
  })
})
