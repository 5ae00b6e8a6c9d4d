import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { std64, unb64 } from '../../proofs/base64.ts'
import {
  formatNote,
  formatVkey,
  keyHash,
  noteSignature,
  parseNote,
  parseVkey,
  verifyNote,
} from '../../proofs/note.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { expectCode } from './support.ts'

/** The example of C2SP signed-note, whose text has an empty line of its own. */
const EXAMPLE = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`

function aKey(name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { name, publicKey: unb64(publicKey.export({ format: 'jwk' }).x!) }
  const signed = (text: string) => {
    const signature = new Uint8Array(sign(null, utf8(text), privateKey))
    return noteSignature(sha256, name, key.publicKey, signature)
  }
  return { ...key, signed }
}
const ours = aKey('log.example/acme')
const witness = aKey('witness.example')
const TEXT = 'a text\n\nwith an empty line\n'
const note = formatNote(TEXT, [witness.signed(TEXT), ours.signed(TEXT)])

it('reads the example of the specification and writes it again', () => {
  const { text, signatures } = parseNote(EXAMPLE)
  expect(text.endsWith('ed è subito sera.\n')).toBe(true)
  expect(signatures.map(({ name }) => name)).toEqual(['quasimodo.example/salvatore'])
  expect(signatures[0]!.signature).toHaveLength(64)
  expect(formatNote(text, signatures)).toBe(EXAMPLE)
})

it('verifies the key that is known, whoever else signed', () => {
  expect(verifyNote(sha256, note, ours)).toBe(TEXT)
  expect(verifyNote(sha256, note, witness)).toBe(TEXT)
})

it('ignores a line under our name by another key, or by our hash under another name', () => {
  const impostor = { ...aKey(ours.name).signed('another text\n') }
  const namesake = { ...ours.signed('another text\n'), name: 'other.example' }
  expect(verifyNote(sha256, formatNote(TEXT, [impostor, namesake, ours.signed(TEXT)]), ours)).toBe(
    TEXT,
  )
})

const lines = (count: number) => Array.from({ length: count }, () => ours.signed(TEXT))

it.each([
  ['an unknown key only', formatNote(TEXT, [witness.signed(TEXT)]), 'PROOF_NOTE_UNSIGNED'],
  ['a signature over another text', formatNote(TEXT, [ours.signed('x\n')]), 'PROOF_NOTE_SIGNATURE'],
  [
    'one good line by our key and one bad',
    formatNote(TEXT, [ours.signed(TEXT), ours.signed('x\n')]),
    'PROOF_NOTE_SIGNATURE',
  ],
  ['a changed text', note.replace('a text', 'b text'), 'PROOF_NOTE_SIGNATURE'],
  ['no signature at all', `${TEXT}\n`, 'PROOF_NOTE_SYNTAX'],
  ['no blank line', note.replaceAll('\n\n', '\n'), 'PROOF_NOTE_SYNTAX'],
  ['no newline at the end', note.slice(0, -1), 'PROOF_NOTE_SYNTAX'],
  ['carriage returns', note.replaceAll('\n', '\r\n'), 'PROOF_NOTE_SYNTAX'],
  ['a control character', note.replace('a text', 'a\u0000text'), 'PROOF_NOTE_SYNTAX'],
  ['a hyphen for the dash', note.replaceAll('— ', '- '), 'PROOF_NOTE_SYNTAX'],
  ['two spaces in a line', note.replaceAll('— ', '—  '), 'PROOF_NOTE_SYNTAX'],
  ['a plus in a name', note.replaceAll('witness.', 'witness+'), 'PROOF_NOTE_SYNTAX'],
  ['a signature that is no base64', `${TEXT}\n— ${ours.name} AAAA=\n`, 'PROOF_NOTE_SYNTAX'],
  ['a signature of no bytes', `${TEXT}\n— ${ours.name} AAAAAA==\n`, 'PROOF_NOTE_SYNTAX'],
  ['a line that is none', `${note}and more\n`, 'PROOF_NOTE_SYNTAX'],
  ['101 signatures', formatNote(TEXT, lines(101)), 'PROOF_NOTE_SYNTAX'],
] as const)('rejects %s', (_what, text, code) => {
  expectCode(() => verifyNote(sha256, text, ours), code)
})

it('writes a vkey and reads it again', () => {
  const vkey = formatVkey(sha256, ours)
  expect(parseVkey(sha256, vkey)).toEqual({ name: ours.name, publicKey: ours.publicKey })
})

const [name, hash, key] = formatVkey(sha256, ours).split('+') as [string, string, string]

it.each([
  ['a name of another key', `other.example+${hash}+${key}`],
  ['another hash', `${name}+00000000+${key}`],
  ['another algorithm', `${name}+${hash}+${std64(Uint8Array.of(2, ...ours.publicKey))}`],
  ['a short key', `${name}+${hash}+${std64(Uint8Array.of(1, ...ours.publicKey.slice(1)))}`],
  ['no base64', `${name}+${hash}+AAA`],
  ['no hash', `${name}+${key}`],
  ['nothing', ''],
])('rejects a vkey with %s', (_what, vkey) => {
  expectCode(() => parseVkey(sha256, vkey), 'PROOF_NOTE_KEY')
})

it('refuses to write what it would not read', () => {
  expectCode(() => formatNote('no newline', [ours.signed(TEXT)]), 'PROOF_NOTE_SYNTAX')
  expectCode(
    () => noteSignature(sha256, 'a b', ours.publicKey, new Uint8Array(64)),
    'PROOF_NOTE_KEY',
  )
  expectCode(() => formatVkey(sha256, { ...ours, name: 'a+b' }), 'PROOF_NOTE_KEY')
})

it('hashes the name, a newline, the type and the key into four bytes', () => {
  const expected = sha256(utf8(`${ours.name}\n\u0001`), ours.publicKey).slice(0, 4)
  expect(keyHash(sha256, ours.name, ours.publicKey)).toEqual(expected)
})

it('reads and writes a line by somebody else, however long it is', () => {
  const long = { ...witness.signed(TEXT), signature: new Uint8Array(500_000) }
  const note = formatNote(TEXT, [long, ours.signed(TEXT)])
  expect(verifyNote(sha256, note, ours)).toBe(TEXT)
  const { text, signatures } = parseNote(note)
  expect(formatNote(text, signatures)).toBe(note)
})
