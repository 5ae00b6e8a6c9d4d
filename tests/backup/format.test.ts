import { createDecipheriv, createHmac, hkdfSync, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { openArchive } from '../../domains/backup/archive-reader.ts'
import { auditArchive } from '../../domains/backup/audit-archive.ts'
import type { Line } from '../../domains/backup/lines.ts'
import { PASSPHRASE } from './support.ts'

const FIXTURE = 'tests/fixtures/backup/v1.backup'

it('an archive of the first release is read and found to be sound', async () => {
  const archive = await openArchive(FIXTURE, PASSPHRASE)
  const found = auditArchive(archive)
  expect(found.tenants).toMatchObject([
    { tenant: 'acme', origin: 'selvedge.test/acme', epoch: 0, erasedSince: [] },
  ])
  expect(found.signer.logs).toEqual(['acme'])
  archive.close()
})

/** Written after docs/specs/backup.md, with nothing of the program. */
function readByTheSpec(bytes: Buffer): Line[] {
  const end = bytes.indexOf('\n', bytes.indexOf('\n') + 1) + 1
  const [line, code] = bytes.subarray(0, end).toString().split('\n') as [string, string]
  const { logN, salt } = JSON.parse(line)
  const key = scryptSync(PASSPHRASE, Buffer.from(salt, 'base64url'), 64, {
    N: 2 ** logN,
    r: 8,
    p: 1,
  })
  const mac = createHmac('sha256', key.subarray(0, 32))
    .update(`selvedge/backup/1 head\n${line}`)
    .digest()
  expect(mac.toString('base64url')).toBe(code)
  const lines: string[] = []
  for (let [at, number] = [end, 0]; at < bytes.length; number++) {
    const length = bytes.readUInt32BE(at + 16)
    const next = at + 20 + length
    const info = 'selvedge/backup/1 chunk'
    const chunkKey = hkdfSync('sha256', key.subarray(32), bytes.subarray(at, at + 16), info, 32)
    const nonce = Buffer.alloc(12)
    nonce.writeUInt32BE(number, 7)
    nonce[11] = next === bytes.length ? 1 : 0
    const opening = createDecipheriv('aes-256-gcm', Buffer.from(chunkKey), nonce)
    opening.setAAD(mac)
    opening.setAuthTag(bytes.subarray(next - 16, next))
    const plain = Buffer.concat([
      opening.update(bytes.subarray(at + 20, next - 16)),
      opening.final(),
    ])
    lines.push(...inflateRawSync(plain).toString().split('\n').slice(0, -1))
    at = next
  }
  return lines.map((text) => JSON.parse(text) as Line)
}

it('is of the form that its specification says', async () => {
  const lines = readByTheSpec(readFileSync(FIXTURE))
  const kinds = lines.map(({ is }) => is)
  expect([kinds[0], kinds[1], kinds.at(-2), kinds.at(-1)]).toEqual([
    'backup',
    'log',
    'end',
    'manifest',
  ])
  expect(new Set(kinds)).toEqual(
    new Set(['backup', 'log', 'leaf', 'command', 'actor', 'end', 'manifest']),
  )
  const archive = await openArchive(FIXTURE, PASSPHRASE)
  expect([...archive.lines()].map((text) => JSON.parse(text))).toEqual(lines)
  archive.close()
})
