import { std64, unb64, unstd64 } from './base64.ts'
import { ProofError } from './error.ts'
import { emptyHash, equal, HASH_BYTES, type Sha256 } from './hash.ts'
import { verifyNote } from './note.ts'

/** A log's size and root, as C2SP tlog-checkpoint states them. */
export interface Checkpoint {
  origin: string
  size: number
  root: Uint8Array
}

/** A size in decimal, in its one form. */
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/

/** Writes a checkpoint's text, unsigned: origin, size and root, a line each. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint) =>
  `${origin}\n${size}\n${std64(root)}\n`

/**
 * Reads a checkpoint's text. Extension lines, which other logs may have, are handed back unread.
 *
 * @throws {ProofError} `PROOF_CHECKPOINT_SYNTAX`
 */
export function parseCheckpoint(text: string): Checkpoint & { extensions: string[] } {
  const [origin = '', size = '', encoded = '', ...rest] = text.split('\n')
  const extensions = rest.slice(0, -1)
  // The text ends with a newline, so the last part is empty; no line before it is.
  if (rest.at(-1) !== '' || origin === '' || extensions.includes('')) throw syntax('its lines')
  if (!SIZE.test(size) || !Number.isSafeInteger(Number(size))) throw syntax('its size')
  const root = rootOf(encoded)
  return { origin, size: Number(size), root, extensions }
}

/**
 * Gives the checkpoint of one of our logs, once its key has signed it (log.md, "Verifying a checkpoint").
 *
 * @param key `origin` is the log's name and its key's; `x` the public key in base64url.
 * @throws {ProofError} `PROOF_NOTE_*` by `verifyNote`; `PROOF_CHECKPOINT_SYNTAX`;
 * `PROOF_CHECKPOINT_ORIGIN` for another log's; `PROOF_CHECKPOINT_EXTENSION`: ours have no extension lines.
 */
export function verifyCheckpoint(
  sha256: Sha256,
  note: string,
  key: { origin: string; x: string },
): Checkpoint {
  const text = verifyNote(sha256, note, { name: key.origin, publicKey: unb64(key.x) })
  const { extensions, ...checkpoint } = parseCheckpoint(text)
  if (checkpoint.origin !== key.origin) {
    throw new ProofError('PROOF_CHECKPOINT_ORIGIN', `a checkpoint of ${checkpoint.origin}`)
  }
  if (extensions.length > 0) {
    throw new ProofError('PROOF_CHECKPOINT_EXTENSION', 'a line after the root')
  }
  if (checkpoint.size === 0 && !equal(checkpoint.root, emptyHash(sha256))) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'an empty log with another root')
  }
  return checkpoint
}

function rootOf(encoded: string) {
  try {
    const root = unstd64(encoded)
    if (root.length === HASH_BYTES) return root
  } catch {}
  throw syntax('its root')
}

const syntax = (what: string) =>
  new ProofError('PROOF_CHECKPOINT_SYNTAX', `not a checkpoint: ${what}`)
