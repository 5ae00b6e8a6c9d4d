import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { LONGEST_WISH_MS, retryAfterOf, verdictOf } from '../../domains/webhooks/after.ts'
import { epochOf, eventOf, messageId } from '../../domains/webhooks/event.ts'
import { isAddress, isLoopback, mayReach } from '../../domains/webhooks/reachable.ts'
import { readKinds, readUrl } from '../../domains/webhooks/webhook.ts'
import type { Keys } from '../../ledger/keys.ts'
import { b64 } from '../../proofs/base64.ts'
import { hashLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import { serveJwks } from '../../server/jwks.ts'
import { openKeyring } from '../../server/keyring.ts'
import { parseProxies } from '../../server/proxies.ts'
import { keysToSign, signatureHeaders } from '../../server/webhooks/sign.ts'
import { isSigned } from './receiver.ts'

const PATIENCE = { attempts: 12, firstMs: 5_000, mostMs: 3_600_000, failingMs: 432_000_000 }
const answered = (status: number | null, retryAfterMs: number | null = null) => ({
  ...{ status, retryAfterMs },
  error: null,
})

describe('after an attempt', () => {
  it('pauses double up to the longest, and are at most by half shorter', () => {
    const pauses = (random: number) =>
      Array.from({ length: 11 }, (_, attempts) => {
        const verdict = verdictOf(answered(503), { attempts, age: null }, PATIENCE, random)
        return verdict.what === 'retry' ? verdict.pause : null
      })
    expect(pauses(0)).toEqual([
      ...[5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000],
      ...[2_560_000, 3_600_000],
    ])
    expect(pauses(1)).toEqual(pauses(0).map((pause) => pause! / 2))
  })

  it('no answer is success but 2xx, whatever else it says', () => {
    const statuses = fc.option(fc.integer({ min: 100, max: 599 }), { nil: null })
    fc.assert(
      fc.property(
        statuses,
        fc.nat(20),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (status, attempts, random) => {
          const { what } = verdictOf(answered(status), { attempts, age: 0 }, PATIENCE, random)
          const isWell = status !== null && status >= 200 && status < 300
          expect(what === 'came').toBe(isWell)
          if (isWell) return
          expect(what).toBe(status === 410 ? 'ended' : attempts >= 11 ? 'dead' : 'retry')
        },
      ),
    )
  })

  it('Retry-After is kept where it is longer, up to a day', () => {
    const pauseFor = (wish: number) => {
      const verdict = verdictOf(answered(429, wish), { attempts: 0, age: null }, PATIENCE, 0)
      return verdict.what === 'retry' ? verdict.pause : null
    }
    expect([pauseFor(1), pauseFor(60_000)]).toEqual([5_000, 60_000])
    expect([pauseFor(LONGEST_WISH_MS), pauseFor(LONGEST_WISH_MS + 1)]).toEqual([
      86_400_000, 86_400_000,
    ])
  })

  it('a webhook ends that has failed for days', () => {
    const failingFor = (age: number) => verdictOf(answered(null), { attempts: 0, age }, PATIENCE, 0)
    expect(failingFor(PATIENCE.failingMs - 1)).toMatchObject({ what: 'retry' })
    expect(failingFor(PATIENCE.failingMs)).toEqual({ what: 'ended', ending: 'failing' })
  })

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Wed, 21 Oct 2026 07:28:10 GMT', 10_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['2026-10-21', null],
    [undefined, null],
  ])('Retry-After: %s', (text, pause) => {
    expect(retryAfterOf(text, Date.parse('2026-10-21T07:28:00Z'))).toBe(pause)
  })
})

