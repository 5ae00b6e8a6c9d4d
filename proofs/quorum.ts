import { verifyCosignature } from './cosignature.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { isBy, keyHash, type Note, requireSigned } from './note.ts'
import type { Policy, PolicyWitness } from './policy.ts'

/** What one witness of a policy has said of a note. */
export interface Testimony {
  label: string
  /** The witness's own name, as in its signature line. */
  name: string
  /** When it cosigned, in seconds since 1970 by its clock; `null` where it has not. */
  time: number | null
}

/**
 * Gives what each witness of the policy says of the note, in the policy's order. Lines by others are
 * ignored. Of several lines by one witness all must hold, and the earliest counts.
 *
 * @throws {ProofError} `PROOF_COSIGNATURE` where a line by one of them does not hold: signed-note asks
 *   to reject the whole note.
 */
export const testimonies = (sha256: Sha256, policy: Policy, note: Note): Testimony[] =>
  policy.witnesses.map((witness) => ({
    label: witness.label,
    name: witness.key.name,
    time: timeBy(sha256, witness, note),
  }))

function timeBy(sha256: Sha256, { key }: PolicyWitness, { text, signatures }: Note) {
  const id = { name: key.name, keyHash: keyHash(sha256, key.name, key.publicKey, 'cosignature') }
  const times = signatures
    .filter((line) => isBy(line, id))
    .map((line) => verifyCosignature(text, line, key).time)
  return times.length === 0 ? null : Math.min(...times)
}

/** Tells whether those who cosigned make the policy's quorum. */
export function reachesQuorum({ groups, quorum }: Policy, said: readonly Testimony[]) {
  if (quorum === null) return true
  const has = new Set(said.flatMap(({ label, time }) => (time === null ? [] : [label])))
  for (const { label, least, members } of groups) {
    if (members.filter((member) => has.has(member)).length >= least) has.add(label)
  }
  return has.has(quorum)
}

/**
 * Requires the note to be signed by a log of the policy, where it lists any.
 *
 * @returns The log's name, or `null` where the policy leaves the log to be known from elsewhere.
 * @throws {ProofError} `PROOF_POLICY_LOG`; `PROOF_NOTE_SIGNATURE` where a listed log's line does not hold.
 */
export function listedLog(sha256: Sha256, { logs }: Policy, note: Note): string | null {
  if (logs.length === 0) return null
  const origin = note.text.slice(0, note.text.indexOf('\n'))
  const log = logs.find(({ name, publicKey }) => {
    const id = { name, keyHash: keyHash(sha256, name, publicKey) }
    return name === origin && note.signatures.some((line) => isBy(line, id))
  })
  if (log === undefined) {
    throw new ProofError('PROOF_POLICY_LOG', `the policy lists no log that signed as ${origin}`)
  }
  requireSigned(sha256, note, log)
  return log.name
}
