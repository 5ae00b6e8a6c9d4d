import type { AnchorProof } from './anchors.ts'
import { b64 } from './base64.ts'
import { erasedIn, keptBackIn, type ReadErasure } from './erasures.ts'
import type { Sha256 } from './hash.ts'
import { emptyHash } from './hash.ts'
import type { Manifest } from './manifest.ts'
import { mergeLeaves } from './proven.ts'
import type { ReadRecord } from './records.ts'
import type { Report } from './report.ts'
import { stateLeaves } from './state-part.ts'
import type { FollowingTerms, StatedTerms } from './terms/stated.ts'
import type { Trust } from './trust.ts'
import {
  checkCheckpointSignature,
  checkManifestSignature,
  checkTenantOfOrigin,
  compareAnchors,
  findCheckpointKey,
  findKeys,
  findLog,
  findManifestKey,
} from './verify/authenticity.ts'
import { absent, Checks, derived, type Known, known, together } from './verify/checks.ts'
import { checkErasures, leavesOfErasures, readErasures } from './verify/erasures.ts'
import { checkDownstream, checkUpstream, reachRecords } from './verify/lineage.ts'
import {
  checkCheckpoint,
  checkInclusion,
  checkPositions,
  leavesOfKeys,
  leavesOfRecords,
  readAnchors,
  readCheckpoint,
  readKeyRecords,
  readProof,
  readRecords,
} from './verify/log.ts'
import {
  checkDigests,
  checkEntryList,
  checkStitch,
  openZip,
  readJws,
  readManifest,
} from './verify/manifest.ts'
import { checkNeighbours } from './verify/neighbours.ts'
import {
  checkAsOf,
  checkBodies,
  checkChanges,
  checkCount,
  checkEnds,
  checkEntities,
  checkOutSets,
  checkTenant,
  checkTimes,
  checkWithheld,
  type LeafHead,
  mergeHeads,
} from './verify/records.ts'
import { checkReplayers, givenReplay, knownReplayers, readReplay } from './verify/replayed.ts'
import {
  checkCurrent,
  checkStateEntities,
  checkStatePlace,
  checkStateSize,
  givenState,
  readState,
  stateOrNone,
} from './verify/state.ts'
import { checkTerms, checkTexts, followTerms, givenTerms, readTerms } from './verify/terms.ts'
import { judge } from './verify/verdict.ts'
import {
  asksQuorum,
  checkCosignatures,
  checkQuorum,
  givenPolicy,
  isCosigned,
  readPolicy,
} from './verify/witnessed.ts'

/** What a verifier is given. */
export interface VerifyInput {
  sha256: Sha256
  /** The whole file. */
  bytes: Uint8Array
  /** Without a trust root a bundle vouches only for itself: its authenticity is not evaluated. */
  trust?: Trust | null
  /** Proofs that lead to anchors of the trust root, beside those that the bundle itself brings. */
  anchors?: readonly AnchorProof[]
  /** A replayer's signed note on the bundle's state; it stands for the one in the bundle. */
  replay?: Uint8Array
}

/**
 * Verifies a stitched bundle and reports every check, not just the first that fails
 * (`docs/specs/bundle.md`, "Verifying"; this function is its table of contents).
 *
 * Needs no network and no database. A bundle's "no" is in the report; this throws only where the
 * fault is ours.
 */
