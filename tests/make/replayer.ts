import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { formatVkey, type NoteSignature, noteSignature } from '../../proofs/note.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeKey } from './keys.ts'

/** Somebody who derives states anew and signs what came out. */
export interface TestReplayer {
  name: string
  vkey: string
  sign(text: string): NoteSignature
}

export function makeReplayer(name: string): TestReplayer {
  const { x, sign } = makeKey(name)
  const publicKey = unb64(x)
  return {
    name,
    vkey: formatVkey(sha256, { name, publicKey }),
    sign: (text) => noteSignature(sha256, name, publicKey, sign(utf8(text))),
  }
}