describe('where webhooks may lead', () => {
  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.255', '169.254.169.254'],
    ...['172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.168.1.1', '198.18.0.1'],
    ...[
      '198.51.100.1',
      '203.0.113.9',
      '224.0.0.1',
      '239.255.255.255',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '::',
      '::1',
      '[::1]',
      '::ffff:127.0.0.1',
      '[::ffff:7f00:1]',
      '[::ffff:a9fe:a9fe]',
      '::127.0.0.1',
    ],
    ...['64:ff9b::7f00:1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1'],
    ...['fc00::1', 'fd00::1', 'fe80::1', 'fec0::1', 'ff02::1', '5f00::1'],
  ])('%s is not reached', (address) => {
    expect(isAddress(address)).toBe(true)
    expect(mayReach(address, null)).toBe(false)
    expect(mayReach(address, parseProxies('0.0.0.0/0,::/0'))).toBe(true)
  })

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '2606:4700::1111',
    '[2a00:1450::1]',
    '::ffff:8.8.8.8',
  ])('%s is', (address) => expect(mayReach(address, null)).toBe(true))

  it('an address of a network that an operator allows is, and none beside it', () => {
    const networks = parseProxies('10.1.0.0/16,::1')
    expect(
      ['10.1.255.1', '::1', '10.2.0.1', '127.0.0.1'].map((one) => mayReach(one, networks)),
    ).toEqual([...[true, true, false, false]])
    expect(['127.9.9.9', '[::1]', '8.8.8.8', 'localhost'].map(isLoopback)).toEqual([
      ...[true, true, false, false],
    ])
  })

  it.each([
    ['no URL', 'example.com', 'it must be an https URL'],
    ['plain http', 'http://example.com/', 'it must be an https URL'],
    ['http to this machine', 'http://127.0.0.1/', 'it must be an https URL'],
    ['a file', 'file:///etc/passwd', 'it must be an https URL'],
    ['another scheme', 'gopher://example.com/', 'it must be an https URL'],
    ['a user', 'https://me@example.com/', 'it must not name a user'],
    ['a password', 'https://:x@example.com/', 'it must not name a user'],
    ['a fragment', 'https://example.com/#a', 'it must have no fragment'],
    ['an empty fragment', 'https://example.com/#', 'it must have no fragment'],
    ['an address of this machine', 'https://127.0.0.1/', 'this address may not be reached'],
    ['the same as a number', 'https://2130706433/', 'this address may not be reached'],
    ['the same in octal', 'https://0177.0.0.1/', 'this address may not be reached'],
    ['the same in hex', 'https://0x7f.1/', 'this address may not be reached'],
    ['the same as IPv6', 'https://[::ffff:127.0.0.1]/', 'this address may not be reached'],
    [
      'where clouds keep secrets',
      'https://169.254.169.254/latest',
      'this address may not be reached',
    ],
    ['2,049 characters', `https://example.com/${'x'.repeat(2_029)}`, 'at most 2048 characters'],
    ['few characters that are many', `https://example.com/${'€'.repeat(300)}`, 'at most 2048'],
  ])('a URL is refused: %s', (_what, url, because) => {
    expect(() => readUrl(url, null)).toThrow(because)
  })

  it('takes an address at every limit, in its one way of writing', () => {
    expect(readUrl(`https://example.com/${'x'.repeat(2_028)}`, null)).toHaveLength(2_048)
    expect(readUrl('HTTPS://Example.COM:443/a/../b?token=1', null)).toBe(
      'https://example.com/b?token=1',
    )
    expect(readUrl('http://localhost:8080', parseProxies('127.0.0.0/8'))).toBe(
      'http://localhost:8080/',
    )
    expect(() => readUrl('http://10.0.0.1/', parseProxies('0.0.0.0/0'))).toThrow('https')
  })

  it('keeps kinds in one order, once each', () => {
    expect(readKinds(['Job', 'Dataset', 'Job'])).toEqual(['Dataset', 'Job'])
    expect([readKinds(null), readKinds(undefined)]).toEqual([[], []])
    expect(() => readKinds([])).toThrow('name one')
  })
})

