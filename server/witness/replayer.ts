import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import type { Checkpoint } from '../../proofs/checkpoint.ts'
import { ProofError } from '../../proofs/error.ts'
import { equal } from '../../proofs/hash.ts'
import { type Leaf, parseLeaf } from '../../proofs/leaf.ts'
import { formatNote, noteSignature } from '../../proofs/note.ts'
import { openReplay, type Replay } from '../../proofs/replay.ts'
import { replayText } from '../../proofs/replay-note.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { nothingHere, otherMethod } from './answer.ts'
import { originHash } from './cosign.ts'
import type { Asked, Told } from './listen.ts'
import type { Witness } from './open.ts'
import { replayDiffers } from './problems.ts'

/** A state that was derived anew, and the log's root behind its record. */
interface Derived {
  root: string
  log: string
}

/** The state that a replayer vouches for. */
export interface Vouched {
  origin: string
  /** The state record's `size`. */
  size: number
  /** The state's root, base64url. */
  root: string
  /** The signed note (docs/specs/state.md, "Replay note"). */
  note: string
}

/** Derives the states of one log from its headers, and vouches for them. */
export interface Replayer {
  /**
   * Takes the entry at a place; one that was taken before is passed over.
   *
   * @throws {ProofError} `PROOF_REPLAY_*` and whatever else a leaf can break.
   */
  take(entry: Uint8Array, seq: number): void
  /**
   * Vouches for every state up to a checkpoint whose entries were all taken, and whose signature the
   * caller has verified. What was vouched for is on disk before this resolves.
   *
   * @returns The last state, or `null` where the log has no state record yet.
   * @throws {ProofError} Where the entries are not the checkpoint's: `PROOF_ROOT_MISMATCH`,
   *   `PROOF_ORIGIN_TENANT`, `PROOF_CHECKPOINT_END`. {@link Problem} `WITNESS_REPLAY_DIFFERS` where this
   *   replayer once vouched for another history.
   */
  vouch(checkpoint: Checkpoint): Promise<Vouched | null>
  /** What was vouched for at a state's size; the last where none is named. */
  find(size?: number): Vouched | null
}

/** @param now The clock, in milliseconds. */
export function openReplayer(
  { name, key, state }: Witness,
  now: () => number = Date.now,
): Replayer {
  let replay: Replay | undefined
  let first: Leaf | undefined
  let last: Leaf | undefined
  let epoch: string | undefined
  const derived = new Map<number, Derived>()
  let covered: { origin: string; size: number } | undefined

  const sign = (origin: string, wanted: number): Vouched | null => {
    const found = derived.get(wanted)
    if (!found) return null
    const signed = replayText({ origin, size: wanted, root: unb64(found.root) })
    const line = noteSignature(sha256, name, key.publicKey, key.sign(utf8(signed)))
    return { origin, size: wanted, root: found.root, note: formatNote(signed, [line]) }
  }

  return {
    take(entry, seq) {
      if (seq < (replay?.size ?? 0)) return
      const header = text(entry)
      const leaf = parseLeaf(header)
      first ??= leaf
      replay ??= openReplay(sha256, { tenant: first.tenant })
      replay.add(header)
      last = leaf
      if (leaf.v === 'selvedge/epoch/1') epoch = leaf.origin
      if (leaf.v !== 'selvedge/state/1') return
      derived.set(leaf.size, { root: leaf.root, log: b64(replay.logRoot()) })
    },
    find(size) {
      if (!covered) return null
      const wanted = size ?? covered.size - 1
      return wanted < covered.size ? sign(covered.origin, wanted) : null
    },
    async vouch({ origin, size, root }) {
      if (!replay || replay.size !== size || !equal(replay.logRoot(), root)) {
        throw new ProofError('PROOF_ROOT_MISMATCH', 'the entries have another root')
      }
      requireOrigin(origin, { tenant: first!.tenant, epoch })
      if (derived.size === 0) return null
      if (last?.v !== 'selvedge/state/1') {
        const message = `the checkpoint of ${size} ends in no state record`
        throw new ProofError('PROOF_CHECKPOINT_END', message)
      }
      const vouched = sign(origin, size - 1)!
      // Nothing is handed out before it is decided and kept: until then it could be a fork.
      await state.decide({ origin, originHash: originHash(origin) }, (before) => {
        // Of what this key once vouched for, the log must still be the continuation.
        if (before && derived.get(before.size - 1)?.log !== before.root) {
          covered = undefined
          throw replayDiffers(origin, before.size)
        }
        const time = Math.max(Math.floor(now() / 1000), before?.time ?? 1)
        return { cosign: { size, root: b64(root), time, note: vouched.note } }
      })
      covered = { origin, size }
      return vouched
    },
  }
}

/** The origin is that of the log's last epoch, or its first one, and of the tenant whose leaves these are. */
function requireOrigin(origin: string, { tenant, epoch }: { tenant: string; epoch?: string }) {
  if (epoch === undefined ? origin.endsWith(`/${tenant}`) : origin === epoch) return
  throw new ProofError('PROOF_ORIGIN_TENANT', `${origin} is not the log of ${tenant}`)
}

const PATH = /^\/([0-9a-f]{64})\/replay(?:\/(0|[1-9]\d{0,15}))?$/

/**
 * Answers with what a replayer vouches for: `GET /<origin hash>/replay` and, for the state of a size,
 * `GET /<origin hash>/replay/<size>`; at `/` who it is.
 */
export const answerAsReplayer =
  (replayer: Replayer, { vkey }: Witness) =>
  async ({ method, path }: Asked): Promise<Told> => {
    const [, hash, size] = PATH.exec(path) ?? []
    if (hash === undefined && path !== '/') return nothingHere
    if (method !== 'GET') return otherMethod('GET, HEAD')
    if (hash === undefined) return { status: 200, body: `${vkey}\n` }
    const found = replayer.find(size === undefined ? undefined : Number(size))
    if (!found || originHash(found.origin) !== hash) {
      return { status: 404, body: 'this replayer has derived no such state\n' }
    }
    return { status: 200, body: found.note }
  }
