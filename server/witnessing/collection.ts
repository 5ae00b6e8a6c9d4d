import { sha256 } from '../../core/sha256.ts'
import { formatNote, type NoteSignature, parseNote } from '../../proofs/note.ts'
import type { Policy } from '../../proofs/policy.ts'
import { reachesQuorum, testimonies } from '../../proofs/quorum.ts'
import type { Submitted } from './submit.ts'

/** The cosignatures that one checkpoint has got so far. */
export interface Collection {
  readonly submitted: Submitted
  has(label: string): boolean
  add(label: string, line: NoteSignature): void
  /**
   * The note with all cosignatures, in the policy's order, once they make the quorum and one of them
   * is new since this was asked last; else `null`.
   */
  take(): string | null
}

export function openCollection(policy: Policy, submitted: Submitted): Collection {
  const lines = new Map<string, NoteSignature>()
  let taken = 0
  return {
    submitted,
    has: (label) => lines.has(label),
    add: (label, line) => lines.set(label, line),
    take() {
      if (lines.size === taken) return null
      const { text, signatures } = parseNote(submitted.note)
      const cosigned = policy.witnesses.flatMap(({ label }) => lines.get(label) ?? [])
      const note = { text, signatures: [...signatures, ...cosigned] }
      if (!reachesQuorum(policy, testimonies(sha256, policy, note))) return null
      taken = lines.size
      return formatNote(note.text, note.signatures)
    },
  }
}
