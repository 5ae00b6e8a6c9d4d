import { countMarks, splitArray } from '../../core/json-marks.ts'
import { ProofError } from '../../proofs/error.ts'
import { type ForeignJson, parseForeignJson } from '../../proofs/json.ts'
import { text } from '../../proofs/utf8.ts'
import { MAX_BATCH_EVENTS, MAX_BATCH_MARKS, MAX_EVENT_MARKS } from './limits.ts'
import {
  batchTooDense,
  batchTooLarge,
  bodyUnreadable,
  eventTooDense,
  jsonInvalid,
  notABatch,
} from './problems.ts'

/**
 * Reads the body of one event, keeping numbers that a double cannot hold.
 *
 * @throws {Problem} `OPENLINEAGE_BODY_UNREADABLE`, `OPENLINEAGE_JSON_INVALID`,
 *   `OPENLINEAGE_EVENT_TOO_LARGE`
 */
export function parseBody(bytes: Uint8Array): ForeignJson {
  if (countMarks(bytes, MAX_EVENT_MARKS) > MAX_EVENT_MARKS) throw eventTooDense(MAX_EVENT_MARKS)
  const source = orProblem(
    () => text(bytes),
    (error) => bodyUnreadable('it is not UTF-8', error),
  )
  return orProblem(
    () => parseForeignJson(source),
    (error) => jsonInvalid(error.message, error),
  )
}

/**
 * Cuts the body of a batch into the bodies of its events, which are not looked into: each can be read
 * by itself, and something else be done between two.
 *
 * @throws {Problem} As `parseBody` where it is none; `OPENLINEAGE_NOT_A_BATCH`,
 *   `OPENLINEAGE_BATCH_TOO_LARGE`, `OPENLINEAGE_BODY_TOO_LARGE`
 */
export function splitBatchBody(bytes: Uint8Array): Uint8Array[] {
  if (countMarks(bytes, MAX_BATCH_MARKS) > MAX_BATCH_MARKS) throw batchTooDense(MAX_BATCH_MARKS)
  const items = splitArray(bytes, MAX_BATCH_EVENTS)
  if (items === null) {
    if (/^[ \t\r\n]*\[/.test(Buffer.from(bytes).toString('latin1'))) {
      throw jsonInvalid('what follows its first bracket is no array')
    }
    parseBody(bytes)
    throw notABatch()
  }
  if (items.length > MAX_BATCH_EVENTS) throw batchTooLarge(MAX_BATCH_EVENTS)
  return items
}

function orProblem<T>(read: () => T, problem: (error: ProofError) => Error): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof ProofError ? problem(error) : error
  }
}
