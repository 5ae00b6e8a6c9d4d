import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { formatCheckpoint, parseCheckpoint, verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { formatNote, noteSignature, parseVkey } from '../../proofs/note.ts'
import { rootFromTiles } from '../../proofs/tiles.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { expectCode, vectorText } from './support.ts'

const TESSERA = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'
const LOG = 'tessera-testdata/testdata/log'
const SIZES = Array.from({ length: 16 }, (_, size) => size)

it.each(SIZES)(
  'verifies the checkpoint of %i entries that tessera signed, and its root',
  (size) => {
    const { name: origin, publicKey } = parseVkey(sha256, TESSERA)
    const note = vectorText(`${LOG}/checkpoint.${size}`)
    const checkpoint = verifyCheckpoint(sha256, note, { origin, x: b64(publicKey) })
    const root = rootFromTiles(sha256, size, () => tileOf(size))
    expect(checkpoint).toEqual({ origin, size, root })
    expect(note.startsWith(`${formatCheckpoint(checkpoint)}\n`)).toBe(true)
  },
)

const tileOf = (width: number) =>
  new Uint8Array(
    readFileSync(new URL(`../fixtures/vectors/${LOG}/tile/0/000.p/${width}`, import.meta.url)),
  )

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const key = { origin: 'log.example/acme', x: publicKey.export({ format: 'jwk' }).x! }
const root = sha256(utf8('a root'))
const TEXT = formatCheckpoint({ origin: key.origin, size: 7, root })

const signed = (text: string) => {
  const signature = new Uint8Array(sign(null, utf8(text), privateKey))
  return formatNote(text, [noteSignature(sha256, key.origin, unb64(key.x), signature)])
}

it('verifies what it formats', () => {
  expect(verifyCheckpoint(sha256, signed(TEXT), key)).toEqual({ origin: key.origin, size: 7, root })
})

const [origin, , encoded] = TEXT.split('\n') as [string, string, string]
const line = (...parts: string[]) => parts.map((part) => `${part}\n`).join('')

it.each([
  ['another origin', line('log.example/other', '7', encoded), 'PROOF_CHECKPOINT_ORIGIN'],
  ['an extension line', line(origin, '7', encoded, 'more'), 'PROOF_CHECKPOINT_EXTENSION'],
  ['an empty log with a root', line(origin, '0', encoded), 'PROOF_ROOT_MISMATCH'],
  ['a leading zero', line(origin, '07', encoded), 'PROOF_CHECKPOINT_SYNTAX'],
  ['a sign', line(origin, '+7', encoded), 'PROOF_CHECKPOINT_SYNTAX'],
  ['a fraction', line(origin, '7.0', encoded), 'PROOF_CHECKPOINT_SYNTAX'],
  ['a size above 2^53', line(origin, '9007199254740993', encoded), 'PROOF_CHECKPOINT_SYNTAX'],
  ['a size of 400 digits', line(origin, '1'.repeat(400), encoded), 'PROOF_CHECKPOINT_SYNTAX'],
  ['a short root', line(origin, '7', 'AAAA'), 'PROOF_CHECKPOINT_SYNTAX'],
  ['an unpadded root', line(origin, '7', b64(root)), 'PROOF_CHECKPOINT_SYNTAX'],
  ['no root', line(origin, '7'), 'PROOF_CHECKPOINT_SYNTAX'],
  ['an empty line', line(origin, '7', encoded, ''), 'PROOF_CHECKPOINT_SYNTAX'],
  ['no origin', line('', '7', encoded), 'PROOF_CHECKPOINT_SYNTAX'],
] as const)('rejects %s, though signed', (_what, text, code) => {
  expectCode(() => verifyCheckpoint(sha256, signed(text), key), code)
})

it('rejects another key under the same name', () => {
  const other = { ...key, x: b64(root) }
  expectCode(() => verifyCheckpoint(sha256, signed(TEXT), other), 'PROOF_NOTE_UNSIGNED')
})

it('hands back the extension lines of other logs', () => {
  const parsed = parseCheckpoint(line(origin, '7', encoded, 'more', 'and more'))
  expect(parsed).toEqual({ origin, size: 7, root, extensions: ['more', 'and more'] })
})
