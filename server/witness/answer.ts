import { ProofError } from '../../proofs/error.ts'
import { text } from '../../proofs/utf8.ts'
import { addCheckpoint, type WitnessAnswer } from './cosign.ts'
import { type Asked, type Told, WITNESS_LIMITS } from './listen.ts'
import type { WitnessedLogs } from './logs.ts'
import type { Witness } from './open.ts'

/** A witness, and what it needs to answer. */
export interface Answering {
  witness: Witness
  logs: WitnessedLogs
  /** The clock, in milliseconds. */
  now?(): number
  /** Told of every submission. */
  onAnswer?(answer: Pick<WitnessAnswer, 'status' | 'told'>): void
}

const ORIGIN_HASH = /^\/([0-9a-f]{64})\/checkpoint$/

/**
 * Answers as a witness: `POST /add-checkpoint`, `GET /<origin hash>/checkpoint`, and at `/` who it is
 * (docs/specs/witness.md).
 */
export const answerAsWitness =
  (options: Answering) =>
  async (asked: Asked): Promise<Told> => {
    const { method, path } = asked
    if (path === '/add-checkpoint') {
      return method === 'POST' ? answerSubmission(asked, options) : otherMethod('POST')
    }
    const { witness } = options
    const [, hash] = ORIGIN_HASH.exec(path) ?? []
    if (hash === undefined && path !== '/') return nothingHere
    if (method !== 'GET') return otherMethod('GET, HEAD')
    if (hash === undefined) return { status: 200, body: `${witness.vkey}\n` }
    const found = await witness.state.find(hash)
    if (!found) return { status: 404, body: 'this witness has cosigned nothing of that log\n' }
    return { status: 200, body: found.note, headers: { 'cache-control': 'no-cache' } }
  }

async function answerSubmission({ body }: Asked, options: Answering): Promise<Told> {
  if (body === null) {
    const told = `at most ${WITNESS_LIMITS.bodyBytes} bytes\n`
    return { status: 413, body: told, headers: { connection: 'close' } }
  }
  const { now = Date.now, onAnswer } = options
  const answer = await addCheckpoint(textOf(body), { ...options, now })
  onAnswer?.({ status: answer.status, told: answer.told })
  const { status } = answer
  return {
    status,
    body: answer.body,
    ...(status === 409 && { headers: { 'content-type': 'text/x.tlog.size' } }),
  }
}

/** There is nothing at this path. */
export const nothingHere: Told = { status: 404, body: 'there is nothing here\n' }

/** The path takes other methods. */
export const otherMethod = (allow: string): Told => ({
  status: 405,
  body: `use ${allow}\n`,
  headers: { allow },
})

/** A text that is not UTF-8 is no submission; the empty text is none either. */
function textOf(body: Uint8Array) {
  try {
    return text(body)
  } catch (error) {
    if (error instanceof ProofError) return ''
    throw error
  }
}
