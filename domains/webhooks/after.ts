/** How often, and how long, something is tried. All times are in milliseconds. */
export interface Patience {
  /** Attempts for one event, before it is given up. */
  attempts: number
  /** How long a webhook may fail before it ends. */
  failingMs: number
  /** The first pause, and the longest. */
  firstMs: number
  mostMs: number
}

/** What came of an attempt: a status, or a word for why there was none. */
export interface Attempted {
  status: number | null
  error: AttemptError | null
  /** What the answer asks for in `Retry-After`. */
  retryAfterMs: number | null
}

/** Words for what went wrong, and nothing of what was answered: a stranger writes that. */
export type AttemptError =
  | 'ADDRESS_NOT_ALLOWED'
  | 'UNREACHABLE'
  | 'TLS_FAILED'
  | 'TIMED_OUT'
  | 'STATUS'
  | 'NOT_AGREED'

/** How it stood before the attempt: failures in a row of this event, and since when nothing came. */
export interface Before {
  attempts: number
  /** How long the webhook has been failing; `null` where it has not. */
  age: number | null
}

export type Verdict =
  | { what: 'came' }
  | { what: 'retry'; pause: number }
  /** The event is given up, the next one tried after a pause. */
  | { what: 'dead'; pause: number }
  | { what: 'ended'; ending: 'gone' | 'failing' }

/** No answer may put deliveries off for longer. */
export const LONGEST_WISH_MS = 86_400_000

/**
 * What is done after an attempt. Pauses double; each is as long as that, or up to half of it shorter,
 * so that those who failed together do not come back together. `Retry-After` is kept, up to a day.
 *
 * @param random From 0 to 1.
 */
export function verdictOf(
  { status, retryAfterMs }: Attempted,
  { attempts, age }: Before,
  patience: Patience,
  random: number,
): Verdict {
  if (status !== null && status >= 200 && status < 300) return { what: 'came' }
  if (status === 410) return { what: 'ended', ending: 'gone' }
  if (age !== null && age >= patience.failingMs) return { what: 'ended', ending: 'failing' }
  const doubled = Math.min(patience.firstMs * 2 ** Math.min(attempts, 40), patience.mostMs)
  const wished = Math.min(retryAfterMs ?? 0, LONGEST_WISH_MS)
  const pause = Math.max(Math.round(doubled * (1 - random / 2)), wished)
  return { what: attempts + 1 >= patience.attempts ? 'dead' : 'retry', pause }
}

/**
 * How long `Retry-After` asks to wait, be it in seconds or until a date (RFC 9110, section 10.2.3);
 * `null` where it says nothing that can be read.
 *
 * @param now The time, since a date is one of the clock.
 */
export function retryAfterOf(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isNaN(at) ? null : Math.max(at - now, 0)
}
