import { unb64 } from '../base64.ts'
import { boundedText } from '../bounded-text.ts'
import { verifyEd25519 } from '../ed25519.ts'
import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import { type Manifest, REPLAY } from '../manifest.ts'
import { isBy, keyHash, type Note, parseNote, parseVkey } from '../note.ts'
import { replayText } from '../replay-note.ts'
import type { ReadState } from '../state-part.ts'
import type { Trust } from '../trust.ts'
import { utf8 } from '../utf8.ts'
import { absent, type Known, known } from './checks.ts'
import type { Entries } from './manifest.ts'

/**
 * Gives the bytes of the replay note: of the one that the reader has got elsewhere, or else of the
 * bundle's own, where it has one.
 */
export function givenReplay(
  entries: Known<Entries>,
  beside: Uint8Array | undefined,
): Known<Uint8Array> {
  if (!entries.found) return entries
  if (beside !== undefined) return known(beside)
  const bytes = entries.value.get(REPLAY)
  return bytes === undefined ? absent('the bundle has no replay note') : known(bytes)
}

/**
 * Reads the replay note and requires it to be about the very state that the bundle rests on.
 *
 * @throws {ProofError} `PROOF_REPLAY_OTHER`, `PROOF_NOTE_SYNTAX`, `PROOF_TEXT_TOO_LARGE`
 */
export function readReplay(bytes: Uint8Array, { predicate }: Manifest, { leaf }: ReadState) {
  const note = parseNote(boundedText(bytes))
  const { origin } = predicate
  if (note.text !== replayText({ origin, size: leaf.size, root: unb64(leaf.root) })) {
    throw new ProofError('PROOF_REPLAY_OTHER', 'the replay note is about another state')
  }
  return { value: note, detail: `on the state of ${origin} at ${leaf.size}` }
}

/** Gives the keys of the trust root's replayers that the note has lines by. */
export function knownReplayers(sha256: Sha256, note: Known<Note>, trust: Trust | null) {
  if (!note.found) return note
  if (trust === null) return absent('no trust root was given')
  const lines = trust.replayers.flatMap((vkey) => {
    const key = parseVkey(sha256, vkey)
    const own = { name: key.name, keyHash: keyHash(sha256, key.name, key.publicKey) }
    return note.value.signatures.filter((line) => isBy(line, own)).map((line) => ({ key, line }))
  })
  return lines.length === 0
    ? absent('no replayer of the trust root has signed the replay note')
    : known({ text: note.value.text, lines })
}

/** Requires every line by a replayer of the trust root to hold. @throws {ProofError} `PROOF_NOTE_SIGNATURE` */
export function checkReplayers({
  text,
  lines,
}: {
  text: string
  lines: readonly {
    key: { name: string; publicKey: Uint8Array }
    line: { signature: Uint8Array }
  }[]
}) {
  const message = utf8(text)
  for (const { key, line } of lines) {
    if (!verifyEd25519(key.publicKey, message, line.signature)) {
      throw new ProofError('PROOF_NOTE_SIGNATURE', `the signature by ${key.name} does not hold`)
    }
  }
  return [...new Set(lines.map(({ key }) => key.name))].join(', ')
}
