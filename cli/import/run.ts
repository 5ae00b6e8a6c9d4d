import { type Batch, inBatches } from './batches.ts'
import { type Hint, type HintFile, MOST_REFUSED } from './hint.ts'
import type { Line } from './line.ts'
import { fileEmpty } from './problems.ts'
import { type Result, type Sending, sendLines } from './send.ts'

/** How many lines came to what. */
export interface Counts {
  lines: number
  /** Those that changed what is recorded. */
  recorded: number
  /** Those that said nothing new. */
  unchanged: number
  /** Those that were in already, by an earlier run with the same file. */
  earlier: number
  refused: number
}

export interface Import {
  /** Opens the lines of the file from the first. */
  lines(): AsyncIterable<Line>
  sending: Sending
  hint: HintFile
  /** How many lines go into one request; as many as it takes, where it is left out. */
  perRequest?: number
  /** Whether no more lines are to be sent. */
  isStopped(): boolean
  /** Told of each batch, in the order of the file. */
  onSettled(counts: Readonly<Counts>, refused: readonly Refused[]): void
}

/** A line that is not in, and why. */
export interface Refused {
  line: number
  code: string
  message: string
  path?: string
}

/** How many requests are under way at once: one is read while another is written. */
const AT_ONCE = 2
const HINT_EVERY_MS = 500

/**
 * Sends all lines of a file, a few batches at a time, and tells what became of each in the order of the
 * file. What it holds does not grow with the file, but for some bytes a thing.
 *
 * @returns Whether all of it was sent.
 * @throws {Problem} `IMPORT_FILE_EMPTY`, what reading refuses, and what refuses a batch as a whole; what
 *   was sent before is told of all the same.
 */
export async function importLines(asked: Import): Promise<boolean> {
  const { lines, sending, hint, perRequest, isStopped, onSettled } = asked
  const counts: Counts = { lines: 0, recorded: 0, unchanged: 0, earlier: 0, refused: 0 }
  const known = await believed(asked)
  const left = new Set(known?.refused)
  const isDone = (line: number) => known !== null && line <= known.through && !left.has(line)
  const noted: Hint = { through: 0, refused: [], last: 0 }
  let notedAt = performance.now()
  let isNoting = true

  const settle = async (batch: Batch & { done: number }, results: readonly Result[]) => {
    const refused = results.flatMap((result) => (result.ok ? [] : [told(result)]))
    counts.lines += batch.lines.length + batch.done
    counts.earlier += batch.done + count(results, (of) => of.replayed)
    counts.recorded += count(results, (of) => !of.replayed && of.changed)
    counts.unchanged += count(results, (of) => !of.replayed && !of.changed)
    counts.refused += refused.length
    onSettled(counts, refused)
    if (isNoting) isNoting = note(noted, { through: batch.through, results, known })
    if (performance.now() - notedAt < HINT_EVERY_MS) return
    notedAt = performance.now()
    await hint.write(noted)
  }

  const waiting: { batch: Batch & { done: number }; sent: Promise<Result[]> }[] = []
  const settleFirst = async () => {
    const { batch, sent } = waiting.shift()!
    try {
      await settle(batch, await sent)
    } catch (error) {
      // What comes after it may go in: the hint must not go past what is missing.
      isNoting = false
      throw error
    }
  }
  let isWhole = true
  try {
    for await (const batch of inBatches(lines(), isDone, perRequest)) {
      const sent = send(batch, sending)
      sent.catch(() => {}) // thrown where it is settled
      waiting.push({ batch, sent })
      if (waiting.length >= AT_ONCE) await settleFirst()
      isWhole = !isStopped()
      if (!isWhole) break
    }
  } finally {
    try {
      while (waiting.length > 0) await settleFirst()
    } finally {
      await hint.write(noted)
    }
  }
  if (counts.lines === 0) throw fileEmpty()
  if (isWhole) await hint.remove()
  return isWhole
}

/** Lines that are refused here go nowhere; the others come back in their places among them. */
async function send({ lines }: Batch, sending: Sending): Promise<Result[]> {
  const going = lines.filter(({ problem }) => !problem)
  const results = going.length === 0 ? [] : await sendLines(going, sending)
  const byLine = new Map(results.map((result) => [result.line, result]))
  return lines.map(({ line, problem }) => {
    if (!problem) return byLine.get(line)!
    const { code, message, details } = problem
    return { ...details, line, ok: false, code, message }
  })
}

type Done = Extract<Result, { ok: true }>
const count = (results: readonly Result[], which: (result: Done) => boolean) =>
  results.filter((result) => result.ok && which(result)).length

const told = ({ ok: _, retriable: __, ...rest }: Extract<Result, { ok: false }>): Refused => rest

/**
 * The hint of an earlier run, if the server still knows its last line by its key: where it does not, the
 * database was set back or the key forgotten, and everything is sent again.
 */
async function believed({ hint, lines, sending }: Import): Promise<Hint | null> {
  const known = await hint.read()
  if (!known || known.last === 0) return null
  for await (const line of lines()) {
    if (line.line < known.last) continue
    if (line.line > known.last || line.problem) return null
    const [result] = await sendLines([line], sending)
    return result?.ok && result.replayed ? known : null
  }
  return null
}

/** @returns Whether the hint went on: one that has not must stay where it is. */
function note(
  noted: Hint,
  { through, results, known }: { through: number; results: readonly Result[]; known: Hint | null },
): boolean {
  const refused = results.flatMap(({ ok, line }) => (ok ? [] : [line]))
  if (noted.refused.length + refused.length > MOST_REFUSED) return false
  noted.refused.push(...refused)
  noted.through = through
  const last = results.findLast(({ ok }) => ok)?.line
  // Of a batch that was passed over in whole, nothing was asked: what was last known stays.
  noted.last = Math.max(noted.last, last ?? 0, Math.min(known?.last ?? 0, through))
  return true
}
