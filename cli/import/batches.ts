import { IMPORT_LIMITS } from '../../domains/kinds/import-line.ts'
import type { Line } from './line.ts'
import { twiceInFile } from './problems.ts'
import { openSeen } from './seen.ts'

/** Lines that go to the server in one request, in the order of the file. */
export interface Batch {
  lines: Line[]
  /** The last line that it covers. */
  through: number
}

/** What stands around an item in a request. */
const AROUND = 40

/**
 * Puts lines together to what one request takes. A second line about the same thing is one that is not
 * sent: which of them would hold could not be told from the file.
 *
 * @param isDone Whether a line is known to be in.
 * @param most How many lines go into one request.
 */
export async function* inBatches(
  lines: AsyncIterable<Line>,
  isDone: (line: number) => boolean = () => false,
  most: number = IMPORT_LIMITS.batchLines,
): AsyncGenerator<Batch & { done: number }> {
  const { batchBytes } = IMPORT_LIMITS
  const seen = openSeen()
  let batch: Line[] = []
  let bytes = 0
  let done = 0
  let through = 0
  const cut = () => {
    const full = { lines: batch, through, done }
    batch = []
    bytes = 0
    done = 0
    return full
  }
  for await (const read of lines) {
    const first = read.about === undefined ? undefined : seen.first(read.about, read.line)
    const line = first === undefined ? read : { line: read.line, problem: twiceInFile(first) }
    const length = line.problem || isDone(line.line) ? 0 : Buffer.byteLength(line.item!) + AROUND
    const isFull = batch.length === most || bytes + length > batchBytes || done === MOST_DONE
    if (isFull) yield cut()
    if (isDone(line.line)) done += 1
    else batch.push(line)
    bytes += length
    through = line.line
  }
  if (batch.length > 0 || done > 0) yield cut()
}

/** How many lines that are in are passed over between two looks at whether to go on. */
const MOST_DONE = 10_000
