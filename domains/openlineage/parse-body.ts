import { ProofError } from '../../proofs/error.ts'
import { type ForeignJson, parseForeignJson } from '../../proofs/json.ts'
import { text } from '../../proofs/utf8.ts'
import { MAX_BATCH_EVENTS } from './limits.ts'
import { batchTooLarge, bodyUnreadable, jsonInvalid, notABatch } from './problems.ts'

/**
 * Reads the body of one event, keeping numbers that a double cannot hold.
 *
 * @throws {Problem} `OPENLINEAGE_BODY_UNREADABLE`, `OPENLINEAGE_JSON_INVALID`
 */
export function parseBody(bytes: Uint8Array): ForeignJson {
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
 * Reads the body of a batch into its items, each with its own pointers.
 *
 * @throws {Problem} As `parseBody`; `OPENLINEAGE_NOT_A_BATCH`, `OPENLINEAGE_BATCH_TOO_LARGE`
 */
export function parseBatchBody(bytes: Uint8Array): ForeignJson[] {
  const { value, numbersAsText } = parseBody(bytes)
  if (!Array.isArray(value)) throw notABatch()
  if (value.length > MAX_BATCH_EVENTS) throw batchTooLarge(value.length, MAX_BATCH_EVENTS)
  const items = value.map((item): ForeignJson => ({ value: item, numbersAsText: [] }))
  for (const pointer of numbersAsText) {
    const [, index, within] = /^\/(\d+)(.*)$/s.exec(pointer) ?? []
    items[Number(index)]?.numbersAsText.push(within ?? '')
  }
  return items
}

function orProblem<T>(read: () => T, problem: (error: ProofError) => Error): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof ProofError ? problem(error) : error
  }
}
