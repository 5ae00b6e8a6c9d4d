import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { entryProofBytes, parseEntryProof } from '../../proofs/entry-proof.ts'
import type { ProofCode } from '../../proofs/error.ts'
import { extractEntry } from '../../proofs/extract.ts'
import { exitCode } from '../../proofs/report.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { ENTRY_CHECKS, type EntryCheckName, verifyEntry } from '../../proofs/verify-entry.ts'
import { readZip } from '../../proofs/zip.ts'
import { type Changes, makeBundle } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { smallLog } from '../make/small-log.ts'

const { log, report } = smallLog()
const question = { root: report, direction: 'UPSTREAM', depth: 5 } as const
const attachments = Array.from({ length: 9 }, (_, i) => ({
  path: `attachments/${i}`,
  bytes: utf8(`note ${i}`),
}))
const bundle = (changes: Changes = {}) => makeBundle(log, { question, attachments }, changes)
const { bytes: zip, trust } = bundle()

const failed = ({ checks }: Awaited<ReturnType<typeof verifyEntry>>) =>
  checks.filter(({ result }) => result === 'fail').map(({ name, code }) => [name, code])

it('verifies every subject of a bundle alone, for bundles of 3 to 12 subjects', async () => {
  for (let count = 0; count <= attachments.length; count++) {
    const some = makeBundle(log, { question, attachments: attachments.slice(0, count) })
    const subjects = readZip(some.bytes).filter(({ path }) => !path.startsWith('manifest.'))
    for (const { path, bytes } of subjects) {
      const taken = extractEntry(sha256, some.bytes, path)
      expect(taken.bytes).toEqual(bytes)
      const verified = await verifyEntry({ sha256, ...taken, trust })
      expect(failed(verified)).toEqual([])
      expect(exitCode(verified)).toBe(0)
      expect(verified.entry).toMatchObject({ path, bytes: bytes.length })
    }
  }
})

it('does not evaluate authenticity where no trust root is given', async () => {
  const verified = await verifyEntry({ sha256, ...extractEntry(sha256, zip, 'checkpoint') })
  expect([exitCode(verified), exitCode(verified, true)]).toEqual([4, 0])
  expect(verified.verdict.authentic).toMatchObject({ result: 'not evaluated' })
})

