import { request as httpRequest } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { entriesOf } from '../../proofs/entry-bundle.ts'
import { leafHash } from '../../proofs/hash.ts'
import { rootFromTiles, TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'
import { text } from '../../proofs/utf8.ts'
import { listen } from '../../server/listen.ts'
import { rawDatabase } from '../ledger/support.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { firstKey, SERVICE_NAME } from '../setup/ledger.ts'

const test = await testApp()
const { app, ask, freshTenant, ledger } = test
const { port, close } = await listen(app, { host: '127.0.0.1', port: 0 })
afterAll(close)
const raw = rawDatabase()

interface Got {
  status: number
  headers: Record<string, string | undefined>
  bytes: Uint8Array
}

/** node:http as it is: it neither follows, inflates, caches nor tidies a path. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<Got>((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (incoming) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers as Got['headers'],
          bytes: new Uint8Array(Buffer.concat(parts)),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end()
  })

const codeOf = ({ bytes }: Got) => (JSON.parse(text(bytes)) as { code: string }).code

let tenant = ''
let size = 0
const own = (file: string, more: Record<string, string> = {}, method?: string) =>
  get(`/log/${tenant}/${file}`, { 'x-selvedge-tenant': tenant, ...more }, method)

beforeAll(async () => {
  tenant = await freshTenant()
  for (let batch = 0; batch < 2; batch++) {
    const items = Array.from({ length: 300 }, (_, i) => dataset(`d${batch}-${i}`))
    await recorded(test, tenant, items)
  }
  size = (await ledger.checkpointOf(tenant, 600)).size
})

const widthAt = (level: number, index: number) =>
  Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH)

it('serves a log that reads back entry by entry to the root that its checkpoint signs', async () => {
  const { status, headers, bytes } = await own('checkpoint')
  expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
  const key = { origin: `${SERVICE_NAME}/${tenant}`, x: b64(await firstKey(ledger, tenant)) }
  const checkpoint = verifyCheckpoint(sha256, text(bytes), key)
  const tiles = new Map<string, Uint8Array>()
  const files: [number, number][] = [0, 1, 2].map((index) => [0, index])
  for (const [level, index] of [...files, [1, 0] as [number, number]]) {
    const tile = await own(tilePath(level, index, widthAt(level, index)))
    expect([tile.status, tile.headers['content-type']]).toEqual([200, 'application/octet-stream'])
    expect(tile.bytes).toHaveLength(widthAt(level, index) * 32)
    tiles.set(`${level}/${index}`, tile.bytes)
  }
  const root = rootFromTiles(sha256, size, (level, index) => tiles.get(`${level}/${index}`)!)
  expect([checkpoint.size, b64(root)]).toEqual([size, b64(checkpoint.root)])
  for (const [, index] of files) {
    const bundle = await own(tilePath('entries', index, widthAt(0, index)))
    expect(bundle.headers['content-type']).toBe('application/octet-stream')
    const hashes = entriesOf(bundle.bytes).map((entry) => leafHash(sha256, entry))
    expect(Buffer.concat(hashes).equals(tiles.get(`0/${index}`)!)).toBe(true)
  }
})

it('keeps serving what is partial no longer: the first hashes of a tile stay what they were', async () => {
  const full = await own('tile/0/000')
  const partial = await own('tile/0/000.p/7')
  expect([partial.status, b64(partial.bytes)]).toEqual([200, b64(full.bytes.subarray(0, 7 * 32))])
  expect(entriesOf((await own('tile/entries/000.p/7')).bytes)).toHaveLength(7)
})

describe('a path', () => {
  const beyond = () => [
    tilePath(0, 2, widthAt(0, 2) + 1),
    tilePath('entries', 2, widthAt(0, 2) + 1),
    'tile/0/002',
    'tile/0/003',
    'tile/1/000',
    'tile/1/000.p/3',
    'tile/2/000.p/1',
    'tile/63/000',
    'tile/entries/x123/456',
    'tile/0/x009/x007/x199/x254/740/991',
  ]
  const malformed = [
    'tile/0/0',
    'tile/0/0000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/x000/000',
    'tile/0/000/',
    'tile/0/000.p/0',
    'tile/0/000.p/07',
    'tile/0/000.p/256',
    'tile/0/000.P/7',
    'tile/0/000.p/7/',
    'tile/0/%30%30%30',
    'tile/0//000',
    'tile/entries/0',
    'tile/Entries/000',
    'tile/data/000',
    'tile/8/0/000',
    'tile/',
    'log.vkey',
    'checkpoint/',
    'Checkpoint',
    '7/checkpoint',
    '0/checkpoint',
    '01/checkpoint',
  ]

  it('beyond the published checkpoint leads nowhere', async () => {
    for (const path of beyond()) {
      const answer = await own(path)
      expect([path, answer.status, answer.headers['cache-control']]).toEqual([
        path,
        404,
        'no-store',
      ])
    }
  })

  it.each(malformed)('%s is no path of a log', async (path) => {
    const answer = await own(path)
    expect(answer.status).toBe(404)
    expect(codeOf(answer)).toMatch(/^LOG_(FILE_)?UNKNOWN$/)
  })

  it('takes GET and HEAD only', async () => {
    const answer = await own('checkpoint', {}, 'POST')
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET'])
  })
})

it('serves by the published checkpoint, not by what the log has grown to', async () => {
  const growing = await freshTenant()
  const early = (await ledger.checkpointOf(growing, 3)).note
  const earlySize = Number(early.split('\n')[1])
  await recorded(test, growing, [dataset('late')])
  await ledger.checkpointOf(growing, earlySize + 1)
  await raw('MATCH (log:Log {tenant: $tenant}) SET log.checkpoint = $early', {
    tenant: growing,
    early,
  })
  const ask = (file: string) => get(`/log/${growing}/${file}`, { 'x-selvedge-tenant': growing })
  expect(text((await ask('checkpoint')).bytes)).toBe(early)
  for (const level of [0, 'entries'] as const) {
    expect((await ask(tilePath(level, 0, earlySize))).status).toBe(200)
    expect((await ask(tilePath(level, 0, earlySize + 1))).status).toBe(404)
  }
})

describe('to a cache', () => {
  it('says that a tile is for ever, and a checkpoint to be asked for again', async () => {
    for (const path of ['tile/0/000', 'tile/0/000.p/9', 'tile/entries/001', 'tile/1/000.p/1']) {
      const { headers } = await own(path)
      expect(headers['cache-control']).toBe('private, max-age=31536000, immutable')
      expect(headers.vary).toContain('x-selvedge-tenant')
    }
    expect((await own('checkpoint')).headers['cache-control']).toBe('private, no-cache')
  })

  it.each(['checkpoint', 'tile/0/000', 'tile/entries/000', 'tile/entries/000.p/3'])(
    'sends %s once, and no body to HEAD',
    async (path) => {
      const { headers, bytes } = await own(path)
      const known = await own(path, { 'if-none-match': `"other", W/${headers.etag}` })
      expect([known.status, known.bytes.length, known.headers.etag]).toEqual([304, 0, headers.etag])
      expect(known.headers['cache-control']).toBe(headers['cache-control'])
      const head = await own(path, {}, 'HEAD')
      expect([head.status, head.bytes.length, head.headers.etag]).toEqual([200, 0, headers.etag])
      expect(head.headers['content-type']).toBe(headers['content-type'])
      if (head.headers['content-length']) {
        expect(Number(head.headers['content-length'])).toBe(bytes.length)
      }
      const other = await own(path, { 'if-none-match': '"other"' })
      expect([other.status, b64(other.bytes)]).toEqual([200, b64(bytes)])
    },
  )

  it('packs entries for who takes gzip, under a tag of their own', async () => {
    const plain = await own('tile/entries/000')
    expect(plain.headers['content-encoding']).toBeUndefined()
    for (const takes of ['gzip', 'br, gzip;q=0.5', '*', 'x-gzip']) {
      const packed = await own('tile/entries/000', { 'accept-encoding': takes })
      expect(packed.headers['content-encoding']).toBe('gzip')
      expect(packed.headers.vary).toContain('accept-encoding')
      expect(packed.headers.etag).not.toBe(plain.headers.etag)
      expect(packed.bytes.length).toBeLessThan(plain.bytes.length)
      expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true)
    }
    for (const takes of ['identity', 'gzip;q=0', 'br', 'gzip;q=0, *;q=0.1']) {
      const { headers } = await own('tile/entries/000', { 'accept-encoding': takes })
      expect([takes, headers['content-encoding']]).toEqual([takes, undefined])
    }
    const tile = await own('tile/0/000', { 'accept-encoding': 'gzip' })
    expect(tile.headers['content-encoding']).toBeUndefined()
  })
})

describe('whoever does not speak for the tenant', () => {
  const SET =
    'mutation Set($public: Boolean!) { logPublicSet(public: $public) { results { version changed } } }'
  const setPublic = async (isPublic: boolean) => {
    const { data, errors } = await ask<{ logPublicSet: { results: { changed: boolean }[] } }>(SET, {
      tenant,
      variables: { public: isPublic },
    })
    expect(errors).toBeUndefined()
    return data.logPublicSet.results[0]!.changed
  }
  const files = ['checkpoint', 'tile/0/000', 'tile/entries/000', 'tile/0/099', 'nonsense']

  it('cannot tell a log that is closed from one that is not there', async () => {
    const stranger = await freshTenant()
    // All else being equal: what a request is called is told in its answer.
    const as = (name?: string) => ({
      'x-request-id': 'the-same',
      ...(name && { 'x-selvedge-tenant': name }),
    })
    for (const file of files) {
      const answers = [
        await get(`/log/${tenant}/${file}`, as()),
        await get(`/log/${tenant}/${file}`, as(stranger)),
        await get(`/log/never-founded/${file}`, as()),
        await get(`/log/never-founded/${file}`, as('never-founded')),
        await get(`/log/-/${file}`, as('-')),
      ]
      // Each request has a number of its own; nothing else may differ.
      const told = answers.map(
        ({ status, bytes }) => `${status} ${text(bytes).replace(/"requestId":"[^"]+"/, '')}`,
      )
      expect(new Set(told).size).toBe(1)
      expect([answers[0]!.status, codeOf(answers[0]!)]).toEqual([404, 'LOG_UNKNOWN'])
    }
  })

  it('reads a log as soon as its tenant opens it, and no longer once it is closed', async () => {
    expect(await ask('{ log { public } }', { tenant })).toMatchObject({
      data: { log: { public: false } },
    })
    expect(await setPublic(true)).toBe(true)
    expect(await setPublic(true)).toBe(false)
    for (const file of files.slice(0, 3)) {
      const { status, headers } = await get(`/log/${tenant}/${file}`)
      expect([status, headers['cache-control']]).toEqual([200, expect.stringMatching(/^public, /)])
    }
    const other = await get(`/log/${tenant}/checkpoint`, { 'x-selvedge-tenant': 'somebody-else' })
    expect(other.status).toBe(200)
    expect(codeOf(await get(`/log/${tenant}/tile/0/099`))).toBe('LOG_FILE_UNKNOWN')
    expect(await ask('{ log { public } }', { tenant })).toMatchObject({
      data: { log: { public: true } },
    })
    expect(await setPublic(false)).toBe(true)
    for (const file of files) expect((await get(`/log/${tenant}/${file}`)).status).toBe(404)
    expect((await own('checkpoint')).status).toBe(200)
  })

  it('finds in the log who opened it, and when', async () => {
    const opened = await freshTenant()
    await ask(SET, { tenant: opened, variables: { public: true } })
    const { data } = await ask<{ log: { inclusion: { header: string } } }>(
      '{ log { inclusion(seq: 3) { header } } }',
      { tenant: opened },
    )
    expect(JSON.parse(data.log.inclusion.header)).toMatchObject({ kind: 'Tenant', version: 2 })
  })
})

it('has no checkpoint to serve before the first is signed', async () => {
  const young = await freshTenant()
  await raw('MATCH (log:Log {tenant: $tenant}) REMOVE log.checkpoint SET log.signed = log.size', {
    tenant: young,
  })
  const ask = (file: string) => get(`/log/${young}/${file}`, { 'x-selvedge-tenant': young })
  const { status, headers } = await ask('checkpoint')
  expect([status, headers['retry-after']]).toEqual([503, '1'])
  expect((await ask('tile/0/000.p/1')).status).toBe(404)
})

it('leads on to the log of the newest epoch, whose files are others', async () => {
  const restored = await freshTenant()
  await ledger.checkpointOf(restored, 3)
  await raw('MATCH (log:Log {tenant: $tenant}) SET log.epoch = 2', { tenant: restored })
  const ask = (file: string) => get(`/log/${restored}/${file}`, { 'x-selvedge-tenant': restored })
  for (const file of ['checkpoint', 'tile/0/000.p/3']) {
    const { status, headers } = await ask(file)
    expect([status, headers.location]).toEqual([307, `/log/${restored}/2/${file}`])
    expect((await ask(`2/${file}`)).status).toBe(200)
    expect((await ask(`1/${file}`)).status).toBe(404)
  }
})

it('tells a damaged store from a file that is not there', async () => {
  const damaged = await freshTenant()
  const { size: whole } = await ledger.checkpointOf(damaged, 3)
  const ask = (file: string) => get(`/log/${damaged}/${file}`, { 'x-selvedge-tenant': damaged })
  await raw('MATCH (r:Record {tenant: $tenant, seq: 1}) DELETE r', { tenant: damaged })
  const entries = await ask(tilePath('entries', 0, whole))
  expect([entries.status, codeOf(entries)]).toEqual([503, 'LOG_DAMAGED'])
  await raw('MATCH (t:Tile {tenant: $tenant}) DELETE t', { tenant: damaged })
  const tile = await ask(tilePath(0, 0, whole))
  expect([tile.status, codeOf(tile)]).toEqual([503, 'LOG_DAMAGED'])
})

it('cuts off entries that turn out to be damaged on their way, and says so to nobody but the operator', async () => {
  const damaged = await freshTenant()
  await recorded(
    test,
    damaged,
    Array.from({ length: 260 }, (_, i) => dataset(`d${i}`)),
  )
  await ledger.checkpointOf(damaged, 260)
  // Behind the first piece, whose status has gone out by then.
  await raw('MATCH (r:Record {tenant: $tenant, seq: 200}) DELETE r', { tenant: damaged })
  for (const takes of ['gzip', 'identity']) {
    const headers = { 'x-selvedge-tenant': damaged, 'accept-encoding': takes }
    const entries = get(`/log/${damaged}/${tilePath('entries', 0, 256)}`, headers)
    await expect(entries).rejects.toMatchObject({ code: 'ECONNRESET' })
  }
})
