import { compactVerify, errors } from 'jose'
import { unb64 } from '../base64.ts'
import { verifyCheckpoint } from '../checkpoint.ts'
import { verifyEd25519 } from '../ed25519.ts'
import { ProofError } from '../error.ts'
import { equal, type Sha256 } from '../hash.ts'
import type { Manifest } from '../manifest.ts'
import { keyHash } from '../note.ts'
import type { Trust, TrustKey, TrustLog } from '../trust.ts'
import { utf8 } from '../utf8.ts'
import type { ReadCheckpoint } from './log.ts'
import type { Jws } from './manifest.ts'

/** Finds the log in the trust root; an epoch's origin is listed itself or not at all. @throws {ProofError} `PROOF_ORIGIN_UNLISTED` */
export function findLog(trust: Trust, { predicate: { origin } }: Manifest) {
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
export function checkTenantOfOrigin({ predicate: { origin, tenant } }: Manifest) {
  const log = origin.replace(/\/[1-9][0-9]{0,8}$/, '')
  const isEpoch = log !== origin && log.includes('/')
  if (!(isEpoch ? log : origin).endsWith(`/${tenant}`)) {
    throw new ProofError('PROOF_ORIGIN_TENANT', `${origin} is not a log of ${tenant}`)
  }
  return `${origin} is a log of ${tenant}`
}

/** Finds the manifest's key among those that the trust root gives that use. @throws {ProofError} `PROOF_TRUST_KEY_*` */
export function findManifestKey({ keys }: TrustLog, { kid }: Jws, { predicate }: Manifest) {
  const listed = keys.filter((key) => key.use === 'manifest' && key.kid === kid)
  const value = usableKey(listed, predicate.size)
  return { value, detail: `${kid}, listed for manifests from size ${value.from}` }
}

/**
 * Finds the checkpoint's key among those that the trust root gives that use: the note names its key by
 * a short hash, which only says which one to try.
 *
 * @throws {ProofError} `PROOF_TRUST_KEY_*`
 */
export function findCheckpointKey(
  sha256: Sha256,
  { keys }: TrustLog,
  { origin, size, signatures }: ReadCheckpoint,
) {
  const listed = keys.filter(({ use, x }) => {
    const hash = keyHash(sha256, origin, unb64(x))
    return (
      use === 'checkpoint' &&
      signatures.some((line) => line.name === origin && equal(line.keyHash, hash))
    )
  })
  const value = usableKey(listed, size)
  return { value, detail: `${value.kid}, listed for checkpoints from size ${value.from}` }
}

/** Gives the first key that stands for this size; where none does, says what is wrong with the last. */
function usableKey(listed: readonly TrustKey[], size: number) {
  let wrong = new ProofError(
    'PROOF_TRUST_KEY_UNLISTED',
    'the trust root lists no such key for this',
  )
  for (const key of listed) {
    const found = faultOf(key, size)
    if (found === null) return key
    wrong = found
  }
  throw wrong
}

function faultOf({ kid, from, until, compromised }: TrustKey, size: number) {
  if (compromised) {
    const rule = 'anchors and witnesses, which could still speak for it, are not evaluated yet'
    return new ProofError('PROOF_TRUST_KEY_COMPROMISED', `${kid} is compromised; ${rule}`)
  }
  if (until !== null) {
    const rule = 'the end of a key is not evaluated yet'
    return new ProofError('PROOF_TRUST_KEY_RETIRED', `${kid} is retired at size ${until}; ${rule}`)
  }
  return size < from
    ? new ProofError('PROOF_TRUST_KEY_SIZE', `${kid} stands from size ${from}, and this is ${size}`)
    : null
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
