import { failpoint } from '../../core/failpoint.ts'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { type Checkpoint, parseCheckpoint } from '../../proofs/checkpoint.ts'
import { verifyConsistency } from '../../proofs/consistency.ts'
import { cosignatureLine, cosignatureMessage } from '../../proofs/cosignature.ts'
import { ProofError } from '../../proofs/error.ts'
import { emptyHash, equal } from '../../proofs/hash.ts'
import { hex } from '../../proofs/hex.ts'
import {
  formatNote,
  formatSignatures,
  isBy,
  keyHash,
  type Note,
  type NoteKey,
  type NoteSignature,
  parseNote,
  verifyNote,
} from '../../proofs/note.ts'
import { parseSubmission, type Submission } from '../../proofs/submission.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { WitnessedLogs } from './logs.ts'
import type { Witness } from './open.ts'
import type { Cosigned } from './state.ts'

/** How a witness answers; `told` is for whoever runs it. */
export interface WitnessAnswer {
  status: 200 | 400 | 403 | 404 | 409 | 422
  body: string
  told: { origin?: string; size?: number; because?: string }
}

/** By what name a witness serves a log: the hexadecimal SHA-256 of its origin (C2SP tlog-witness). */
export const originHash = (origin: string) => hex(sha256(utf8(origin)))

type Refusal = { status: 400 | 403 | 404 | 422; because: string }

class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.because)
    this.refusal = refusal
  }
}

const refused = (status: Refusal['status'], because: string) => new Refused({ status, because })

/** What was submitted, signed by a log that is known. */
interface Submitted extends Submission {
  checkpoint: Checkpoint
  text: string
  /** The log's own lines; those of others are not kept. */
  signatures: NoteSignature[]
}

/**
 * Answers `add-checkpoint` by C2SP tlog-witness: cosigns a checkpoint that continues what was cosigned
 * last of its log, and refuses a fork, a step back and whatever is not proven.
 *
 * @param now The clock, in milliseconds.
 * @throws {Problem} `WITNESS_STATE_BUSY`, `WITNESS_STATE_LOST`: then nothing was cosigned.
 */
export async function addCheckpoint(
  body: string,
  { witness, logs, now }: { witness: Witness; logs: WitnessedLogs; now(): number },
): Promise<WitnessAnswer> {
  let submitted: Submitted | undefined
  try {
    submitted = readSubmission(body, logs)
    const { origin, size } = submitted.checkpoint
    const known = submitted
    const log = { origin, originHash: originHash(origin) }
    const decision = await witness.state.decide(log, (last) => decide(known, last, witness, now))
    failpoint('witness-before-answer')
    if (decision.cosign === null) {
      const { old } = submitted
      const because =
        decision.size === old
          ? `at ${old} another root was cosigned`
          : `${decision.size} was cosigned, not ${old}`
      const told = { origin, size, because }
      return { status: 409, body: `${decision.size}\n`, told }
    }
    return { status: 200, body: decision.line, told: { origin, size } }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { status, because } = error.refusal
    const { origin, size } = submitted?.checkpoint ?? {}
    return { status, body: `${because}\n`, told: { origin, size, because } }
  }
}

function readSubmission(body: string, logs: WitnessedLogs): Submitted {
  const submission = orRefuse(400, () => parseSubmission(body))
  const note = orRefuse(400, () => parseNote(submission.note))
  const checkpoint = orRefuse(400, () => parseCheckpoint(note.text))
  const keys = logs.keysOf(checkpoint.origin)
  if (keys.length === 0) throw refused(404, 'this witness does not know that log')
  const signatures = linesOf(note, keys)
  if (signatures.length === 0) throw refused(403, 'no key of the log has signed this')
  for (const key of keys.filter((key) => linesOf(note, [key]).length > 0)) {
    orRefuse(403, () => verifyNote(sha256, submission.note, key))
  }
  if (submission.old > checkpoint.size) throw refused(400, 'the old size is above the new one')
  return { ...submission, checkpoint, text: note.text, signatures }
}

const linesOf = ({ signatures }: Note, keys: readonly NoteKey[]) =>
  signatures.filter((line) =>
    keys.some(({ name, publicKey }) =>
      isBy(line, { name, keyHash: keyHash(sha256, name, publicKey) }),
    ),
  )

type Decision = { cosign: null; size: number } | { cosign: Cosigned; line: string }

/** Decides under the state's lock; what it signs leaves the process only once it is on disk. */
function decide(
  { old, path, checkpoint, text, signatures }: Submitted,
  last: Cosigned | null,
  { name, key }: Witness,
  now: () => number,
): Decision {
  const size = last?.size ?? 0
  if (old !== size || isFork(checkpoint, { last, path })) return { cosign: null, size }
  requireContinuation(checkpoint, { size, root: last && unb64(last.root), path })
  // A later checkpoint must not seem the older one, whatever the clock does.
  const time = Math.max(Math.floor(now() / 1000), last?.time ?? 1)
  const signature = key.sign(cosignatureMessage(text, time))
  const line = cosignatureLine(sha256, { name, publicKey: key.publicKey }, { time, signature })
  failpoint('witness-before-commit')
  return {
    cosign: {
      size: checkpoint.size,
      root: b64(checkpoint.root),
      time,
      note: formatNote(text, [...signatures, line]),
    },
    line: formatSignatures([line]),
  }
}

/** Another root at the size that was cosigned; where the proof is not empty either, that is told of first. */
const isFork = (
  { size, root }: Checkpoint,
  { last, path }: { last: Cosigned | null; path: readonly Uint8Array[] },
) => last?.size === size && size > 0 && path.length === 0 && !equal(unb64(last.root), root)

function requireContinuation(
  { size, root }: Checkpoint,
  old: { size: number; root: Uint8Array | null; path: Uint8Array[] },
) {
  if (size === 0 && !equal(root, emptyHash(sha256))) {
    throw refused(422, 'an empty log with another root than that of nothing')
  }
  if (old.size === 0) {
    if (old.path.length > 0) throw refused(422, 'from size zero nothing is to be proven')
    return
  }
  orRefuse(422, () =>
    verifyConsistency(sha256, {
      size1: old.size,
      root1: old.root!,
      size2: size,
      root2: root,
      path: old.path,
    }),
  )
}

/** Whatever `proofs/` says no to is the caller's matter. */
function orRefuse<T>(status: Refusal['status'], step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof ProofError) throw refused(status, error.message)
    throw error
  }
}
