import { boundedText } from './bounded-text.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { verifyLeafInclusion } from './inclusion.ts'
import { verifyKeyItself } from './keyleaf.ts'
import { hashLeaf, type Leaf, parseLeaf } from './leaf.ts'
import type { Group } from './report.ts'
import { parseTlogProof, type TlogProof } from './tlog-proof.ts'
import type { Trust } from './trust.ts'
import { checkTenantOfOrigin } from './verify/authenticity.ts'
import { Checks, derived, type Known } from './verify/checks.ts'
import { openCheckpoint, type ReadCheckpoint } from './verify/log.ts'
import { checkSigner, type FormReport, judgeForm, SIGNER_CHECKS } from './verify/signer.ts'

/** The checks of one leaf by its tlog-proof, in the order of the report; docs/specs/log.md has them. */
export const LEAF_CHECKS = {
  'proof-form': 'log',
  'checkpoint-form': 'log',
  'leaf-form': 'records',
  'leaf-place': 'records',
  'leaf-inclusion': 'log',
  'origin-tenant': 'authenticity',
  ...SIGNER_CHECKS,
} as const satisfies Record<string, Group>

/** What a verifier is given. */
export interface LeafInput {
  sha256: Sha256
  /** The bytes of a `.tlog-proof`. */
  proof: Uint8Array
  /** The bytes of the leaf, as the log holds them. */
  leaf: Uint8Array
  trust?: Trust | null
}

/**
 * Verifies that one leaf stands in the log of a signed checkpoint, by a tlog-proof. Keys that only the
 * log's key records lead to do not count, since those are not at hand.
 *
 * It says nothing of what the leaf's record is worth now: a later one may have taken its place.
 */
export async function verifyLeaf({
  sha256,
  proof,
  leaf,
  trust = null,
}: LeafInput): Promise<FormReport> {
  const checks = new Checks(LEAF_CHECKS)
  const parsed = await checks.find('proof-form', [], () => openProof(proof))
  const checkpoint = await checks.find('checkpoint-form', [parsed], (p) =>
    openCheckpoint(p.checkpoint),
  )
  const read = await checks.find('leaf-form', [], () => openLeaf(sha256, leaf))
  await checks.judge('leaf-place', [parsed, read], checkPlace)
  await checks.judge('leaf-inclusion', [parsed, checkpoint, read], (p, c, r) => {
    const inclusion = { index: p.index, size: c.size, path: p.path }
    verifyLeafInclusion(sha256, r.hash, inclusion, c.root)
    return `leaf ${p.index} is in the log of ${c.size}`
  })
  await checks.judge('origin-tenant', [checkpoint, read], ({ origin }, r) =>
    checkTenantOfOrigin({ predicate: { origin, tenant: r.leaf.tenant } }),
  )
  await checkSigner(sha256, checks, { trust, checkpoint, nameOf: (step) => step })
  const all = checks.all()
  return { checks: all, verdict: judgeForm(all), about: aboutOf(checkpoint, read) }
}

interface ReadLeaf {
  leaf: Leaf
  hash: Uint8Array
}

function openProof(bytes: Uint8Array) {
  const value = parseTlogProof(boundedText(bytes))
  return { value, detail: `${value.path.length} hashes for leaf ${value.index}` }
}

function openLeaf(sha256: Sha256, bytes: Uint8Array) {
  const leaf = parseLeaf(boundedText(bytes))
  if (leaf.v === 'selvedge/key/1') verifyKeyItself(sha256, leaf)
  const value: ReadLeaf = { leaf, hash: hashLeaf(sha256, leaf) }
  return { value, detail: `${leaf.v}, sound by itself` }
}

function checkPlace({ index }: TlogProof, { leaf: { seq } }: ReadLeaf) {
  if (seq !== index) throw new ProofError('PROOF_LEAF_SEQ', `leaf ${seq} is shown as leaf ${index}`)
  return `its own place, ${seq}`
}

function aboutOf(checkpoint: Known<ReadCheckpoint>, read: Known<ReadLeaf>): FormReport['about'] {
  const log = derived(checkpoint, ({ origin, size }) => ({ log: origin, size }))
  const leaf = derived(read, ({ leaf: { v, seq, at } }) => ({ leaf: v, seq, at }))
  const found = { ...(log.found && log.value), ...(leaf.found && leaf.value) }
  return Object.keys(found).length > 0 ? found : null
}
