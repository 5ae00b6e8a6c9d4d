import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { leafHash } from '../../proofs/hash.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatNote, formatVkey, noteSignature } from '../../proofs/note.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeKey } from './keys.ts'

/** A log of any leaves, for what witnesses look at: sizes, roots and proofs. */
export interface TestTlog {
  origin: string
  vkey: string
  note(size: number, extensions?: string): string
  proof(old: number, size: number): Uint8Array[]
  /** What the log would submit to a witness that cosigned `old` last. */
  submission(old: number, size: number): string
  /** Another view of the same log, under the same key: it shares the first `kept` leaves. */
  fork(kept: number): TestTlog
}

export function makeTlog(origin: string, leafOf = (seq: number) => `leaf ${seq}`): TestTlog {
  const key = makeKey(`log ${origin}`)
  const publicKey = unb64(key.x)
  const leaves: Uint8Array[] = []
  const tree = (start: number, end: number) => {
    while (leaves.length < end) leaves.push(leafHash(sha256, utf8(leafOf(leaves.length))))
    return rootOf(sha256, leaves.slice(start, end))
  }
  const log: TestTlog = {
    origin,
    vkey: formatVkey(sha256, { name: origin, publicKey }),
    note: (size, extensions = '') => {
      const text = `${formatCheckpoint({ origin, size, root: tree(0, size) })}${extensions}`
      return formatNote(text, [noteSignature(sha256, origin, publicKey, key.sign(utf8(text)))])
    },
    proof: (old, size) =>
      old === 0 ? [] : consistencyRanges(old, size).map(({ start, end }) => tree(start, end)),
    submission: (old, size) =>
      formatSubmission({ old, path: log.proof(old, size), note: log.note(size) }),
    fork: (kept) => makeTlog(origin, (seq) => (seq < kept ? leafOf(seq) : `forked ${leafOf(seq)}`)),
  }
  return log
}