describe('what is wrong is refused by its check alone', () => {
  const path = 'attachments/4'
  const taken = extractEntry(sha256, zip, path)
  const proof = parseEntryProof(taken.proof)
  const changed = (change: Partial<typeof proof>) => entryProofBytes({ ...proof, ...change })
  const from = (changes: Changes) => extractEntry(sha256, bundle(changes).bytes, path)
  const cases: [
    EntryCheckName,
    ProofCode,
    string,
    () => { bytes: Uint8Array; proof: Uint8Array },
  ][] = [
    [
      ...(['stitch-form', 'PROOF_MEMBERS', 'a member too many'] as const),
      () => ({ ...taken, proof: utf8(text(taken.proof).replace('{', '{"a":1,')) }),
    ],
    [
      ...(['stitch-form', 'PROOF_ENCODING', 'a payload that is no base64url'] as const),
      () => ({ ...taken, proof: changed({ jws: 'a.b.c' }) }),
    ],
    [
      ...(['stitch-form', 'PROOF_ZIP_PATH', 'a path that no entry can have'] as const),
      () => ({ ...taken, proof: changed({ path: '../up' }) }),
    ],
    [
      ...(['entry-inclusion', 'PROOF_PATH_LENGTH', 'a path cut short'] as const),
      () => ({ ...taken, proof: changed({ hashes: proof.hashes.slice(1) }) }),
    ],
    [
      ...(['entry-inclusion', 'PROOF_ROOT_MISMATCH', 'another hash on its path'] as const),
      () => ({
        ...taken,
        proof: changed({ hashes: proof.hashes.with(0, sha256(utf8('another'))) }),
      }),
    ],
    [
      ...(['entry-inclusion', 'PROOF_ROOT_MISMATCH', 'another stitch root, signed'] as const),
      () =>
        from({
          manifest: (m) => ({
            ...m,
            predicate: { ...m.predicate, stitch: b64(sha256(utf8('another'))) },
          }),
        }),
    ],
    [
      ...(['manifest-form', 'PROOF_JSON_NOT_CANONICAL', 'a manifest with white space'] as const),
      () => from({ manifestText: (manifest) => `${manifest} ` }),
    ],
    [
      ...(['jws-form', 'PROOF_JWS', 'four parts'] as const),
      () => ({ ...taken, proof: changed({ jws: `${proof.jws}.` }) }),
    ],
    [
      ...(['jws-form', 'PROOF_JWS_HEADER', 'a header with a key in it'] as const),
      () => from({ jwsHeader: (header) => header.replace('{', '{"jwk":{},') }),
    ],
    [
      ...(['manifest-key', 'PROOF_TRUST_KEY_UNLISTED', 'a key that nobody lists'] as const),
      () => from({ manifestKey: makeKey('stranger') }),
    ],
    [
      ...(['manifest-signature', 'PROOF_MANIFEST_SIGNATURE', 'another key under its kid'] as const),
      () =>
        from({
          manifestKey: { ...makeKey('stranger'), kid: log.keys.manifest.kid },
        }),
    ],
  ]

  it.each(cases)('%s: %s, %s', async (name, code, _what, make) => {
    expect(failed(await verifyEntry({ sha256, ...make(), trust }))).toEqual([[name, code]])
  })

  it('entry-digest and entry-inclusion: another file', async () => {
    const verified = await verifyEntry({ sha256, ...taken, bytes: utf8('note 5'), trust })
    expect(failed(verified)).toEqual([
      ['entry-digest', 'PROOF_ENTRY_DIGEST'],
      ['entry-inclusion', 'PROOF_ROOT_MISMATCH'],
    ])
  })

  it('entry-digest and entry-inclusion: the file of another entry under the path of that', async () => {
    const proofOfOther = changed({ path: 'attachments/5' })
    const bytes = utf8('note 5')
    const verified = await verifyEntry({ sha256, bytes, proof: proofOfOther, trust })
    expect(failed(verified)).toEqual([['entry-inclusion', 'PROOF_ROOT_MISMATCH']])
  })

  it('origin-listed and origin-tenant: a trust root of other logs', async () => {
    const other = { ...trust, logs: [{ ...trust.logs[0]!, origin: 'selvedge.test/elsewhere' }] }
    expect(failed(await verifyEntry({ sha256, ...taken, trust: other }))).toEqual([
      ['origin-listed', 'PROOF_ORIGIN_UNLISTED'],
    ])
    const origin = 'selvedge.test/elsewhere'
    const lent = from({
      manifest: (m) => ({ ...m, predicate: { ...m.predicate, origin } }),
    })
    expect(failed(await verifyEntry({ sha256, ...lent, trust: other }))).toEqual([
      ['origin-tenant', 'PROOF_ORIGIN_TENANT'],
    ])
  })

  it('any byte of the file or of its proof', async () => {
    for (const part of ['bytes', 'proof'] as const) {
      for (const at of taken[part].keys()) {
        const other = taken[part].slice()
        other[at]! ^= 0x01
        const verified = await verifyEntry({ sha256, ...taken, [part]: other, trust })
        expect(exitCode(verified, true), `${part}, byte ${at}`).toBe(1)
      }
    }
  })
})

it.each(['manifest.json', 'manifest.jws', 'nowhere'])('takes no %s out alone', (path) => {
  expect(() => extractEntry(sha256, zip, path)).toThrow(
    expect.objectContaining({ code: 'PROOF_ENTRY_MISSING' }),
  )
})

describe('the specification', () => {
  const spec = readFileSync('docs/specs/entry.md', 'utf8')

  it('has a step for every check, in the order of the report', () => {
    const steps = [...spec.matchAll(/^[0-9]+\. `([a-z-]+)`/gm)].map(([, name]) => name)
    expect(steps).toEqual(Object.keys(ENTRY_CHECKS))
  })

  it('shows the proof of an entry of the published bundle', () => {
    const published = new Uint8Array(readFileSync('docs/specs/vectors/bundle.zip'))
    const { jws, ...rest } = JSON.parse(
      text(extractEntry(sha256, published, 'records.ndjson').proof),
    )
    const [, shown] = /```json\n(.*?)```/s.exec(spec)!
    const { jws: cut, ...example } = JSON.parse(shown!)
    expect(example).toEqual(rest)
    const [start, end] = cut.split('…')
    expect(jws.startsWith(start) && jws.endsWith(end) && start.length > 20).toBe(true)
  })
})
