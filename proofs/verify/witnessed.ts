import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import { type Policy, parsePolicy } from '../policy.ts'
import { listedLog, reachesQuorum, type Testimony, testimonies } from '../quorum.ts'
import type { Trust } from '../trust.ts'
import { absent, type Known, known } from './checks.ts'
import type { ReadCheckpoint } from './log.ts'

/** Gives the trust root's witness policy, as text; with none, witnesses are not asked about. */
export function givenPolicy(trust: Trust | null): Known<string> {
  if (trust === null) return absent('no trust root was given')
  return trust.witnessPolicy === ''
    ? absent('the trust root has no witness policy')
    : known(trust.witnessPolicy)
}

/**
 * Reads the policy and requires a log of it to have signed the checkpoint, where it lists any.
 *
 * @throws {ProofError} `PROOF_POLICY`, `PROOF_POLICY_LOG`, `PROOF_NOTE_SIGNATURE`
 */
export function readPolicy(sha256: Sha256, text: string, checkpoint: ReadCheckpoint) {
  const value = parsePolicy(sha256, text)
  const log = listedLog(sha256, value, checkpoint)
  const logs = log === null ? 'any log of the trust root' : log
  return { value, detail: `${value.witnesses.length} witnesses; it accepts ${logs}` }
}

/** Requires every line by a witness of the policy to hold. @throws {ProofError} `PROOF_COSIGNATURE` */
export function checkCosignatures(sha256: Sha256, policy: Policy, checkpoint: ReadCheckpoint) {
  const value = testimonies(sha256, policy, checkpoint)
  return { value, detail: told(value) }
}

/** Gives what is asked of the quorum: nothing, where the policy asks for no cosignature. */
export function asksQuorum(policy: Known<Policy>): Known<Policy> {
  if (!policy.found || policy.value.quorum !== null) return policy
  return absent('the witness policy asks for no cosignature')
}

/** Requires those who cosigned to make the quorum. @throws {ProofError} `PROOF_QUORUM` */
export function checkQuorum(policy: Policy, said: readonly Testimony[]) {
  if (!reachesQuorum(policy, said)) {
    throw new ProofError('PROOF_QUORUM', `${told(said)}, which is no quorum «${policy.quorum}»`)
  }
  return `«${policy.quorum}» is reached: ${told(said)}`
}

/** Tells whether a quorum has cosigned; a policy that asks for nobody vouches for nothing. */
export const isCosigned = (policy: Known<Policy>, said: Known<readonly Testimony[]>) =>
  policy.found &&
  said.found &&
  policy.value.quorum !== null &&
  reachesQuorum(policy.value, said.value)

function told(said: readonly Testimony[]) {
  const signed = said.flatMap(({ name, time }) =>
    time === null ? [] : [`${name} (${instant(time)})`],
  )
  const silent = said.flatMap(({ name, time }) => (time === null ? [name] : []))
  const by = signed.length > 0 ? `cosigned by ${signed.join(', ')}` : 'cosigned by nobody'
  return silent.length > 0 ? `${by}; not by ${silent.join(', ')}` : by
}

/** The largest instant that a date holds is in the year 275760; a witness may state a later one. */
function instant(time: number) {
  const date = new Date(time * 1000)
  return Number.isNaN(date.getTime()) ? `time ${time}` : date.toISOString().replace('.000', '')
}
