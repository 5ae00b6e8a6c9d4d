import { b64, unb64 } from './base64.ts'
import { canonical } from './canonical.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { type Json, parseJson } from './json.ts'
import { kidOf } from './keyleaf.ts'
import { type Check, closed, count, hash, listOf, name, oneOf, orNull } from './members.ts'
import { parseVkey } from './note.ts'
import { parsePolicy } from './policy.ts'
import { utf8 } from './utf8.ts'

/** A key that the reader trusts for one use in one log. */
export interface TrustKey {
  use: 'checkpoint' | 'manifest'
  kid: string
  /** The public key, base64url. */
  x: string
  /** It authenticates log sizes in [from, until); `null`: it still does. */
  from: number
  until: number | null
  compromised: boolean
}

/** A log that the reader knows, by its origin. */
export interface TrustLog {
  origin: string
  keys: TrustKey[]
  /** Sizes and roots that the reader holds for true whatever becomes of the keys; not evaluated yet. */
  anchors: { size: number; root: string }[]
}

/** Whom a reader trusts; it overrides whatever a bundle says of keys. */
export interface Trust {
  v: 'selvedge/trust/1'
  logs: TrustLog[]
  /** A C2SP tlog-policy as text, empty for none. */
  witnessPolicy: string
  /** Keys (vkeys) of those whose word counts that a state follows from the log's headers. */
  replayers: string[]
}

/** Writes a trust root. */
export const formatTrust = (trust: Trust) => canonical(trust as unknown as Json)

/**
 * Gives the fingerprint of a trust root: SHA-256 over its canonical form, so that it does not matter
 * how a file lays it out (docs/specs/keys.md, "Fingerprint").
 */
export const trustFingerprint = (sha256: Sha256, trust: Trust) => sha256(utf8(formatTrust(trust)))

/**
 * Reads a trust root. It is the reader's own file and nobody hashes it, so it may be laid out for
 * people; its members are closed all the same, because a misspelt `until` must not be overlooked.
 *
 * @throws {ProofError} `PROOF_TRUST` for an origin or a key listed twice, a `kid` that is not its key's,
 * or an empty validity; `PROOF_POLICY`, `PROOF_NOTE_KEY` for a replayer that is no vkey, `PROOF_JSON_*`, `PROOF_MEMBERS`, `PROOF_VALUE`
 */
export function parseTrust(sha256: Sha256, text: string): Trust {
  const value = closed(parseJson(text), 'the trust root', [
    'v',
    'logs',
    'witnessPolicy',
    'replayers',
  ])
  const trust: Trust = {
    v: oneOf('selvedge/trust/1')(value.v, 'v'),
    logs: listOf(log)(value.logs, 'logs'),
    witnessPolicy: policy(sha256, value.witnessPolicy),
    replayers: listOf(replayer(sha256))(value.replayers, 'replayers'),
  }
  requireOnce(trust.logs.map(({ origin }) => origin))
  for (const { keys } of trust.logs) checkKeys(sha256, keys)
  return trust
}

const replayer =
  (sha256: Sha256): Check<string> =>
  (value, what) => {
    const vkey = name(value, what)
    parseVkey(sha256, vkey)
    return vkey
  }

/**
 * Gives the trust root of who trusts one log by its vkey alone: that key, from the first leaf on.
 *
 * @throws {ProofError} `PROOF_NOTE_KEY`
 */
export function trustOfVkey(sha256: Sha256, vkey: string): Trust {
  const { name: origin, publicKey } = parseVkey(sha256, vkey)
  const key = { use: 'checkpoint', kid: kidOf(sha256, publicKey), x: b64(publicKey) } as const
  const keys = [{ ...key, from: 0, until: null, compromised: false }]
  const logs = [{ origin, keys, anchors: [] }]
  return { v: 'selvedge/trust/1', logs, witnessPolicy: '', replayers: [] }
}

const log: Check<TrustLog> = (value, what) => {
  const members = closed(value, what, ['origin', 'keys', 'anchors'])
  return {
    origin: name(members.origin, `${what}.origin`),
    keys: listOf(key)(members.keys, `${what}.keys`),
    anchors: listOf(anchor)(members.anchors, `${what}.anchors`),
  }
}

const key: Check<TrustKey> = (value, what) => {
  const names = ['use', 'kid', 'x', 'from', 'until', 'compromised']
  const members = closed(value, what, names)
  if (typeof members.compromised !== 'boolean') {
    throw new ProofError('PROOF_VALUE', `${what}.compromised is neither true nor false`)
  }
  return {
    use: oneOf('checkpoint', 'manifest')(members.use, `${what}.use`),
    kid: hash(members.kid, `${what}.kid`),
    x: hash(members.x, `${what}.x`),
    from: count(members.from, `${what}.from`),
    until: orNull(count)(members.until, `${what}.until`),
    compromised: members.compromised,
  }
}

const anchor: Check<TrustLog['anchors'][number]> = (value, what) => {
  const members = closed(value, what, ['size', 'root'])
  return { size: count(members.size, `${what}.size`), root: hash(members.root, `${what}.root`) }
}

function policy(sha256: Sha256, value: Json | undefined) {
  if (typeof value !== 'string') throw new ProofError('PROOF_VALUE', 'witnessPolicy is not text')
  if (value !== '') parsePolicy(sha256, value)
  return value
}

function checkKeys(sha256: Sha256, keys: readonly TrustKey[]) {
  requireOnce(keys.map(({ use, kid }) => `${use} ${kid}`))
  for (const { kid, x, from, until } of keys) {
    if (kidOf(sha256, unb64(x)) !== kid) {
      throw new ProofError('PROOF_TRUST', `${kid} is not the thumbprint of its key`)
    }
    if (until !== null && until <= from) {
      throw new ProofError('PROOF_TRUST', `the key ${kid} ends before it starts`)
    }
  }
}

function requireOnce(names: readonly string[]) {
  if (new Set(names).size !== names.length) {
    throw new ProofError('PROOF_TRUST', 'an origin, or a key for one use, is listed twice')
  }
}
