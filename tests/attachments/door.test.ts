import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultLimits } from '../../server/limits/limits.ts'
import { type Listening, listen } from '../../server/listen.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { expectClean } from '../ledger/support.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'

const MOST = 100_000
const limits = { ...defaultLimits(), attachmentMaxBytes: MOST }
const { app, ask, database, freshTenant, home, faults } = await testApp('on demand', { limits })
const objects = openObjectFiles(join(home, 'objects'))
let server: Listening
beforeAll(async () => {
  server = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close())

interface Attached {
  id: string
  url: string
  sha256: string
  size: number
  mediaType: string
  name: string
  to: string | null
  position: string
  replayed: boolean
}

const hashOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes)
const digestOf = (bytes: string) => `sha-256=:${hashOf(bytes).digest('base64')}:`

const send = (tenant: string, body: BodyInit, headers: Record<string, string> = {}, query = '') =>
  fetch(`${server.url}/attachments${query}`, {
    method: 'POST',
    headers: { 'x-selvedge-tenant': tenant, 'content-type': 'text/plain', ...headers },
    body,
  })
const attached = async (...of: Parameters<typeof send>) => {
  const response = await send(...of)
  expect(response.status).toBe(201)
  return (await response.json()) as Attached
}
const get = (tenant: string, id: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${server.url}/attachments/${id}`, {
    method,
    headers: { 'x-selvedge-tenant': tenant, ...headers },
  })
const codeOf = async (answer: Response | Promise<Response>) => {
  const response = await answer
  const told = (await response.json()) as { code: string }
  return `${response.status} ${told.code}`
}
/** What is kept for a tenant, and what is on its way in for anybody. */
const filesOf = async (tenant: string) => {
  const all: string[] = []
  for await (const { address } of objects.list())
    if (address.startsWith(`${tenant}.`)) all.push(address)
  return all
}
const uploads = () =>
  readdirSync(join(home, 'objects', 'drafts')).filter((one) => one.startsWith('upload.'))

const ATTACHMENT = /* GraphQL */ `
  query Attachment($id: ID!) {
    entity(id: $id) {
      kind
      name
      ... on Attachment { url sha256 bytes mediaType documents { id kind } }
    }
  }`

describe('a file that is attached', () => {
  it('is kept under its hash, recorded, and given back as it was', async () => {
    const tenant = await freshTenant()
    const bytes = randomBytes(MOST)
    const [described] = await recorded({ ask }, tenant, [dataset('people')])
    const told = await attached(
      tenant,
      bytes,
      {
        'content-type': 'application/pdf',
        'content-disposition': 'attachment; filename="a b.pdf"',
      },
      `?to=${described!.id}`,
    )
    const sha256 = hashOf(bytes).digest('hex')
    expect(told).toMatchObject({
      ...{ sha256, size: MOST, mediaType: 'application/pdf', name: 'a b.pdf', replayed: false },
      to: described!.id,
      url: `/attachments/${told.id}`,
    })
    expect(told.id).toMatch(/^urn:selvedge:attachment:[0-9a-f-]{36}$/)
    expect(await filesOf(tenant)).toEqual([`${tenant}.${sha256}`])
    expect(uploads()).toEqual([])

    const response = await get(tenant, told.id)
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
    const { data } = await ask<{ entity: object }>(ATTACHMENT, {
      tenant,
      variables: { id: told.id },
    })
    expect(data.entity).toEqual({
      ...{ kind: 'Attachment', name: 'a b.pdf', url: told.url, sha256, bytes: MOST },
      mediaType: 'application/pdf',
      documents: [{ id: described!.id, kind: 'Dataset' }],
    })
    await expectClean(database, tenant)
  })

  it('is found downstream of what it documents', async () => {
    const tenant = await freshTenant()
    const [described] = await recorded({ ask }, tenant, [dataset('people')])
    const { id } = await attached(tenant, 'dpia', {}, `?to=${described!.id}&name=dpia.txt`)
    const { data } = await ask<{ lineage: { nodes: { entity: { id: string } }[] } }>(
      `{ lineage(root: "${described!.id}", direction: DOWNSTREAM, depth: 1) { nodes { entity { id } } } }`,
      { tenant },
    )
    expect(data.lineage.nodes.map(({ entity }) => entity.id)).toContain(id)
  })

  it('is told so that no browser runs it, shows it, or guesses what it is', async () => {
    const tenant = await freshTenant()
    const page = '<script>fetch("/graphql")</script>'
    const { id } = await attached(tenant, page, { 'content-type': 'text/html' }, '?name=x.html')
    const { status, headers } = await get(tenant, id)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html')
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="x.html"; filename*=UTF-8''x.html`,
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none';/)
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('cache-control')).toBe('private, no-cache')
  })

  it('is told to be known by its hash, and handed out in parts', async () => {
    const tenant = await freshTenant()
    const { id, sha256 } = await attached(tenant, '0123456789')
    const etag = `"${sha256}"`
    expect((await get(tenant, id)).headers.get('etag')).toBe(etag)
    expect((await get(tenant, id, { 'if-none-match': etag })).status).toBe(304)
    expect((await get(tenant, id, { 'if-none-match': '"x"' })).status).toBe(200)
    const part = await get(tenant, id, { range: 'bytes=2-4' })
    expect([part.status, await part.text()]).toEqual([206, '234'])
    expect(part.headers.get('content-range')).toBe('bytes 2-4/10')
    const beyond = await get(tenant, id, { range: 'bytes=10-' })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10'])
    const head = await get(tenant, id, {}, 'HEAD')
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      '10',
      '',
    ])
  })

  it('may be empty', async () => {
    const tenant = await freshTenant()
    const { id, size } = await attached(tenant, '')
    const response = await get(tenant, id)
    expect([size, response.status, await response.text()]).toEqual([0, 200, ''])
  })

  it('makes one attachment under one key, and is refused where the key was for another', async () => {
    const tenant = await freshTenant()
    const key = { 'idempotency-key': 'one' }
    const first = await attached(tenant, 'a', key)
    const again = await send(tenant, 'a', key)
    expect([again.status, await again.json()]).toEqual([200, { ...first, replayed: true }])
    expect(await codeOf(send(tenant, 'b', key))).toBe('409 IDEMPOTENCY_KEY_REUSED')
    expect(await codeOf(send(tenant, 'a', { ...key, 'content-type': 'text/csv' }))).toBe(
      '409 IDEMPOTENCY_KEY_REUSED',
    )
    expect(await filesOf(tenant)).toHaveLength(1)
  })

  it('makes one attachment where the same is sent under one key at once', async () => {
    const tenant = await freshTenant()
    const key = { 'idempotency-key': 'at-once' }
    const all = await Promise.all(Array.from({ length: 4 }, () => send(tenant, 'a', key)))
    const told = (await Promise.all(all.map((one) => one.json()))) as Attached[]
    expect(new Set(told.map(({ id }) => id)).size).toBe(1)
    const claims = (await objects.claims()).filter(({ address }) =>
      address.startsWith(`${tenant}.`),
    )
    expect(claims).toEqual([])
  })

  it('is one file where the same is attached twice, and two attachments', async () => {
    const tenant = await freshTenant()
    const [one, two] = [await attached(tenant, 'same'), await attached(tenant, 'same')]
    expect(one.id).not.toBe(two.id)
    expect(await filesOf(tenant)).toHaveLength(1)
  })
})