export async function verifyBundle({
  sha256,
  bytes,
  trust = null,
  anchors = [],
  replay,
}: VerifyInput): Promise<Report> {
  const checks = new Checks()

  const zip = await checks.find('zip-form', [], () => openZip(bytes))

  const manifest = await checks.find('manifest-form', [zip], readManifest)
  const jws = await checks.find('jws-form', [zip], readJws)
  await checks.judge('entry-list', [zip, manifest], checkEntryList)
  await checks.judge('subject-digests', [zip, manifest], (z, m) => checkDigests(sha256, z, m))
  await checks.judge('stitch-root', [zip, manifest], (z, m) => checkStitch(sha256, z, m))

  const checkpoint = await checks.find('checkpoint-form', [zip], readCheckpoint)
  await checks.judge('checkpoint-match', [manifest, checkpoint], checkCheckpoint)
  const proof = await checks.find('proof-form', [zip], readProof)
  const records = await checks.find('records-form', [zip], (z) => readRecords(sha256, z))
  const keys = await checks.find('keys-form', [zip], (z) => readKeyRecords(sha256, z))
  const shownAnchors = await checks.find('anchors-form', [zip], readAnchors)
  const erasures = await checks.find('erasures-form', [zip], (z) => readErasures(sha256, z))
  // Every part that shows leaves has its own here; a place shown by two counts once.
  const state = await checks.find('state-form', [givenState(proof)], (s) => readState(sha256, s))
  const stateIfAny = stateOrNone(proof, state)
  const parts = [
    derived(records, leavesOfRecords),
    derived(keys, leavesOfKeys),
    derived(erasures, leavesOfErasures),
    derived(stateIfAny, (s) => s?.leaves ?? []),
  ]
  const leaves = together(parts, mergeLeaves)
  await checks.judge('proof-positions', [proof, leaves, checkpoint], checkPositions)
  await checks.judge('proof-inclusion', [proof, leaves, checkpoint], (p, l, c) =>
    checkInclusion(sha256, { proof: p, leaves: l, checkpoint: c }),
  )

  await checks.judge('record-count', [manifest, records], checkCount)
  const heads = together<readonly LeafHead[], LeafHead[]>(
    [
      derived(records, (shown) => shown.map(({ header }) => header)),
      derived(keys, (shown) => shown.map(({ leaf }) => leaf)),
      derived(stateIfAny, (shown) => (shown === null ? [] : stateLeaves(shown))),
      derived(erasures, (shown) => shown.map(({ header }) => header)),
    ],
    mergeHeads,
  )
  await checks.judge('record-tenant', [manifest, heads], checkTenant)
  await checks.judge('record-times', [heads], checkTimes)
  await checks.judge('record-as-of', [manifest, records], checkAsOf)
  await checks.judge('record-entities', [records], checkEntities)
  await checks.judge('out-sets', [records], (r) => checkOutSets(sha256, r))
  await checks.judge('link-changes', [records], checkChanges)
  await checks.judge('link-ends', [records], checkEnds)
  await checks.judge('bodies', [records], (r) => checkBodies(sha256, r))
  const emptyBody = b64(emptyHash(sha256))
  await checks.judge('withheld-fields', [manifest, records, erasures], (m, r, e) =>
    checkWithheld(m, r, keptBackIn(r, e, emptyBody)),
  )
  await checks.judge('erasures', [manifest, erasures, records], (m, e, r) =>
    checkErasures(sha256, m, { erasures: e, records: r }),
  )

  await checks.judge('state-size', [manifest, stateIfAny], checkStateSize)
  await checks.judge('state-place', [manifest, records, state], checkStatePlace)
  await checks.judge('state-entities', [records, state], checkStateEntities)
  await checks.judge('state-current', [records, state], (r, s) => checkCurrent(sha256, r, s))
  await checks.judge('state-neighbours', [records, state], checkNeighbours)

  const lineage = await checks.find('lineage-reach', [manifest, records], ({ predicate }, r) =>
    reachRecords(predicate.question, r, predicate.v === 'selvedge/bundle/2'),
  )
  await checks.judge('lineage-upstream', [lineage, asks(manifest, 'UPSTREAM')], checkUpstream)
  await checks.judge(
    'lineage-downstream',
    [lineage, asks(manifest, 'DOWNSTREAM'), state],
    (l, _, s) => checkDownstream(l, s),
  )

  const termsGiven = givenTerms(manifest, zip)
  const stated = await checks.find('terms-form', [termsGiven], readTerms)
  const following = followed({ manifest, stated, records, erasures }, emptyBody)
  await checks.judge('terms-stated', [stated, following, records, stateIfAny], (t, f, r, s) =>
    checkTerms(t, f, { records: r, state: s }),
  )
  await checks.judge('license-texts', [stated, following, termsGiven], (t, { texts }, entries) =>
    checkTexts(sha256, t, { texts, entries }),
  )

  const given = trust === null ? absent('no trust root was given') : known(trust)
  const log = await checks.find('origin-listed', [given, manifest], findLog)
  await checks.judge('origin-tenant', [manifest, log], checkTenantOfOrigin)
  const chain = await checks.find('key-chain', [log, keys], (l, k) => findKeys(sha256, l, k))
  const anchored = await checks.find(
    'anchor-roots',
    [log, checkpoint, shownAnchors],
    (l, c, shown) => compareAnchors(sha256, l, { checkpoint: c, proofs: [...shown, ...anchors] }),
  )
  const policy = await checks.find('witness-policy', [givenPolicy(trust), checkpoint], (t, c) =>
    readPolicy(sha256, t, c),
  )
  const said = await checks.find('cosignatures', [policy, checkpoint], (p, c) =>
    checkCosignatures(sha256, p, c),
  )
  await checks.judge('witness-quorum', [asksQuorum(policy), said], checkQuorum)

  const manifestKey = await checks.find('manifest-key', [chain, jws, manifest], findManifestKey)
  await checks.judge('manifest-signature', [jws, manifestKey], checkManifestSignature)
  const cosigned = isCosigned(policy, said)
  const vouching = derived(anchored, (a) => ({ anchored: a, cosigned }))
  const checkpointKey = await checks.find(
    'checkpoint-key',
    [chain, checkpoint, vouching],
    (k, c, v) => findCheckpointKey(sha256, k, { checkpoint: c, vouching: v }),
  )
  await checks.judge('checkpoint-signature', [checkpoint, checkpointKey], (c, k) =>
    checkCheckpointSignature(sha256, c, k),
  )

  const note = await checks.find(
    'replay-form',
    [givenReplay(zip, replay), manifest, state],
    readReplay,
  )
  await checks.judge('replay-signature', [knownReplayers(sha256, note, trust)], checkReplayers)

  const shown = records.found ? records.value : []
  const brought = erasures.found ? erasures.value : []
  return judge(checks.all(), {
    manifest: manifest.found ? manifest.value : null,
    records: shown,
    erased: erasedIn(shown, brought, emptyBody),
    keptBack: keptBackIn(shown, brought, emptyBody),
    terms: stated.found ? stated.value : null,
  })
}

/** The terms that follow from the records shown, where the bundle states any: worked out once. */
function followed(
  { manifest, stated, records, erasures }: FollowedFrom,
  emptyBody: string,
): Known<FollowingTerms> {
  if (!stated.found) return stated
  if (!manifest.found) return manifest
  if (!records.found) return records
  if (!erasures.found) return erasures
  const erased = erasedIn(records.value, erasures.value, emptyBody)
  return known(
    followTerms({
      ...{ manifest: manifest.value, stated: stated.value, records: records.value },
      erased: new Set(erased.map(({ seq }) => seq)),
    }),
  )
}

interface FollowedFrom {
  manifest: Known<Manifest>
  stated: Known<StatedTerms>
  records: Known<ReadRecord[]>
  erasures: Known<ReadErasure[]>
}

function asks(manifest: Known<Manifest>, way: 'UPSTREAM' | 'DOWNSTREAM'): Known<true> {
  if (!manifest.found) return manifest
  const { direction } = manifest.value.predicate.question
  return direction === way || direction === 'BOTH'
    ? known(true)
    : absent(`${way.toLowerCase()} was not asked for`)
}
