import { boundedText } from './bounded-text.ts'
import { verifyConsistency } from './consistency.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { Group } from './report.ts'
import { parseSubmission, type Submission } from './submission.ts'
import type { Trust } from './trust.ts'
import { Checks, derived } from './verify/checks.ts'
import { openCheckpoint, type ReadCheckpoint } from './verify/log.ts'
import { checkSigner, type FormReport, judgeForm, type SignerCheck } from './verify/signer.ts'

/** The checks of two checkpoints and the proof between them, in the order of the report. */
export const GROWTH_CHECKS = {
  'old-checkpoint': 'log',
  'proof-form': 'log',
  'new-checkpoint': 'log',
  'same-log': 'log',
  consistency: 'log',
  'old-origin-listed': 'authenticity',
  'old-key-chain': 'authenticity',
  'old-anchor-roots': 'authenticity',
  'old-checkpoint-key': 'authenticity',
  'old-checkpoint-signature': 'authenticity',
  'new-origin-listed': 'authenticity',
  'new-key-chain': 'authenticity',
  'new-anchor-roots': 'authenticity',
  'new-checkpoint-key': 'authenticity',
  'new-checkpoint-signature': 'authenticity',
  'old-witness-policy': 'witnesses',
  'old-cosignatures': 'witnesses',
  'old-witness-quorum': 'witnesses',
  'new-witness-policy': 'witnesses',
  'new-cosignatures': 'witnesses',
  'new-witness-quorum': 'witnesses',
} as const satisfies Record<string, Group>

/** What a verifier is given. */
export interface GrowthInput {
  sha256: Sha256
  /** The bytes of the earlier checkpoint. */
  old: Uint8Array
  /** The later one behind the consistency proof: the body that a C2SP witness takes. */
  proof: Uint8Array
  trust?: Trust | null
}

/**
 * Verifies that a log's later checkpoint begins with an earlier one: nothing that the earlier covers
 * was changed or taken away. Where it does not, the two are evidence of two histories.
 */
export async function verifyGrowth({
  sha256,
  old,
  proof,
  trust = null,
}: GrowthInput): Promise<FormReport> {
  const checks = new Checks(GROWTH_CHECKS)
  const earlier = await checks.find('old-checkpoint', [], () => openCheckpoint(boundedText(old)))
  const parsed = await checks.find('proof-form', [], () => openProof(proof))
  const later = await checks.find('new-checkpoint', [parsed], (p) => openCheckpoint(p.note))
  await checks.judge('same-log', [earlier, later], checkSameLog)
  await checks.judge('consistency', [earlier, parsed, later], (e, p, l) =>
    checkConsistency(sha256, p, { earlier: e, later: l }),
  )
  const [ofOld, ofNew] = (['old', 'new'] as const).map(
    (age) => (step: SignerCheck) => `${age}-${step}` as const,
  )
  await checkSigner(sha256, checks, { trust, checkpoint: earlier, nameOf: ofOld! })
  await checkSigner(sha256, checks, { trust, checkpoint: later, nameOf: ofNew! })
  const all = checks.all()
  const about = derived(earlier, ({ origin, size }) => ({ log: origin, from: size }))
  const to = derived(later, ({ size }) => ({ to: size }))
  return {
    checks: all,
    verdict: judgeForm(all),
    about: about.found ? { ...about.value, ...(to.found && to.value) } : null,
  }
}

function openProof(bytes: Uint8Array) {
  const value = parseSubmission(boundedText(bytes))
  return { value, detail: `${value.path.length} hashes from size ${value.old}` }
}

function checkSameLog(earlier: ReadCheckpoint, later: ReadCheckpoint) {
  if (earlier.origin !== later.origin) {
    throw new ProofError('PROOF_CHECKPOINT_ORIGIN', `${earlier.origin} is not ${later.origin}`)
  }
  return earlier.origin
}

function checkConsistency(
  sha256: Sha256,
  { old, path }: Submission,
  { earlier, later }: { earlier: ReadCheckpoint; later: ReadCheckpoint },
) {
  if (old !== earlier.size) {
    throw new ProofError('PROOF_SIZES', `the proof is from ${old}, and not from ${earlier.size}`)
  }
  verifyConsistency(sha256, {
    size1: earlier.size,
    size2: later.size,
    root1: earlier.root,
    root2: later.root,
    path,
  })
  return `the log of ${later.size} begins with that of ${earlier.size}`
}
