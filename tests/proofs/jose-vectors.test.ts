import { readFileSync } from 'node:fs'
import { compactVerify, errors } from 'jose'
import { expect, it } from 'vitest'
import { ProofError } from '../../proofs/error.ts'
import { MANIFEST, MANIFEST_JWS } from '../../proofs/manifest.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { readJws } from '../../proofs/verify/manifest.ts'
import { makeKey } from '../make/keys.ts'

interface Vector {
  tcId: number
  comment: string
  jws: unknown
  result: string
}

const vectorsIn = (file: string) => {
  const path = `tests/fixtures/vectors/wycheproof/${file}`
  const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as {
    testGroups: { tests: Vector[] }[]
  }
  return testGroups.flatMap(({ tests }) => tests).filter(({ jws }) => jws !== undefined)
}

/** The payload that a JWS carries, as the manifest that it would have to be over. */
function manifestOf(jws: string) {
  const [, payload = ''] = jws.split('.')
  return Uint8Array.from(Buffer.from(payload, 'base64url'))
}

const { x } = makeKey('manifest')

// Wycheproof has no JWS with EdDSA: whatever is valid there is so under an algorithm that is not ours.
it.each([
  ['json_web_signature_test.json', 401],
  ['json_web_crypto_test.json', 49],
  ['json_web_key_test.json', 21],
])(
  'refuses every JWS of %s, valid or not, by its form and by the algorithms pinned',
  async (file, least) => {
    const vectors = vectorsIn(file)
    expect(vectors.length).toBeGreaterThanOrEqual(least)
    for (const { tcId, jws } of vectors) {
      const text = typeof jws === 'string' ? jws : JSON.stringify(jws)
      const entries = new Map([
        [MANIFEST_JWS, utf8(text)],
        [MANIFEST, manifestOf(text)],
      ])
      expect(() => readJws(entries), `${tcId}`).toThrow(ProofError)
      const verified = compactVerify(
        text,
        { kty: 'OKP', crv: 'Ed25519', x },
        { algorithms: ['EdDSA'] },
      )
      await expect(verified, `${tcId}`).rejects.toThrow(errors.JOSEError)
    }
  },
)