describe('of another tenant', () => {
  it('nothing is told of: the answer is that of an id that nobody has', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    const { id } = await attached(own, 'secret')
    const missing = id.replace(/.{12}$/, '000000000000')
    const seen = async (tenant: string, of: string) => {
      const answer = await get(tenant, of, { 'x-request-id': 'the-same', 'if-none-match': '*' })
      const headers = [...answer.headers].filter(([name]) => !/^(date|ratelimit)/.test(name))
      return [answer.status, headers, await answer.text()]
    }
    expect(await seen(other, id)).toEqual(await seen(other, missing))
    expect((await seen(other, id))[0]).toBe(404)
    for (const strange of [
      'x',
      '..%2f..%2fetc%2fpasswd',
      'urn:selvedge:dataset:h:x',
      '%00',
      '%ff',
    ]) {
      expect(await codeOf(get(own, strange))).toBe('404 ATTACHMENT_UNKNOWN')
    }
  })

  it('the same bytes are another file: neither erases that of the other', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    const [one, two] = [await attached(own, 'common'), await attached(other, 'common')]
    const { errors } = await ask(
      `mutation { erase(id: "${one.id}", ground: OTHER, reason: "a test") { position } }`,
      { tenant: own },
    )
    expect(errors).toBeUndefined()
    expect(await filesOf(own)).toEqual([])
    expect(await codeOf(get(own, one.id))).toBe('410 ATTACHMENT_ERASED')
    expect(await (await get(other, two.id)).text()).toBe('common')
  })

  it('no entity can be documented', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    const [theirs] = await recorded({ ask }, other, [dataset('theirs')])
    const refused = send(own, 'x', {}, `?to=${theirs!.id}`)
    expect(await codeOf(refused)).toBe('400 UNKNOWN_NEIGHBOUR')
    expect(await filesOf(own)).toEqual([])
  })
})

