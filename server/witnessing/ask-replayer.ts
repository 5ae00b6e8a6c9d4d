import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import { parseVkey, verifyNote } from '../../proofs/note.ts'
import { type ReplayedState, replayText } from '../../proofs/replay-note.ts'
import { isPlainAddress } from '../settings/address.ts'
import { originHash } from '../witness/cosign.ts'
import { boundedText } from './bounded-text.ts'
import { answerInvalid, unreachable } from './problems.ts'

/** A note of a hundred signatures takes less. */
const ANSWER_BYTES = 2 ** 15
const LOOK_MS = 200

/** Asks a replayer for its note on a state; `null` where it has none to give in time. */
export type AskReplayer = (state: ReplayedState) => Promise<string | null>

/** A replayer as the settings name it: its vkey and its address, with a space between. */
export function parseReplayer(text: string) {
  const [vkey = '', url = '', ...more] = text.split(' ')
  if (more.length > 0 || !isPlainAddress(url, /^https?:$/)) return null
  try {
    return { key: parseVkey(sha256, vkey), url: url.replace(/\/+$/, '') }
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}

/**
 * Asks a replayer (`selvedge witness --replay`) until it has derived a state, or time is over: one that
 * is late, down or wrong must not keep anybody from an export. Nothing is handed on but a note by its
 * key on that very state, for any other makes a bundle fail.
 *
 * @param onError Told of a replayer that is away, or answers with what is none.
 */
export function openAskReplayer(
  { key, url }: NonNullable<ReturnType<typeof parseReplayer>>,
  {
    waitMs,
    onError,
    send = fetch,
  }: { waitMs: number; onError(error: unknown): void; send?: typeof fetch },
): AskReplayer {
  const ask = async (state: ReplayedState, signal: AbortSignal) => {
    const about = { witness: key.name, origin: state.origin }
    const address = `${url}/${originHash(state.origin)}/replay/${state.size}`
    try {
      const response = await send(address, { redirect: 'error', signal })
      if (response.status === 404) return null
      if (response.status !== 200) throw answerInvalid(about, `${response.status}`)
      const note = await boundedText(response, ANSWER_BYTES)
      if (verifyNote(sha256, note, key) === replayText(state)) return note
    } catch (error) {
      if (error instanceof ProofError) throw answerInvalid(about, error.message, error)
      throw error instanceof TypeError || signal.aborted ? unreachable(about, error) : error
    }
    throw answerInvalid(about, 'a note on another state')
  }

  return async (state) => {
    const over = AbortSignal.timeout(waitMs)
    while (!over.aborted) {
      try {
        const note = await ask(state, over)
        if (note !== null) return note
      } catch (error) {
        onError(error)
        return null
      }
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MS)
      })
    }
    return null
  }
}
