import { compactVerify, decodeProtectedHeader } from 'jose'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { buildBundle } from '../../proofs/bundle.ts'
import { CHECKPOINT, jwsHeader, MANIFEST, MANIFEST_JWS, PROOF } from '../../proofs/manifest.ts'
import { parseProof } from '../../proofs/proof.ts'
import { exitCode } from '../../proofs/report.ts'
import { signManifest } from '../../proofs/sign.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { answer, makeBundle } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { smallLog } from '../make/small-log.ts'

const { log, clean } = smallLog()
const question = { root: clean, direction: 'BOTH', depth: 3 } as const
const attachments = [{ path: 'attachments/note', bytes: utf8('a note') }]
const signer = log.keys.manifest
const { kid } = signer

const entryOf = (zip: Uint8Array, path: string) =>
  readZip(zip).find((entry) => entry.path === path)!.bytes

/** What a service would hand over: the same answer, proof and checkpoint that the test builder made by hand. */
function parts() {
  const byHand = makeBundle(log, { question, attachments })
  return {
    byHand,
    parts: {
      ...{ tenant: log.tenant, origin: log.origin, question, attachments },
      ...{ asOf: log.leaves.length, size: log.leaves.length },
      records: answer(log, question, log.leaves.length).toReversed(),
      hashes: parseProof(entryOf(byHand.bytes, PROOF)).hashes,
      checkpoint: text(entryOf(byHand.bytes, CHECKPOINT)),
    },
  }
}

it('builds byte for byte what the specification, followed by hand, gives', async () => {
  const { byHand, parts: given } = parts()
  const built = await buildBundle(sha256, given, signer)
  expect(built).toEqual(byHand.bytes)
  expect(exitCode(await verifyBundle({ sha256, bytes: built, trust: byHand.trust }))).toBe(0)
})

it('builds the same bytes twice', async () => {
  const { parts: given } = parts()
  const twice = [1, 2].map(() => buildBundle(sha256, given, signer))
  expect(await twice[0]).toEqual(await twice[1])
})

it('signs a manifest under exactly the header that verifiers take', async () => {
  const jws = text(await signManifest(utf8('{}'), signer))
  const header = Buffer.from(jws.split('.')[0]!, 'base64url').toString()
  expect(header).toBe(`{"alg":"EdDSA","kid":"${kid}","typ":"selvedge-manifest+jws"}`)
  expect(header).toBe(jwsHeader(kid))
  expect(decodeProtectedHeader(jws)).toEqual(JSON.parse(header))
})

it('signs what jose takes for a signature, whoever holds the key and however long it takes', async () => {
  const elsewhere = {
    kid,
    async sign(message: Uint8Array) {
      await new Promise(setImmediate)
      return signer.sign(message)
    },
  }
  const jws = text(await signManifest(utf8('{"a":1}'), elsewhere))
  const { d: _, ...publicJwk } = signer.jwk
  const { payload, protectedHeader } = await compactVerify(jws, publicJwk, {
    algorithms: ['EdDSA'],
  })
  expect(text(payload)).toBe('{"a":1}')
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid, typ: 'selvedge-manifest+jws' })
})

it('makes a bundle that verifiers refuse where the key is not the one its kid names', async () => {
  const { byHand, parts: given } = parts()
  const bytes = await buildBundle(sha256, given, { ...makeKey('stranger'), kid })
  const { checks } = await verifyBundle({ sha256, bytes, trust: byHand.trust })
  const failed = checks.filter(({ result }) => result === 'fail')
  expect(failed.map(({ name }) => name)).toEqual(['manifest-signature'])
})

it('lays the entries out in path order', async () => {
  const { parts: given } = parts()
  const zip = await buildBundle(sha256, given, signer)
  expect(readZip(zip).map(({ path }) => path)).toEqual([
    'attachments/note',
    CHECKPOINT,
    MANIFEST,
    MANIFEST_JWS,
    PROOF,
    'records.ndjson',
  ])
})
