import { expect, it } from 'vitest'
import { boundedText, TEXT_BYTES } from '../../proofs/bounded-text.ts'
import { jwsHeader, type Manifest, manifestBytes, parseManifest } from '../../proofs/manifest.ts'
import { text } from '../../proofs/utf8.ts'
import { readZip } from '../../proofs/zip.ts'
import { makeBundle } from '../make/bundle.ts'
import { smallLog } from '../make/small-log.ts'
import { expectCode } from './support.ts'

const { log, report } = smallLog()
const question = { root: report, direction: 'UPSTREAM', depth: 2 } as const
const bytes = readZip(makeBundle(log, { question }).bytes)[1]!.bytes
const genuine = JSON.parse(text(bytes)) as Manifest

const changed = (change: object, asked: object = {}) =>
  manifestBytes({
    ...genuine,
    predicate: { ...genuine.predicate, ...change, question: { ...question, ...asked } },
  } as Manifest)

const named = (...names: string[]) =>
  manifestBytes({
    ...genuine,
    subject: names.map((name) => ({ ...genuine.subject[0]!, name })),
  })

it('reads what it writes', () => {
  expect(parseManifest(bytes)).toEqual(genuine)
  expect(manifestBytes(genuine)).toEqual(new Uint8Array(bytes))
})

it('is an in-toto statement about the other entries', () => {
  expect(genuine._type).toBe('https://in-toto.io/Statement/v1')
  expect(genuine.subject.map(({ name }) => name)).toEqual([
    'checkpoint',
    'proof.json',
    'records.ndjson',
  ])
})

it.each([
  ['a tenant in capitals', changed({ tenant: 'Acme' }), 'PROOF_VALUE'],
  ['a negative position', changed({ asOf: -1 }), 'PROOF_VALUE'],
  ['a size beyond 2^53', changed({ size: 2 ** 60 }), 'PROOF_VALUE'],
  ['a stitch root that is none', changed({ stitch: 'AA' }), 'PROOF_VALUE'],
  ['another version', changed({ v: 'selvedge/bundle/2' }), 'PROOF_VALUE'],
  ['a root that is no id', changed({}, { root: 'urn:uuid:1' }), 'PROOF_VALUE'],
  ['a direction of no kind', changed({}, { direction: 'SIDEWAYS' }), 'PROOF_VALUE'],
  ['half a depth', changed({}, { depth: 0.5 }), 'PROOF_VALUE'],
  ['a question with more to it', changed({}, { first: 10 }), 'PROOF_MEMBERS'],
  [
    'a subject twice',
    named('checkpoint', 'proof.json', 'proof.json', 'records.ndjson'),
    'PROOF_MANIFEST',
  ],
  [
    'a subject outside',
    named('../x', 'checkpoint', 'proof.json', 'records.ndjson'),
    'PROOF_MANIFEST',
  ],
  [
    'its JWS as a subject',
    named('checkpoint', 'manifest.jws', 'proof.json', 'records.ndjson'),
    'PROOF_MANIFEST',
  ],
  ['no proof', named('checkpoint', 'records.ndjson'), 'PROOF_MANIFEST'],
  ['nothing', new Uint8Array(), 'PROOF_JSON_SYNTAX'],
] as const)('refuses %s', (_what, bytes, code) => expectCode(() => parseManifest(bytes), code))

it('asks for one protected header', () =>
  expect(jwsHeader('k')).toBe('{"alg":"EdDSA","kid":"k","typ":"selvedge-manifest+jws"}'))

it('reads no text beyond what every platform can hold', () =>
  expectCode(() => boundedText(new Uint8Array(TEXT_BYTES + 1)), 'PROOF_TEXT_TOO_LARGE'))