describe('an event', () => {
  const record: RecordHeader = {
    ...{ v: 'selvedge/record/1', tenant: 't', seq: 7, kind: 'Run', id: 'urn:selvedge:run:x' },
    ...{ version: 2, action: 'erase', at: '2026-03-31T00:00:00.000Z', actor: 'a' },
    ...{ links: [], unlinks: [], out: 'o', body: 'b', targets: [1] },
  }

  it('has the id of the origin that its record was written under, whatever restores came after', () => {
    const kept = [10, 10, 20]
    expect([0, 9, 10, 19, 20].map((seq) => epochOf({ epoch: 3, kept }, seq))).toEqual([
      0, 0, 2, 2, 3,
    ])
    const before = { service: 's.example', tenant: 't', epoch: 0, kept: [] }
    const after = { ...before, epoch: 1, kept: [8] }
    expect(eventOf(after, record)).toEqual(eventOf(before, record))
    expect(eventOf({ ...after, kept: [7] }, record).id).toBe('s.example/t/1#7')
  })

  it('says which record it is, and nothing of what that says', () => {
    const log = { service: 's.example', tenant: 't', epoch: 0, kept: [] }
    expect(eventOf(log, record)).toEqual({
      specversion: '1.0',
      id: 's.example/t#7',
      source: 'urn:selvedge:log:s.example/t',
      type: 'dev.selvedge.record.run.erased',
      subject: record.id,
      time: record.at,
      datacontenttype: 'application/json',
      data: {
        ...{ tenant: 't', position: '0:8', seq: 7, kind: 'Run', id: record.id },
        ...{ version: 2, action: 'erase', leaf: b64(hashLeaf(sha256, record)) },
      },
    })
  })

  it('is sent under an id without a full stop, by which signed parts could be moved', () => {
    expect(messageId({ id: 's.example/t#7' })).toMatch(/^evt_[\w-]{32}$/)
    expect(messageId({ id: 's.example/t#7' })).not.toBe(messageId({ id: 's.example/t#70' }))
  })
})

describe('the keys that sign', () => {
  const event = { id: 's.example/t#7' }
  const signed = async (keys: Keys) => {
    const signing = await keysToSign(keys.webhook!, keys.isBanned)
    const headers = await signatureHeaders(signing, { event, body: '{}', seconds: 1_000 })
    const found = headers['webhook-signature']!.split(' ')
    const all = await keys.webhook!.list()
    return found.map((_one, i) =>
      all.findIndex(({ publicKey }) =>
        isSigned({ headers: { ...headers, 'webhook-signature': found[i] }, body: '{}' }, [
          b64(publicKey),
        ]),
      ),
    )
  }

  it('are the newest two, the newest first, and none that was given up as compromised', async () => {
    const keys = await openKeyring(mkdtempSync(join(tmpdir(), 'selvedge-webhook-keys-')))
    expect(await keys.webhook!.list()).toEqual([])
    expect(await signed(keys)).toEqual([0])
    await keys.webhook!.make()
    const newest = await keys.webhook!.make()
    expect(await signed(keys)).toEqual([2, 1])
    await keys.ban(newest.kid)
    expect(await signed(keys)).toEqual([1, 0])
    for (const { kid } of await keys.webhook!.list()) await keys.ban(kid)
    expect(await signed(keys)).toEqual([3])
  })

  it('are no keys of a log, and published with those', async () => {
    const keys = await openKeyring(mkdtempSync(join(tmpdir(), 'selvedge-webhook-keys-')))
    await keys.webhook!.first()
    await keys.webhook!.first()
    const [key] = await keys.webhook!.list()
    expect((await keys.list()).map(({ use }) => use)).toEqual(['checkpoint', 'manifest'])
    expect(await keys.find(key!.kid)).toBeNull()
    const published = (await (await serveJwks(keys)).json()) as { keys: { selvedge_use: string }[] }
    expect(published.keys.map((one) => one.selvedge_use)).toEqual([
      'checkpoint',
      'manifest',
      'webhook',
    ])
  })
})
