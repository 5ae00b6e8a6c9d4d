import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openFollower } from '../../cli/follow/follower.ts'
import { httpSource } from '../../cli/follow/source.ts'
import { sha256 } from '../../core/sha256.ts'
import { leafBytes } from '../../proofs/leaf.ts'
import { parseVkey } from '../../proofs/note.ts'
import { text } from '../../proofs/utf8.ts'
import { verifyLog } from '../../proofs/verify-log.ts'
import { trustIn } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { makeLog } from '../make/log.ts'
import { filesOfEntries, filesOfLog } from '../make/log-files.ts'
import { rotatedLog } from '../make/rotated-log.ts'
import { selvedge } from '../setup/selvedge.ts'

const TESSERA = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'
const TESSERA_LOG = 'tests/fixtures/vectors/tessera-testdata/testdata/log'

/** A log over HTTP: whatever `fileAt` gives, and 404 for the rest. */
async function serving(fileAt: (path: string) => Uint8Array | undefined) {
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    const path = request.url!.replace('/log/', '')
    asked.push(path)
    const bytes = fileAt(path)
    response.writeHead(bytes ? 200 : 404).end(bytes)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  afterAll(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`, asked }
}

const folder = mkdtempSync(join(tmpdir(), 'selvedge-follow-'))
afterAll(() => rmSync(folder, { recursive: true }))
const read = (path: string) => (existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined)

describe('the log of another’s software', () => {
  const key = parseVkey(sha256, TESSERA)
  const servingTessera = (now: { size: number }) =>
    serving((path) =>
      read(join(TESSERA_LOG, path === 'checkpoint' ? `checkpoint.${now.size}` : path)),
    )

  it('is followed through every checkpoint that it ever signed', async () => {
    const now = { size: 0 }
    const { url } = await servingTessera(now)
    const follower = openFollower(httpSource(url), { expected: { key } })
    for (now.size = 0; now.size <= 15; now.size++) {
      expect(await follower.step()).toBe(now.size > 0)
      expect(follower.size).toBe(now.size)
      expect(await follower.step()).toBe(false)
    }
  })

  it('is followed from and to any of them, with a mirror that goes on where it ended', async () => {
    for (let from = 0; from <= 15; from += 3) {
      const now = { size: from }
      const { url } = await servingTessera(now)
      const directory = join(folder, `tessera-${from}`)
      await openFollower(httpSource(url), { expected: { key }, directory }).step()
      for (now.size = from + 1; now.size <= 15; now.size += 4) {
        const again = openFollower(httpSource(url), { expected: { key }, directory })
        expect(again.size).toBe(now.size === from + 1 ? from : now.size - 4)
        expect(await again.step()).toBe(true)
        expect(text(read(join(directory, 'checkpoint'))!)).toBe(
          text(read(join(TESSERA_LOG, `checkpoint.${now.size}`))!),
        )
      }
    }
  })

  it('is not followed back, nor under another key', async () => {
    const now = { size: 9 }
    const { url } = await servingTessera(now)
    const follower = openFollower(httpSource(url), { expected: { key } })
    await follower.step()
    now.size = 8
    await expect(follower.step()).rejects.toMatchObject({ code: 'PROOF_SIZES' })
    expect(follower.size).toBe(9)
    const [stranger] = [{ ...key, publicKey: key.publicKey.map((byte) => byte ^ 1) }]
    const other = openFollower(httpSource(url), { expected: { key: stranger! } })
    await expect(other.step()).rejects.toMatchObject({ code: 'PROOF_NOTE_UNSIGNED' })
  })
})

const log = makeLog('followed')
for (let i = 0; i < 700; i++) log.assert('Dataset', `d${i}`, {})
const entries = log.leaves.map(leafBytes)
const signer = { origin: log.origin, key: log.keys.checkpoint }
const filesAt = (size: number) => filesOfEntries(entries.slice(0, size), signer)

it('keeps a mirror that the verifier takes for the whole log', async () => {
  let files = filesAt(300)
  const { url, asked } = await serving((path) => files.get(path))
  const directory = join(folder, 'mirror')
  const follower = openFollower(httpSource(url), { expected: { trust: trustIn(log) }, directory })
  expect(await follower.step()).toBe(true)
  files = filesAt(entries.length)
  asked.length = 0
  expect(await follower.step()).toBe(true)
  expect(asked).not.toContain('tile/entries/000')
  const verified = await verifyLog({
    sha256,
    read: (path) => read(join(directory, path)) ?? null,
    trust: trustIn(log),
  })
  expect(verified.verdict).toMatchObject({
    intact: { result: 'pass' },
    authentic: { result: 'pass' },
  })
})

it('takes the full file where the log has dropped the partial one', async () => {
  const files = filesAt(600)
  const old = filesAt(300)
  // The checkpoint is an old one, and what it ends in is only there in full.
  files.set('checkpoint', old.get('checkpoint')!)
  const { url, asked } = await serving((path) => files.get(path))
  const follower = openFollower(httpSource(url), { expected: { trust: trustIn(log) } })
  for (const [path, bytes] of old) if (path.startsWith('tile/1')) files.set(path, bytes)
  expect(await follower.step()).toBe(true)
  expect(asked).toContain('tile/entries/001')
  expect(follower.size).toBe(300)
})

it('follows through a change of keys that the log itself records', async () => {
  const rotated = rotatedLog()
  const leaves = rotated.log.leaves.map(leafBytes)
  const { origin } = rotated.log
  let files = filesOfEntries(leaves.slice(0, 12), { origin, key: rotated.log.keys.checkpoint })
  const { url } = await serving((path) => files.get(path))
  const expected = { trust: trustIn(rotated.log) }
  const directory = join(folder, 'rotated')
  expect(await openFollower(httpSource(url), { expected, directory }).step()).toBe(true)
  files = filesOfEntries(leaves, { origin, key: rotated.next.checkpoint })
  // A follower that starts anew on the mirror knows the records that it has read before.
  const again = openFollower(httpSource(url), { expected, directory })
  expect(await again.step()).toBe(true)
  files = filesOfEntries(leaves.slice(0, -1), { origin, key: rotated.next.checkpoint })
  await expect(again.step()).rejects.toMatchObject({ code: 'PROOF_SIZES' })
})

describe('a log that lies', () => {
  const lies: [string, (files: Map<string, Uint8Array>) => void, string][] = [
    [
      'serves an entry that it did not sign',
      (files) => flip(files, 'tile/entries/001'),
      'PROOF_LOG_FILE',
    ],
    ['serves another tile', (files) => flip(files, 'tile/0/000'), 'PROOF_LOG_FILE'],
    ['serves no tile', (files) => void files.delete('tile/1/000.p/2'), 'PROOF_LOG_FILE'],
    [
      'signs another root',
      (files) => void files.set('checkpoint', filesOfLog(makeLog('other')).get('checkpoint')!),
      'PROOF_ROOT_MISMATCH',
    ],
    [
      'signs with another key',
      (files) =>
        void files.set(
          'checkpoint',
          filesOfEntries(entries.slice(0, 700), { ...signer, key: makeKey('stranger') }).get(
            'checkpoint',
          )!,
        ),
      'PROOF_TRUST_KEY_UNLISTED',
    ],
    ['serves no checkpoint', (files) => void files.delete('checkpoint'), 'PROOF_LOG_FILE'],
  ]
  const flip = (files: Map<string, Uint8Array>, path: string) => {
    const bytes = files.get(path)!.slice()
    bytes[bytes.length - 1]! ^= 1
    files.set(path, bytes)
  }
  it.each(lies)('is caught when it %s', async (_what, lie, code) => {
    const files = filesAt(700)
    lie(files)
    const { url } = await serving((path) => files.get(path))
    const directory = join(folder, `lie-${_what}`)
    const follower = openFollower(httpSource(url), { expected: { trust: trustIn(log) }, directory })
    await expect(follower.step()).rejects.toMatchObject({ code })
    expect([follower.size, existsSync(join(directory, 'checkpoint'))]).toEqual([0, false])
  })

  it('is caught when it rewrites what was read before', async () => {
    let files = filesAt(300)
    const { url } = await serving((path) => files.get(path))
    const follower = openFollower(httpSource(url), { expected: { trust: trustIn(log) } })
    await follower.step()
    const rewritten = entries.map((entry, i) => (i === 290 ? entries[291]! : entry))
    files = filesOfEntries(rewritten, signer)
    await expect(follower.step()).rejects.toMatchObject({ code: 'PROOF_LOG_FILE' })
    expect(follower.size).toBe(300)
    files = filesAt(400)
    expect(await follower.step()).toBe(true)
  })
})

describe('selvedge log follow', () => {
  it('follows to the newest checkpoint and says so', async () => {
    const { url } = await serving((path) => read(join(TESSERA_LOG, path)))
    const { code, stdout } = await selvedge(['log', 'follow', url, '--vkey', TESSERA, '--once'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('whole at 15')])
  })

  it('ends with 1 and the code of what is wrong', async () => {
    const files = filesAt(300)
    files.delete('tile/0/000')
    const { url } = await serving((path) => files.get(path))
    const vkey = text(files.get('log.vkey')!).trimEnd()
    const told = async (...args: string[]) => {
      const { code, stderr } = await selvedge(['log', 'follow', ...args, '--once'])
      expect(code).toBe(1)
      return stderr
    }
    expect(await told(url, '--vkey', vkey)).toContain('LOG_MISBEHAVES')
    expect(await told(url)).toContain('LOG_KEY_MISSING')
    expect(await told('nowhere', '--vkey', vkey)).toContain('LOG_ADDRESS_INVALID')
    expect(await told('http://127.0.0.1:9/', '--vkey', vkey)).toContain('LOG_UNREACHABLE')
  })
})
