import type { AnchorProof } from '../anchors.ts'
import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import type { ReadKeyRecord } from '../key-records.ts'
import type { Check, Group, Result } from '../report.ts'
import type { Trust } from '../trust.ts'
import {
  checkCheckpointSignature,
  compareAnchors,
  findCheckpointKey,
  findKeys,
  findLog,
} from './authenticity.ts'
import { absent, Checks, derived, type Known, known } from './checks.ts'
import { openCheckpoint, type ReadCheckpoint } from './log.ts'
import { sumUp } from './verdict.ts'
import {
  asksQuorum,
  checkCosignatures,
  checkQuorum,
  givenPolicy,
  isCosigned,
  readPolicy,
} from './witnessed.ts'

/** Who speaks for a checkpoint that stands alone: the steps of a bundle's, without its manifest. */
export const SIGNER_CHECKS = {
  'origin-listed': 'authenticity',
  'key-chain': 'authenticity',
  'anchor-roots': 'authenticity',
  'checkpoint-key': 'authenticity',
  'checkpoint-signature': 'authenticity',
  'witness-policy': 'witnesses',
  cosignatures: 'witnesses',
  'witness-quorum': 'witnesses',
} as const satisfies Record<string, Group>

/** The name of one of these steps. */
export type SignerCheck = keyof typeof SIGNER_CHECKS

/** What is known of a checkpoint besides itself. */
export interface SignerGround {
  trust: Trust | null
  checkpoint: Known<ReadCheckpoint>
  /** Key records that are proven to stand in the log; none where only the checkpoint is at hand. */
  keys?: Known<readonly ReadKeyRecord[]>
  /** Proofs that lead to anchors of the trust root. */
  anchors?: Known<readonly AnchorProof[]>
}

/**
 * Checks by whom a checkpoint is signed and cosigned, against the trust root.
 *
 * @param nameOf What each step is called in the report: two checkpoints in one report have two of each.
 */
export async function checkSigner<Name extends string>(
  sha256: Sha256,
  checks: Checks<Name>,
  ground: SignerGround & { nameOf(step: SignerCheck): Name },
): Promise<void> {
  const { trust, checkpoint, keys = known([]), anchors = known([]), nameOf } = ground
  const given = trust === null ? absent('no trust root was given') : known(trust)
  const log = await checks.find(nameOf('origin-listed'), [given, checkpoint], (t, { origin }) =>
    findLog(t, { predicate: { origin, tenant: '' } }),
  )
  const chain = await checks.find(nameOf('key-chain'), [log, keys], (l, k) =>
    findKeys(sha256, l, k),
  )
  const anchored = await checks.find(
    nameOf('anchor-roots'),
    [log, checkpoint, anchors],
    (l, c, proofs) => compareAnchors(sha256, l, { checkpoint: c, proofs }),
  )
  const policy = await checks.find(
    nameOf('witness-policy'),
    [givenPolicy(trust), checkpoint],
    (t, c) => readPolicy(sha256, t, c),
  )
  const said = await checks.find(nameOf('cosignatures'), [policy, checkpoint], (p, c) =>
    checkCosignatures(sha256, p, c),
  )
  await checks.judge(nameOf('witness-quorum'), [asksQuorum(policy), said], checkQuorum)
  const cosigned = isCosigned(policy, said)
  const vouching = derived(anchored, (a) => ({ anchored: a, cosigned }))
  const key = await checks.find(
    nameOf('checkpoint-key'),
    [chain, checkpoint, vouching],
    (k, c, v) => findCheckpointKey(sha256, k, { checkpoint: c, vouching: v }),
  )
  await checks.judge(nameOf('checkpoint-signature'), [checkpoint, key], (c, k) =>
    checkCheckpointSignature(sha256, c, k),
  )
}

/** One line of a verdict. */
export interface Ruling {
  result: Result
  detail: string
}

/** What every report on a checkpoint says: whether it holds together, and who vouches for it. */
export type FormVerdict = Record<'intact' | 'authentic' | 'witnessed', Ruling>

/** What a verifier found out about something that is no bundle. */
export interface FormReport<Verdict extends FormVerdict = FormVerdict> {
  checks: Check<string>[]
  verdict: Verdict
  /** What it says that it is, for a person; worth as much as the verdict. */
  about: Record<string, string | number> | null
}

/** Draws these lines from the checks, each from its own groups. */
export function judgeForm(
  checks: readonly Check<string>[],
  optional: ReadonlySet<string> = new Set(),
): FormVerdict {
  const inside = checks.filter(({ group }) => group !== 'authenticity' && group !== 'witnesses')
  const isOpen = ({ name, result }: Check<string>) =>
    optional.has(name) && result === 'not evaluated'
  return {
    intact: sumUp(inside.filter((check) => !isOpen(check))),
    authentic: sumUp(checks.filter(({ group }) => group === 'authenticity')),
    witnessed: sumUp(checks.filter(({ group }) => group === 'witnesses')),
  }
}

/**
 * Requires a checkpoint to be signed, and cosigned where the trust root asks for it, as the trust root
 * says.
 *
 * @param keys Key records that are proven to stand in the log.
 * @throws {ProofError} What the first of the checks that fail says.
 */
export async function requireSigner(
  sha256: Sha256,
  note: string,
  { trust, keys }: { trust: Trust; keys: readonly ReadKeyRecord[] },
): Promise<void> {
  const checks = new Checks(SIGNER_CHECKS)
  const checkpoint = known(openCheckpoint(note).value)
  const nameOf = (step: SignerCheck) => step
  await checkSigner(sha256, checks, { trust, checkpoint, keys: known(keys), nameOf })
  const failed = checks.all().find(({ result }) => result === 'fail')
  if (failed?.code) throw new ProofError(failed.code, failed.detail)
}
