import { compactVerify, errors } from 'jose'
import { type AnchorProof, anchoredBy } from '../anchors.ts'
import { unb64 } from '../base64.ts'
import { verifyCheckpoint } from '../checkpoint.ts'
import { verifyEd25519 } from '../ed25519.ts'
import { ProofError } from '../error.ts'
import { equal, type Sha256 } from '../hash.ts'
import type { ReadKeyRecord } from '../key-records.ts'
import { chainKeys, type KeyChain, keyAt } from '../keychain.ts'
import type { Manifest } from '../manifest.ts'
import { keyHash } from '../note.ts'
import type { Trust, TrustKey, TrustLog } from '../trust.ts'
import { utf8 } from '../utf8.ts'
import type { ReadCheckpoint } from './log.ts'
import type { Jws } from './manifest.ts'

/** What says which tenant's log it is of: a manifest, or whatever else rests on a checkpoint. */
export interface Claim {
  predicate: Pick<Manifest['predicate'], 'origin' | 'tenant'>
}

/** Finds the log in the trust root; an epoch's origin is listed itself or not at all. @throws {ProofError} `PROOF_ORIGIN_UNLISTED` */
export function findLog(trust: Trust, { predicate: { origin } }: Claim) {
  const value = trust.logs.find((log) => log.origin === origin)
  if (value === undefined) {
    throw new ProofError('PROOF_ORIGIN_UNLISTED', `the trust root does not list ${origin}`)
  }
  return { value, detail: `${origin} is listed, with ${value.keys.length} keys` }
}

/**
 * Requires the tenant's place in the origin, `<service>/<tenant>` or `<service>/<tenant>/<epoch>`, to
 * hold the manifest's tenant: one service signs all its tenants' logs with the same keys. A number
 * behind both is an epoch, also where a tenant is called by that number.
 *
 * @throws {ProofError} `PROOF_ORIGIN_TENANT`
 */
export function checkTenantOfOrigin({ predicate: { origin, tenant } }: Claim) {
  const log = origin.replace(/\/[1-9][0-9]{0,8}$/, '')
  const isEpoch = log !== origin && log.includes('/')
  if (!(isEpoch ? log : origin).endsWith(`/${tenant}`)) {
    throw new ProofError('PROOF_ORIGIN_TENANT', `${origin} is not a log of ${tenant}`)
  }
  return `${origin} is a log of ${tenant}`
}

/**
 * Works out which keys count: those that the trust root lists, and those that the bundle's key records
 * lead to from one of them (docs/specs/keys.md).
 *
 * @throws {ProofError} `PROOF_KEY_SIGNATURE`
 */
export function findKeys(sha256: Sha256, { keys }: TrustLog, records: readonly ReadKeyRecord[]) {
  const leaves = records.map(({ leaf }) => leaf)
  const value = chainKeys(sha256, keys, leaves)
  const led = value.keys.filter(({ listed }) => !listed).length
  const lost = value.broken.length > 0 ? `; ${value.broken.length} recorded count for nothing` : ''
  return { value, detail: `${keys.length} listed, ${led} led to by key records${lost}` }
}

/** A checkpoint compared with the anchors: the size of one that vouches for all of it, or `null`. */
export interface Anchored {
  by: number | null
}

/**
 * Requires the checkpoint to be of one history with every anchor of the trust root that it can be
 * compared with, whoever has signed it.
 *
 * @throws {ProofError} `PROOF_ANCHOR_FORK`
 */
export function compareAnchors(
  sha256: Sha256,
  { anchors }: TrustLog,
  { checkpoint, proofs }: { checkpoint: ReadCheckpoint; proofs: readonly AnchorProof[] },
) {
  const by = anchoredBy(sha256, checkpoint, { anchors, proofs })
  const value: Anchored = { by }
  if (anchors.length === 0) return { value, detail: 'the trust root has no anchors for this log' }
  if (by !== null) return { value, detail: `the log of the anchor at ${by} begins with it` }
  return { value, detail: `none of ${anchors.length} anchors is shown to hold all of it` }
}

/** Finds the manifest's key among those that count for that use. @throws {ProofError} As `keyAt`. */
export function findManifestKey(chain: KeyChain, { kid }: Jws, { predicate: { size } }: Manifest) {
  const { key, because } = keyAt(chain, { use: 'manifest', size, is: (one) => one.kid === kid })
  return { value: key, detail: because }
}

/** What a checkpoint by a compromised key can still rest on. */
export interface Vouching {
  anchored: Anchored
  /** Whether a quorum of the trust root's witness policy has cosigned it. */
  cosigned: boolean
}

/**
 * Finds the checkpoint's key among those that count for that use: the note names its key by a short
 * hash, which only says which one to try.
 *
 * What a compromised key has signed counts where an anchor holds all of it, or where a quorum of
 * witnesses has cosigned it below the size from which the compromise holds, which the trust root
 * states as the key's `until`.
 *
 * @throws {ProofError} As `keyAt`.
 */
export function findCheckpointKey(
  sha256: Sha256,
  chain: KeyChain,
  { checkpoint, vouching }: { checkpoint: ReadCheckpoint; vouching: Vouching },
) {
  const { origin, size, signatures } = checkpoint
  const { anchored, cosigned } = vouching
  const { key, because } = keyAt(chain, {
    use: 'checkpoint',
    size,
    is: ({ x }) => {
      const hash = keyHash(sha256, origin, unb64(x))
      return signatures.some((line) => line.name === origin && equal(line.keyHash, hash))
    },
    vouched: ({ until }) => {
      if (anchored.by !== null) return `the anchor at ${anchored.by} vouches for this`
      const before = until !== null && size < until
      return cosigned && before ? `a quorum cosigned this before ${until}` : null
    },
  })
  return { value: key, detail: because }
}

/**
 * Requires the manifest's signature to hold by jose and by our own strict Ed25519 alike: jose leaves
 * the edge cases to its platform, and platforms differ.
 *
 * @throws {ProofError} `PROOF_MANIFEST_SIGNATURE`
 */
export async function checkManifestSignature({ text }: Jws, { x, kid }: TrustKey) {
  const [header, payload, signature] = text.split('.') as [string, string, string]
  const strict = verifyEd25519(unb64(x), utf8(`${header}.${payload}`), unb64(signature))
  if (!strict || !(await isSignedFor(text, x))) {
    throw new ProofError('PROOF_MANIFEST_SIGNATURE', `the signature by ${kid} does not hold`)
  }
  return `signed by ${kid}`
}

async function isSignedFor(jws: string, x: string) {
  try {
    // The key's type and the algorithm are ours to say; whatever the header says of keys is ignored.
    await compactVerify(jws, { kty: 'OKP', crv: 'Ed25519', x }, { algorithms: ['EdDSA'] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}

/** Requires the checkpoint's signature to hold. @throws {ProofError} As `verifyCheckpoint`. */
export function checkCheckpointSignature(
  sha256: Sha256,
  { note, origin }: ReadCheckpoint,
  { x, kid }: TrustKey,
) {
  verifyCheckpoint(sha256, note, { origin, x })
  return `signed by ${kid}`
}