describe('what is refused', () => {
  it('is nothing up to the limit, by the byte, and everything above it, said before or not', async () => {
    const tenant = await freshTenant()
    await attached(tenant, 'x'.repeat(MOST))
    expect(await codeOf(send(tenant, 'x'.repeat(MOST + 1)))).toBe('413 ATTACHMENT_TOO_LARGE')
    const unsaid = new Blob(['x'.repeat(MOST + 1)]).stream()
    const response = app.fetch(
      new Request('http://localhost/attachments', {
        method: 'POST',
        headers: { 'x-selvedge-tenant': tenant, 'content-type': 'text/plain' },
        body: unsaid,
        duplex: 'half',
      } as RequestInit),
    )
    expect(await codeOf(response)).toBe('413 ATTACHMENT_TOO_LARGE')
    expect(await filesOf(tenant)).toHaveLength(1)
    expect(uploads()).toEqual([])
  })

  it.each([
    [digestOf('hello'), '201'],
    [`sha-512=:AAAA:, ${digestOf('hello')}`, '201'],
    ['sha-512=:AAAA:', '201'],
    [digestOf('hullo'), '400 ATTACHMENT_DIGEST_MISMATCH'],
    ['sha-256=:abc:', '400 ATTACHMENT_DIGEST_INVALID'],
    ['sha-256=abc', '400 ATTACHMENT_DIGEST_INVALID'],
    [hashOf('hello').digest('hex'), '201'],
  ])('by the digest %s: %s', async (digest, expected) => {
    const tenant = await freshTenant()
    const response = await send(tenant, 'hello', { 'content-digest': digest })
    expect(response.status === 201 ? '201' : await codeOf(response)).toBe(expected)
    expect(await filesOf(tenant)).toHaveLength(expected === '201' ? 1 : 0)
    expect(uploads()).toEqual([])
  })

  it.each<[string, Record<string, string>, string, string]>([
    [
      'a form',
      { 'content-type': 'multipart/form-data; boundary=x' },
      '',
      '415 ATTACHMENT_MEDIA_TYPE',
    ],
    ['no type', { 'content-type': 'html' }, '', '415 ATTACHMENT_MEDIA_TYPE'],
    ['gzip', { 'content-encoding': 'gzip' }, '', '415 ATTACHMENT_ENCODING'],
    ['to no id', {}, '?to=people', '400 ENTITY_ID_INVALID'],
    [
      'to nothing',
      {},
      '?to=urn:selvedge:dataset:h:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      '400 UNKNOWN_NEIGHBOUR',
    ],
    ['a key with a space', { 'idempotency-key': 'a b' }, '', '400 IDEMPOTENCY_KEY_INVALID'],
    ['another site', { origin: 'https://evil.example' }, '', '403 CROSS_SITE'],
  ])('%s', async (_what, headers, query, code) => {
    const tenant = await freshTenant()
    expect(await codeOf(send(tenant, 'x', headers, query))).toBe(code)
    expect(await filesOf(tenant)).toEqual([])
    expect(uploads()).toEqual([])
  })

  it.each([
    ['reader', 'POST', '403 PERMISSION_DENIED'],
    ['auditor', 'POST', '403 PERMISSION_DENIED'],
    ['steward', 'POST', '201'],
    ['writer', 'POST', '201'],
    ['reader', 'GET', '200'],
  ])('a %s that asks by %s gets %s', async (role, method, expected) => {
    const tenant = await freshTenant()
    const as = { 'x-selvedge-roles': role }
    const { id } = await attached(tenant, 'x')
    const response = await (method === 'GET' ? get(tenant, id, as) : send(tenant, 'y', as))
    expect(response.ok ? String(response.status) : await codeOf(response)).toBe(expected)
  })

  it('a caller that goes in the middle leaves nothing, and is no fault of ours', async () => {
    const tenant = await freshTenant()
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      `POST /attachments HTTP/1.1\r\nHost: 127.0.0.1\r\nx-selvedge-tenant: ${tenant}\r\ncontent-type: text/plain\r\ncontent-length: 50000\r\n\r\n${'x'.repeat(20_000)}`,
    )
    await expect.poll(uploads, { timeout: 30_000 }).toHaveLength(1)
    socket.destroy()
    await expect.poll(uploads, { timeout: 30_000 }).toEqual([])
    expect(await filesOf(tenant)).toEqual([])
    expect(faults).toEqual([])
  })
})
