import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import type { ProofCode } from '../../proofs/error.ts'
import { exitCode } from '../../proofs/report.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { type Changes, makeBundle } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { smallLog } from '../make/small-log.ts'

const { log, report } = smallLog()
const question = { root: report, direction: 'UPSTREAM', depth: 5 } as const
const { manifest: key, checkpoint } = log.keys
const stranger = makeKey('stranger')
const genuine = { alg: 'EdDSA', kid: key.kid, typ: 'selvedge-manifest+jws' }

/** The order of Ed25519's group: a signature (R, S + L) holds for whoever forgets to bound S. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

const parts = (jws: string) => jws.split('.') as [string, string, string]
const encode = (header: object | string) =>
  b64(utf8(typeof header === 'string' ? header : JSON.stringify(header)))

/** Another protected header, the whole signed anew by a key: the genuine one unless told otherwise. */
const header = (text: object | string, by = key): Changes => ({
  jws(genuine) {
    const [, payload] = parts(genuine)
    const signed = `${encode(text)}.${payload}`
    return `${signed}.${b64(by.sign(utf8(signed)))}`
  },
})

/** A header of members beside the genuine ones, in canonical order. */
const beside = (members: Record<string, unknown>, by = key) =>
  header(
    Object.fromEntries(
      Object.entries({ ...genuine, ...members }).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    by,
  )

const mac = (alg: 'HS256' | 'HS512', secret: Uint8Array | string): Changes => ({
  jws(genuine) {
    const [, payload] = parts(genuine)
    const signed = `${encode({ alg, kid: key.kid, typ: 'selvedge-manifest+jws' })}.${payload}`
    const hash = alg === 'HS256' ? 'sha256' : 'sha512'
    return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
  },
})

const publicPem = createPublicKey({
  key: { kty: 'OKP', crv: 'Ed25519', x: key.x },
  format: 'jwk',
}).export({ format: 'pem', type: 'spki' }) as string

const publicJwk = ({ x }: { x: string }) => ({ kty: 'OKP', crv: 'Ed25519', x })
const changed = (jws: (genuine: string) => string): Changes => ({ jws })

type Attack = [what: string, code: ProofCode, changes: Changes]

const FORM: Attack[] = [
  // another algorithm
  [
    'no algorithm, and no signature',
    'PROOF_JWS',
    changed((jws) => `${encode({ ...genuine, alg: 'none' })}.${parts(jws)[1]}.`),
  ],
  [
    'no algorithm, and the genuine signature',
    'PROOF_JWS_HEADER',
    header({ ...genuine, alg: 'none' }),
  ],
  ['no algorithm in capitals', 'PROOF_JWS_HEADER', header({ ...genuine, alg: 'NONE' })],
  ['no member alg at all', 'PROOF_JWS_HEADER', header({ kid: key.kid, typ: genuine.typ })],
  ['HS256 with the public key as the secret', 'PROOF_JWS', mac('HS256', unb64(key.x))],
  [
    'HS512, which is as long as Ed25519, with the public key as the secret',
    'PROOF_JWS_HEADER',
    mac('HS512', unb64(key.x)),
  ],
  ['HS512 with the public key as PEM', 'PROOF_JWS_HEADER', mac('HS512', publicPem)],
  [
    'another name for the same algorithm',
    'PROOF_JWS_HEADER',
    header({ ...genuine, alg: 'Ed25519' }),
  ],
  ['the algorithm in another case', 'PROOF_JWS_HEADER', header({ ...genuine, alg: 'eddsa' })],
  ['an algorithm of another key type', 'PROOF_JWS_HEADER', header({ ...genuine, alg: 'ES256' })],
  ['a list of algorithms', 'PROOF_JWS_HEADER', header({ ...genuine, alg: ['EdDSA'] })],
  // a key that comes with it
  ['an embedded key', 'PROOF_JWS_HEADER', beside({ jwk: publicJwk(stranger) }, stranger)],
  ['the genuine key, embedded', 'PROOF_JWS_HEADER', beside({ jwk: publicJwk(key) })],
  [
    'an address of keys',
    'PROOF_JWS_HEADER',
    beside({ jku: 'https://evil.example/jwks.json' }, stranger),
  ],
  ['a certificate', 'PROOF_JWS_HEADER', beside({ x5c: ['MIIB'] }, stranger)],
  [
    'an address of a certificate',
    'PROOF_JWS_HEADER',
    beside({ x5u: 'https://evil.example/c.pem' }),
  ],
  ['the thumbprint of a certificate', 'PROOF_JWS_HEADER', beside({ 'x5t#S256': key.kid })],
  // extensions
  ['a critical extension', 'PROOF_JWS_HEADER', beside({ crit: ['exp'], exp: 1 })],
  ['an empty list of critical extensions', 'PROOF_JWS_HEADER', beside({ crit: [] })],
  [
    'a payload that is not encoded (RFC 7797)',
    'PROOF_JWS_HEADER',
    beside({ b64: false, crit: ['b64'] }),
  ],
  ['b64 without crit', 'PROOF_JWS_HEADER', beside({ b64: false })],
  ['b64, true', 'PROOF_JWS_HEADER', beside({ b64: true, crit: ['b64'] })],
  ['a compressed payload', 'PROOF_JWS_HEADER', beside({ zip: 'DEF' })],
  ['a content type', 'PROOF_JWS_HEADER', beside({ cty: 'JWT' })],
  ['a nonce', 'PROOF_JWS_HEADER', beside({ nonce: 'x' })],
  [
    'a prototype',
    'PROOF_JWS_HEADER',
    header(
      `{"__proto__":{"alg":"none"},"alg":"EdDSA","kid":"${key.kid}","typ":"selvedge-manifest+jws"}`,
    ),
  ],
  // another type: cross-protocol
  ['no type', 'PROOF_JWS_HEADER', header({ alg: 'EdDSA', kid: key.kid })],
  ['the type of a JWT', 'PROOF_JWS_HEADER', header({ ...genuine, typ: 'JWT' })],
  [
    'the type with its application/ before it',
    'PROOF_JWS_HEADER',
    header({ ...genuine, typ: 'application/selvedge-manifest+jws' }),
  ],
  [
    'the type in another case',
    'PROOF_JWS_HEADER',
    header({ ...genuine, typ: 'Selvedge-Manifest+JWS' }),
  ],
  // the key's id
  [
    'a kid that climbs folders',
    'PROOF_ENCODING',
    header({ ...genuine, kid: '../../keys/manifest' }),
  ],
  [
    'a kid that climbs folders and looks like base64',
    'PROOF_JWS_HEADER',
    header({ ...genuine, kid: 'etc_passwd_A' }),
  ],
  ['a kid that asks a database', 'PROOF_ENCODING', header({ ...genuine, kid: "x' OR '1'='1" })],
  [
    'a kid with a zero byte behind it',
    'PROOF_ENCODING',
    header({ ...genuine, kid: `${key.kid}\u0000` }),
  ],
  ['an empty kid', 'PROOF_JWS_HEADER', header({ ...genuine, kid: '' })],
  ['a kid that is a number', 'PROOF_JWS_HEADER', header({ ...genuine, kid: 0 })],
  ['a kid that is an object', 'PROOF_JWS_HEADER', header({ ...genuine, kid: { x: key.x } })],
  ['no kid', 'PROOF_JWS_HEADER', header({ alg: 'EdDSA', typ: genuine.typ })],
  ['a kid in another base64', 'PROOF_ENCODING', header({ ...genuine, kid: `${key.kid}=` })],
  // a second reading
  [
    'a member twice, the genuine one first',
    'PROOF_JSON_DUPLICATE',
    header(`{"alg":"EdDSA","alg":"none","kid":"${key.kid}","typ":"selvedge-manifest+jws"}`),
  ],
  [
    'a member twice, the genuine one last',
    'PROOF_JSON_DUPLICATE',
    header(`{"alg":"none","alg":"EdDSA","kid":"${key.kid}","typ":"selvedge-manifest+jws"}`),
  ],
  [
    'a member twice, once escaped',
    'PROOF_JSON_DUPLICATE',
    header(
      `{"alg":"EdDSA","kid":"${stranger.kid}","k\\u0069d":"${key.kid}","typ":"selvedge-manifest+jws"}`,
    ),
  ],
  [
    'an escaped name',
    'PROOF_JWS_HEADER',
    header(`{"alg":"EdDSA","k\\u0069d":"${key.kid}","typ":"selvedge-manifest+jws"}`),
  ],
  ['white space', 'PROOF_JWS_HEADER', header(JSON.stringify(genuine, null, 1))],
  [
    'members in another order',
    'PROOF_JWS_HEADER',
    header({ typ: genuine.typ, kid: key.kid, alg: 'EdDSA' }),
  ],
  ['a header that is a list', 'PROOF_JWS_HEADER', header('[]')],
  ['a header that is null', 'PROOF_JWS_HEADER', header('null')],
  ['a header that is no JSON', 'PROOF_JSON_SYNTAX', header('alg=EdDSA')],
  ['an empty header', 'PROOF_JSON_SYNTAX', changed((jws) => `.${parts(jws)[1]}.${parts(jws)[2]}`)],
  ['a byte order mark', 'PROOF_JSON_SYNTAX', header(`\ufeff${JSON.stringify(genuine)}`)],
  // another serialisation
  ['four parts', 'PROOF_JWS', changed((jws) => `${jws}.`)],
  ['five parts, as a JWE has', 'PROOF_JWS', changed((jws) => `${jws}.AA.AA`)],
  ['two parts', 'PROOF_JWS', changed((jws) => parts(jws).slice(0, 2).join('.'))],
  [
    'a detached payload',
    'PROOF_JWS_PAYLOAD',
    changed((jws) => `${parts(jws)[0]}..${parts(jws)[2]}`),
  ],
  [
    'the flattened form',
    'PROOF_JWS',
    changed((jws) => {
      const [protectedHeader, payload, signature] = parts(jws)
      return JSON.stringify({ protected: protectedHeader, payload, signature })
    }),
  ],
  ['a newline at the end', 'PROOF_ENCODING', changed((jws) => `${jws}\n`)],
  ['padding', 'PROOF_ENCODING', changed((jws) => `${jws}==`)],
  [
    'bits behind the end of the signature',
    'PROOF_ENCODING',
    changed((jws) => jws.replace(/.$/, (char) => ({ A: 'B', Q: 'R', g: 'h', w: 'x' })[char]!)),
  ],
  [
    'the alphabet of standard base64',
    'PROOF_ENCODING',
    changed((jws) => {
      const [head, payload, signature] = parts(jws)
      return `${head}.${payload}.${`+${signature.slice(1)}`}`
    }),
  ],
  [
    'a signature of 63 bytes',
    'PROOF_JWS',
    changed((jws) => `${parts(jws).slice(0, 2).join('.')}.${b64(unb64(parts(jws)[2]).slice(1))}`),
  ],
  [
    'a signature of 65 bytes',
    'PROOF_JWS',
    changed(
      (jws) =>
        `${parts(jws).slice(0, 2).join('.')}.${b64(Uint8Array.of(...unb64(parts(jws)[2]), 0))}`,
    ),
  ],
  [
    'another payload',
    'PROOF_JWS_PAYLOAD',
    { jwsPayload: (manifest) => manifest.replace('"asOf":21', '"asOf":20') },
  ],
]

const SIGNATURE: Attack[] = [
  [
    'a signature of zeros',
    'PROOF_MANIFEST_SIGNATURE',
    changed((jws) => `${parts(jws).slice(0, 2).join('.')}.${b64(new Uint8Array(64))}`),
  ],
  [
    'a signature by another key under the genuine id',
    'PROOF_MANIFEST_SIGNATURE',
    header(genuine, stranger),
  ],
  [
    'a signature by the key for checkpoints',
    'PROOF_MANIFEST_SIGNATURE',
    header(genuine, checkpoint),
  ],
  [
    'a signature whose S is not reduced',
    'PROOF_MANIFEST_SIGNATURE',
    changed((jws) => {
      const [head, payload, signature] = parts(jws)
      const bytes = unb64(signature)
      const s = BigInt(`0x${Buffer.from(bytes.slice(32)).reverse().toString('hex')}`) + ORDER
      const unreduced = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
      return `${head}.${payload}.${b64(Uint8Array.of(...bytes.slice(0, 32), ...unreduced))}`
    }),
  ],
  [
    'a signature over the payload alone',
    'PROOF_MANIFEST_SIGNATURE',
    changed((jws) => {
      const [head, payload] = parts(jws)
      return `${head}.${payload}.${b64(key.sign(unb64(payload)))}`
    }),
  ],
  [
    'a signature in ASN.1, cut to length',
    'PROOF_MANIFEST_SIGNATURE',
    changed((jws) => {
      const [head, payload] = parts(jws)
      const seed = createPrivateKey({ key: key.jwk, format: 'jwk' })
      const signature = sign(null, utf8(`${head}.${payload}`), seed)
      return `${head}.${payload}.${b64(Uint8Array.of(0x30, 0x44, ...signature.subarray(0, 62)))}`
    }),
  ],
]

const KEY: Attack[] = [
  [
    'the id of the key for checkpoints, and its signature',
    'PROOF_TRUST_KEY_UNLISTED',
    header({ ...genuine, kid: checkpoint.kid }, checkpoint),
  ],
  [
    'the id and the signature of a key that nobody lists',
    'PROOF_TRUST_KEY_UNLISTED',
    header({ ...genuine, kid: stranger.kid }, stranger),
  ],
]

describe.each([
  ['jws-form', FORM],
  ['manifest-signature', SIGNATURE],
  ['manifest-key', KEY],
] as const)('%s refuses a manifest.jws with', (check, attacks) => {
  it.each(attacks)('%s (%s)', async (_what, code, changes) => {
    const { bytes, trust } = makeBundle(log, { question }, changes)
    for (const given of [trust, null]) {
      const found = await verifyBundle({ sha256, bytes, trust: given })
      const failed = found.checks.filter(({ result }) => result === 'fail')
      // Without a trust root nobody asks for a key, and the form is refused all the same.
      const expected = given === null && check !== 'jws-form' ? [] : [[check, code]]
      expect(failed.map(({ name, code }) => [name, code])).toEqual(expected)
      expect(exitCode(found)).not.toBe(0)
    }
  })
})
