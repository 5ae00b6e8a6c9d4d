import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { cosignatureLine, cosignatureMessage } from '../../proofs/cosignature.ts'
import { formatVkey, type NoteSignature } from '../../proofs/note.ts'
import { makeKey } from './keys.ts'

/** When the witnesses of tests cosign, unless they are told otherwise. */
export const NOON = Date.parse('2026-03-31T12:00:00Z') / 1000

/** A witness that signs whatever it is given, the same for the same name. */
export interface TestWitness {
  name: string
  publicKey: Uint8Array
  vkey: string
  /** Its line over a checkpoint's text. */
  cosign(text: string, time?: number): NoteSignature
}

export function makeWitness(name: string): TestWitness {
  const { x, sign } = makeKey(`witness ${name}`)
  const key = { name, publicKey: unb64(x) }
  return {
    ...key,
    vkey: formatVkey(sha256, key, 'cosignature'),
    cosign: (text, time = NOON) =>
      cosignatureLine(sha256, key, { time, signature: sign(cosignatureMessage(text, time)) }),
  }
}

/** A policy that asks for `least` of these witnesses, who are called `w1`, `w2` … in it. */
export const policyOf = (witnesses: readonly TestWitness[], least: number | 'all' | 'any') =>
  [
    ...witnesses.map(({ vkey }, i) => `witness w${i + 1} ${vkey}`),
    `group them ${least} ${witnesses.map((_, i) => `w${i + 1}`).join(' ')}`,
    'quorum them',
    '',
  ].join('\n')
