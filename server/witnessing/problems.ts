import { Problem } from '../../core/problem.ts'

export const policyInvalid = (file: string, what: string, cause?: unknown) =>
  new Problem('WITNESS_POLICY_INVALID', `SELVEDGE_WITNESS_POLICY, ${file}: ${what}`, { cause })

/** What a log tells of a witness, by the witness's own name and the log's. */
interface About {
  witness: string
  origin: string
}

const details = ({ witness, origin }: About) => ({ witness, origin })

export const unreachable = (about: About, cause: unknown) =>
  new Problem(
    'WITNESS_UNREACHABLE',
    `The witness ${about.witness} does not answer for ${about.origin}; it is asked again.`,
    { status: 503, details: details(about), cause },
  )

export const busy = (about: About, status: number, retryAfterMs: number) =>
  new Problem(
    'WITNESS_BUSY',
    `The witness ${about.witness} answers ${status} for ${about.origin}; it is asked again.`,
    { status: 503, details: { ...details(about), retryAfterMs } },
  )

export const refused = (about: About, status: number, because: string) =>
  new Problem(
    'WITNESS_REFUSED',
    `The witness ${about.witness} refuses ${about.origin} with ${status}: ${because}. Does it know the log and its key?`,
    { status: 502, details: { ...details(about), answered: status } },
  )

export const answerInvalid = (about: About, what: string, cause?: unknown) =>
  new Problem(
    'WITNESS_ANSWER_INVALID',
    `The witness ${about.witness} answers for ${about.origin} with what is none: ${what}.`,
    { status: 502, details: details(about), cause },
  )

export const disagrees = (about: About, what: string) =>
  new Problem(
    'WITNESS_DISAGREES',
    `The witness ${about.witness} has seen another log of ${about.origin}: ${what}. Was the database set back, or does another server sign?`,
    { status: 502, details: details(about) },
  )
