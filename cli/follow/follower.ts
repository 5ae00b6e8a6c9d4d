import { sha256 } from '../../core/sha256.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import type { LogState } from '../../proofs/crawl.ts'
import { ProofError } from '../../proofs/error.ts'
import { leafHash } from '../../proofs/hash.ts'
import type { ReadKeyRecord } from '../../proofs/key-records.ts'
import { parseLeaf } from '../../proofs/leaf.ts'
import { type NoteKey, parseNote, verifyNote } from '../../proofs/note.ts'
import type { Trust } from '../../proofs/trust.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { requireSigner } from '../../proofs/verify/signer.ts'
import { advance } from './advance.ts'
import { type Mirror, openMirror, writeLogFile } from './mirror.ts'
import type { LogSource } from './source.ts'

/** By whom the log must be signed: by one key, or by whomever a trust root says. */
export type Expected = { key: NoteKey } | { trust: Trust }

/** Somebody who reads a log as it grows and has seen all of it. */
export interface Follower {
  /** How many leaves were seen. */
  readonly size: number
  /** The checkpoint that they make, a signed note; `null` where nothing was seen yet. */
  readonly note: string | null
  /**
   * Reads the log's checkpoint and on to it; returns whether it has grown.
   *
   * @throws {ProofError} Where the log does not go on from what was seen, or is not signed as it must be.
   */
  step(): Promise<boolean>
}

/**
 * Follows a log from what its mirror holds, or from nothing.
 *
 * @param directory Where every file is kept; without it only what is needed to go on is kept in memory.
 */
export function openFollower(
  source: LogSource,
  {
    expected,
    directory,
    onEntry,
  }: {
    expected: Expected
    directory?: string
    /** Told of every entry with its place; again from where it failed, where a step is repeated. */
    onEntry?(entry: Uint8Array, seq: number): void
  },
): Follower {
  const mirror: Mirror | null = directory === undefined ? null : openMirror(directory)
  let state: LogState = mirror?.state ?? { size: 0, partial: new Map() }
  let seen = mirror?.note ?? null
  const keys: ReadKeyRecord[] = []
  const noteKeys = keysInto(keys)
  const take = (entry: Uint8Array, seq: number) => {
    if ('trust' in expected) noteKeys(entry)
    onEntry?.(entry, seq)
  }
  if (mirror && ('trust' in expected || onEntry)) {
    let seq = 0
    for (const entry of mirror.entries()) take(entry, seq++)
  }

  return {
    get size() {
      return state.size
    },
    get note() {
      return seen
    },
    async step() {
      const bytes = await source.get('checkpoint')
      if (bytes === null) throw new ProofError('PROOF_LOG_FILE', 'checkpoint is missing')
      const note = text(bytes)
      if (note === seen) return false
      const known = keys.length
      try {
        const next = await readOn(note)
        const grown = next.size > state.size
        state = next
        seen = note
        if (directory !== undefined) writeLogFile(directory, 'checkpoint', bytes)
        return grown
      } catch (error) {
        keys.length = known
        throw error
      }
    },
  }

  /** The signature comes last: the key may be one that the entries before it bring. */
  async function readOn(note: string): Promise<LogState> {
    const checkpoint =
      'key' in expected
        ? parseCheckpoint(verifyNote(sha256, note, expected.key))
        : parseCheckpoint(parseNote(note).text)
    if ('key' in expected && checkpoint.origin !== expected.key.name) {
      throw new ProofError('PROOF_CHECKPOINT_ORIGIN', `a checkpoint of ${checkpoint.origin}`)
    }
    const next = await advance(source, state, {
      checkpoint,
      onEntry: take,
      onFile:
        directory === undefined ? undefined : (path, file) => writeLogFile(directory, path, file),
    })
    if ('trust' in expected) await requireSigner(sha256, note, { trust: expected.trust, keys })
    return next
  }
}

/** Keeps the key records after a log's first two, which may lead to the key that signs a checkpoint. */
const keysInto = (keys: ReadKeyRecord[]) => (entry: Uint8Array) => {
  const header = text(entry)
  if (!header.includes('"v":"selvedge/key/1"')) return
  const leaf = parseLeaf(header)
  if (leaf.v === 'selvedge/key/1' && leaf.seq > 1) {
    keys.push({ leaf, hash: leafHash(sha256, utf8(header)) })
  }
}
