import { unb64 } from './base64.ts'
import { type EntryProof, jwsBytes, parseEntryProof, payloadOf } from './entry-proof.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { hex } from './hex.ts'
import { verifyLeafInclusion } from './inclusion.ts'
import { MANIFEST, MANIFEST_JWS, type Manifest } from './manifest.ts'
import type { Check, Group, Result, Summary } from './report.ts'
import { stitchLeaf } from './stitch.ts'
import type { Trust } from './trust.ts'
import {
  checkManifestSignature,
  checkTenantOfOrigin,
  findKeys,
  findLog,
  findManifestKey,
} from './verify/authenticity.ts'
import { absent, Checks, derived, type Known, known } from './verify/checks.ts'
import { type Entries, readJws, readManifest } from './verify/manifest.ts'
import { summarise, sumUp } from './verify/verdict.ts'

/** The checks of one entry alone, in the order of the report; docs/specs/bundle.md has a step for each. */
export const ENTRY_CHECKS = {
  'stitch-form': 'container',
  'manifest-form': 'manifest',
  'jws-form': 'manifest',
  'entry-digest': 'manifest',
  'entry-inclusion': 'manifest',
  'origin-listed': 'authenticity',
  'origin-tenant': 'authenticity',
  'key-chain': 'authenticity',
  'manifest-key': 'authenticity',
  'manifest-signature': 'authenticity',
} as const satisfies Record<string, Group>

/** The name of a check of one entry. */
export type EntryCheckName = keyof typeof ENTRY_CHECKS

/** What a verifier is given: one file of a bundle, and what was handed on with it. */
export interface EntryInput {
  sha256: Sha256
  /** The file. */
  bytes: Uint8Array
  /** The bytes of `<entry>.stitch.json`. */
  proof: Uint8Array
  trust?: Trust | null
}

/** All that a verifier found out about one file of a bundle. */
export interface EntryReport {
  checks: Check<EntryCheckName>[]
  verdict: Record<'intact' | 'authentic', { result: Result; detail: string }>
  entry: { path: string; bytes: number; sha256: string } | null
  bundle: Summary | null
}

/**
 * Verifies one file of a bundle without the others: that the signed manifest lists it under its path,
 * with its digest, and that its stitch leaf stands at that place under the manifest's stitch root.
 *
 * It says nothing of the log, nor of what the file says; keys that only the bundle's key records lead
 * to do not count, since those are not at hand.
 */
export async function verifyEntry({
  sha256,
  bytes,
  proof,
  trust = null,
}: EntryInput): Promise<EntryReport> {
  const checks = new Checks(ENTRY_CHECKS)

  const stitch = await checks.find('stitch-form', [], () => openProof(proof))
  const entries = derived(stitch, (s) => s.entries)
  const manifest = await checks.find('manifest-form', [entries], readManifest)
  const jws = await checks.find('jws-form', [entries], readJws)
  await checks.judge('entry-digest', [stitch, manifest], (s, m) =>
    checkDigest(sha256, bytes, { manifest: m, path: s.path }),
  )
  await checks.judge('entry-inclusion', [stitch, manifest], (s, m) =>
    checkPlace(sha256, bytes, { manifest: m, stitch: s }),
  )

  const given = trust === null ? absent('no trust root was given') : known(trust)
  const log = await checks.find('origin-listed', [given, manifest], findLog)
  await checks.judge('origin-tenant', [manifest, log], checkTenantOfOrigin)
  // No key records are at hand, so the keys that the trust root lists are the whole chain.
  const chain = await checks.find('key-chain', [log], (l) => findKeys(sha256, l, []))
  const key = await checks.find('manifest-key', [chain, jws, manifest], findManifestKey)
  await checks.judge('manifest-signature', [jws, key], checkManifestSignature)

  return report(checks.all(), { sha256, bytes, stitch, manifest })
}

function report(
  checks: Check<EntryCheckName>[],
  {
    sha256,
    bytes,
    stitch,
    manifest,
  }: Pick<EntryInput, 'sha256' | 'bytes'> & {
    stitch: Known<EntryProof>
    manifest: Known<Manifest>
  },
): EntryReport {
  return {
    checks,
    verdict: {
      intact: sumUp(checks.filter(({ group }) => group !== 'authenticity')),
      authentic: sumUp(checks.filter(({ group }) => group === 'authenticity')),
    },
    entry: stitch.found
      ? { path: stitch.value.path, bytes: bytes.length, sha256: hex(sha256(bytes)) }
      : null,
    bundle: manifest.found ? summarise(manifest.value) : null,
  }
}

/** A proof, and the two entries that a manifest is read from, as a bundle would have them. */
interface Opened extends EntryProof {
  entries: Entries
}

function openProof(bytes: Uint8Array) {
  const proof = parseEntryProof(bytes)
  const entries = new Map([
    [MANIFEST, payloadOf(proof.jws)],
    [MANIFEST_JWS, jwsBytes(proof)],
  ])
  const value: Opened = { ...proof, entries }
  return { value, detail: `for ${proof.path}, with ${proof.hashes.length} hashes` }
}

/** The place is the manifest's to say: a proof that brought its own could be another file's. */
function placeOf({ subject }: Manifest, path: string) {
  const index = subject.findIndex(({ name }) => name === path)
  if (index < 0) throw new ProofError('PROOF_ENTRY_UNLISTED', `the manifest does not list ${path}`)
  return { index, size: subject.length }
}

function checkDigest(
  sha256: Sha256,
  bytes: Uint8Array,
  { manifest, path }: { manifest: Manifest; path: string },
) {
  const { digest } = manifest.subject[placeOf(manifest, path).index]!
  if (hex(sha256(bytes)) !== digest.sha256) {
    throw new ProofError('PROOF_ENTRY_DIGEST', `${path} has another SHA-256`)
  }
  return `${path} has the SHA-256 that the manifest lists`
}

function checkPlace(
  sha256: Sha256,
  bytes: Uint8Array,
  { manifest, stitch: { path, hashes } }: { manifest: Manifest; stitch: EntryProof },
) {
  const place = placeOf(manifest, path)
  const root = unb64(manifest.predicate.stitch)
  const leaf = stitchLeaf(sha256, { path, bytes })
  verifyLeafInclusion(sha256, leaf, { ...place, path: hashes }, root)
  return `entry ${place.index + 1} of ${place.size} under the stitch root`
}
