import { createReadStream } from 'node:fs'
import { IMPORT_LIMITS } from '../../domains/kinds/import-line.ts'
import { lineTooLong, lineUnreadable } from '../../domains/kinds/import-problems.ts'
import { aboutOf, type Line } from './line.ts'

const NEWLINE = 0x0a
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Reads a file of one JSON object a line. Blank lines say nothing; a line that is too long is let go as
 * it comes, and never held.
 *
 * @param usual The kind of a line that says none.
 */
export async function* readNdjson(path: string, usual?: string): AsyncGenerator<Line> {
  const { lineBytes, lineMarks } = IMPORT_LIMITS
  for await (const { line, bytes } of cutLines(path, lineBytes)) {
    if (bytes === null) yield { line, problem: lineTooLong(lineBytes, lineMarks) }
    else if (bytes.length > 0) yield readLine(line, bytes.toString(), usual)
  }
}

/** Only its form is looked at here, so that it can be sent among others as it stands. */
function readLine(line: number, text: string, usual: string | undefined): Line {
  try {
    return { line, item: text, about: aboutOf(JSON.parse(text), usual) }
  } catch (error) {
    return { line, problem: lineUnreadable((error as Error).message.replace(/ in JSON.*$/, '')) }
  }
}

/** Cuts a file into lines, without their ends and blanks at either side; `null` for one that is longer. */
async function* cutLines(
  path: string,
  most: number,
): AsyncGenerator<{ line: number; bytes: Buffer | null }> {
  let line = 1
  let held: Buffer[] = []
  let length = 0
  const cut = () => {
    const whole = length > most + MOST_BLANKS ? null : trimmed(Buffer.concat(held), line)
    const bytes = whole && whole.length > most ? null : whole
    const ended = { line, bytes }
    line += 1
    length = 0
    held = []
    return ended
  }
  const hold = (part: Buffer) => {
    length += part.length
    if (length <= most + MOST_BLANKS) held.push(part)
    else held = []
  }
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; ) {
      const at = chunk.indexOf(NEWLINE, from)
      hold(chunk.subarray(from, at < 0 ? chunk.length : at))
      if (at < 0) break
      yield cut()
      from = at + 1
    }
  }
  if (length > 0) yield cut()
}

/** What may stand around a line of the greatest length. */
const MOST_BLANKS = 1_000

const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === 0x0d

function trimmed(bytes: Buffer, line: number) {
  let from = line === 1 && bytes.subarray(0, 3).equals(BOM) ? 3 : 0
  let to = bytes.length
  while (from < to && isBlank(bytes[from])) from += 1
  while (to > from && isBlank(bytes[to - 1])) to -= 1
  return bytes.subarray(from, to)
}
