import { setTimeout as wait } from 'node:timers/promises'
import { Problem } from '../../core/problem.ts'
import type { Client } from '../client.ts'
import type { Line } from './line.ts'

/** What became of a line. */
export type Result = { line: number; path?: string } & (
  | { ok: true; id: string; changed: boolean; replayed: boolean; position: string }
  | { ok: false; code: string; message: string; retriable?: boolean }
)

export interface Sending {
  client: Client
  /** The Idempotency-Key of the file; a dry run has none. */
  key?: string
  usual?: string
  /** How long is waited before each further try, in milliseconds. */
  pausesMs?: readonly number[]
}

const PAUSES_MS = [200, 500, 1_000, 2_000, 4_000, 8_000]

/**
 * Sends lines in one request, and once more those of which the server says that they may yet succeed:
 * under its key, a line that went in the first time is only told of again.
 *
 * @throws {Problem} Where the request as a whole is refused, or still is after the last try.
 */
export async function sendLines(
  lines: readonly Line[],
  { client, key, usual, pausesMs = PAUSES_MS }: Sending,
): Promise<Result[]> {
  const query = new URLSearchParams({
    ...(key === undefined && { dryRun: 'true' }),
    ...(usual !== undefined && { kind: usual }),
  })
  const results = new Map<number, Result>()
  let left = lines
  for (const pause of [...pausesMs, null]) {
    let refused: unknown
    try {
      const body = `[${left.map(({ line, item }) => `{"line":${line},"item":${item}}`).join(',\n')}]`
      const response = await client.request(`/api/v1/import?${query}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        body,
      })
      const answer = (await response.json()) as { results: Result[] }
      for (const result of answer.results) results.set(result.line, result)
    } catch (error) {
      if (!isPassing(error)) throw error
      refused = error
    }
    if (!refused) left = left.filter(({ line }) => mayYet(results.get(line)))
    if (left.length === 0) break
    if (pause === null) throw refused ?? problemOf(results.get(left[0]!.line)!)
    await wait(pause)
  }
  return lines.map(({ line }) => results.get(line)!)
}

const mayYet = (result: Result | undefined) => !result || (!result.ok && result.retriable === true)

/** A server that ends breaks connections off in the midst of an answer. */
const isPassing = (error: unknown) =>
  error instanceof Problem
    ? error.status === 429 || error.status >= 500
    : error instanceof TypeError

const problemOf = (result: Result) => {
  const { code, message } = result as { code: string; message: string }
  return new Problem(code, message, { status: 503 })
}
