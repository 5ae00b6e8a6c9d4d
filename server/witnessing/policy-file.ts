import { readFileSync } from 'node:fs'
import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import { type Policy, type PolicyWitness, parsePolicy } from '../../proofs/policy.ts'
import { reachesQuorum } from '../../proofs/quorum.ts'
import { text } from '../../proofs/utf8.ts'
import { policyInvalid } from './problems.ts'

/** A witness that a log can ask. */
export type Reachable = PolicyWitness & { url: string }

export const isReachable = (witness: PolicyWitness): witness is Reachable => witness.url !== null

/**
 * Reads the policy by which this service has its logs witnessed (C2SP tlog-policy).
 *
 * A policy whose quorum cannot be reached by the witnesses with an address is refused: nothing would
 * ever be published as witnessed, and nobody would see why.
 *
 * @throws {Problem} `WITNESS_POLICY_INVALID`
 */
export function readPolicyFile(file: string): Policy {
  const policy = parse(file)
  for (const { label, url } of policy.witnesses.filter(isReachable)) {
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
      throw policyInvalid(file, `the address of «${label}» is no http or https URL`)
    }
  }
  const asked = policy.witnesses.filter(isReachable)
  const said = asked.map(({ label, key }) => ({ label, name: key.name, time: 1 }))
  if (!reachesQuorum(policy, said)) {
    throw policyInvalid(file, `the witnesses with an address are no quorum «${policy.quorum}»`)
  }
  return policy
}

function parse(file: string) {
  try {
    return parsePolicy(sha256, text(readFileSync(file)))
  } catch (cause) {
    if (cause instanceof ProofError) throw policyInvalid(file, cause.message, cause)
    throw policyInvalid(file, `it cannot be read: ${(cause as Error).message}`, cause)
  }
}
