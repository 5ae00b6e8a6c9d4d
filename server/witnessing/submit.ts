import type { Problem } from '../../core/problem.ts'
import { sha256 } from '../../core/sha256.ts'
import { type Cosignature, verifyCosignature } from '../../proofs/cosignature.ts'
import { ProofError } from '../../proofs/error.ts'
import { isBy, keyHash, type NoteSignature, parseNote } from '../../proofs/note.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { boundedText } from './bounded-text.ts'
import type { Reachable } from './policy-file.ts'
import { answerInvalid, busy, disagrees, refused, unreachable } from './problems.ts'

/** What a log allows a witness. */
export const SUBMIT_LIMITS = {
  /** For one request and its answer. */
  answerMs: 10_000,
  answerBytes: 65_536,
  /** How often a witness may say in a row that it has cosigned another size. */
  conflicts: 3,
  /** How far a witness's clock may be from ours. */
  skewSeconds: 300,
  /** The longest pause that it may ask for. */
  pauseSeconds: 300,
} as const

/** A checkpoint to be cosigned. */
export interface Submitted {
  origin: string
  size: number
  /** Signed by the log. */
  note: string
  /** The time of its last leaf, in milliseconds: nobody can have seen it much earlier. */
  at: number
}

/** What the asking needs of its surroundings. */
export interface Asking {
  send: typeof fetch
  now(): number
  /** Aborts when nothing more is to be asked. */
  signal: AbortSignal
  /** The consistency proof between two sizes of the log. */
  prove(old: number, size: number): Promise<Uint8Array[]>
}

/** A witness's cosignature, which holds. */
export interface Obtained {
  line: NoteSignature
  time: number
}

/**
 * Asks one witness to cosign one checkpoint, by C2SP tlog-witness. Where the witness says that it has
 * cosigned another size last, the proof is made from there.
 *
 * @param old The size that it is thought to have cosigned last; zero where nothing is known.
 * @throws {Problem} `WITNESS_UNREACHABLE`, `WITNESS_BUSY`: to be asked again; `WITNESS_REFUSED`,
 *   `WITNESS_ANSWER_INVALID`, `WITNESS_DISAGREES`.
 */
export async function askForCosignature(
  witness: Reachable,
  { submitted, old }: { submitted: Submitted; old: number },
  asking: Asking,
): Promise<Obtained> {
  const about = { witness: witness.key.name, origin: submitted.origin }
  const { size } = submitted
  let from = old <= size ? old : 0
  for (let tries = 0; tries < SUBMIT_LIMITS.conflicts; tries++) {
    const answer = await post(witness, await bodyFrom(from, submitted, asking), asking, about)
    const { status, body } = answer
    if (status === 200) return cosignatureIn(body, { witness, submitted, about }, asking)
    if (status !== 409) throw refusalOf(answer, about)
    const told = /^(0|[1-9]\d{0,15})\n$/.exec(body)?.[1]
    // By tlog-witness also the answer to another root at the size that it has cosigned, with whatever body.
    const isSame = from === size && (told === undefined || Number(told) === size)
    if (isSame) throw disagrees(about, `it has cosigned another root at ${size}`)
    if (told === undefined) throw answerInvalid(about, '409 without a size')
    if (Number(told) > size) throw disagrees(about, `it has cosigned ${told}, and this is ${size}`)
    from = Number(told)
  }
  throw answerInvalid(about, '409 again and again')
}

async function bodyFrom(old: number, { size, note }: Submitted, { prove }: Asking) {
  const path = old === 0 || old === size ? [] : await prove(old, size)
  return formatSubmission({ old, path, note })
}

type About = { witness: string; origin: string }

async function post({ url }: Reachable, body: string, { send, signal }: Asking, about: About) {
  try {
    const response = await send(`${url.replace(/\/+$/, '')}/add-checkpoint`, {
      method: 'POST',
      body,
      // A witness is where the policy says; elsewhere somebody else may answer, or listen.
      redirect: 'error',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(SUBMIT_LIMITS.answerMs)]),
    })
    const { status, headers } = response
    return {
      status,
      retryAfter: headers.get('retry-after'),
      body: await boundedText(response, SUBMIT_LIMITS.answerBytes),
    }
  } catch (error) {
    throw unreachable(about, error)
  }
}

type Answer = Awaited<ReturnType<typeof post>>

function refusalOf({ status, body, retryAfter }: Answer, about: About): Problem {
  const because = JSON.stringify(body.slice(0, 200).trim())
  if (status === 422) return disagrees(about, `it answers 422, ${because}`)
  if (status === 429 || status >= 500) return busy(about, status, pauseOf(retryAfter))
  return refused(about, status, because)
}

/** What a witness asks for in seconds, within reason; a date is not read. */
function pauseOf(retryAfter: string | null) {
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0
  return Math.min(seconds, SUBMIT_LIMITS.pauseSeconds) * 1000
}

/** Takes the witness's own line, if it holds and its time can be true; lines by others are ignored. */
function cosignatureIn(
  body: string,
  { witness, submitted, about }: { witness: Reachable; submitted: Submitted; about: About },
  { now }: Asking,
): Obtained {
  const { name, publicKey } = witness.key
  const id = { name, keyHash: keyHash(sha256, name, publicKey, 'cosignature') }
  try {
    const { text, signatures } = parseNote(submitted.note + body)
    const before = parseNote(submitted.note).signatures.length
    const [line, ...more] = signatures.slice(before).filter((one) => isBy(one, id))
    if (!line || more.length > 0) throw answerInvalid(about, 'not one line by its key')
    const { time } = verifyCosignature(text, line, witness.key)
    requireTime({ time }, { submitted, now, about })
    return { line, time }
  } catch (error) {
    if (error instanceof ProofError) throw answerInvalid(about, error.message, error)
    throw error
  }
}

function requireTime(
  { time }: Pick<Cosignature, 'time'>,
  { submitted, now, about }: { submitted: Submitted; now(): number; about: About },
) {
  const { skewSeconds } = SUBMIT_LIMITS
  if (time > now() / 1000 + skewSeconds) throw answerInvalid(about, 'a time in the future')
  // A log that was written to while our clock was ahead says later times than it is until they have come.
  if (time < Math.min(submitted.at, now()) / 1000 - skewSeconds) {
    throw answerInvalid(about, 'a time before there was such a checkpoint')
  }
}
