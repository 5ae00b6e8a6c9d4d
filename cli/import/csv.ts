import { createReadStream } from 'node:fs'
import { type CsvError, parse } from 'csv-parse'
import type { Problem } from '../../core/problem.ts'
import { IMPORT_LIMITS, LINE_KINDS } from '../../domains/kinds/import-line.ts'
import { lineKindUnknown, lineTooLong } from '../../domains/kinds/import-problems.ts'
import type { Kind } from '../../lineage/kinds.ts'
import { columnsFor, itemOf } from './columns.ts'
import { aboutOf, type Line } from './line.ts'
import { columnUnknown, csvInvalid, headerInvalid, rowInvalid } from './problems.ts'

interface Row {
  /** The line that it begins in. */
  line: number
  cells: string[]
}

/**
 * Reads a file by RFC 4180, whose first record names the columns. Rows that say nothing are passed over.
 * Where a quote is out of place, what follows cannot be told apart: that is the last line told of.
 *
 * @param usual The kind of a row that says none.
 * @throws {Problem} `IMPORT_HEADER_INVALID`, `IMPORT_COLUMN_UNKNOWN`: before any row.
 */
export async function* readCsv(path: string, usual?: string): AsyncGenerator<Line> {
  let read: ((row: Row) => Line) | undefined
  for await (const row of rowsOf(path)) {
    if ('problem' in row) {
      if (!read) throw row.problem
      yield row
    } else if (!read) read = readerFor(row.cells, usual)
    else if (row.cells.some((cell) => cell !== '')) yield read(row)
  }
}

function readerFor(header: string[], usual: string | undefined) {
  if (header.every((name) => name === '')) throw headerInvalid('it is empty')
  const kindAt = header.indexOf('kind')
  if (kindAt < 0 && usual === undefined) {
    throw headerInvalid('there is no column `kind`; --kind says it for all rows')
  }
  const kinds = kindAt < 0 ? [usual as Kind] : LINE_KINDS
  const columnsOf = new Map(kinds.map((kind) => [kind, columnsFor(kind, header)]))
  const strange = header.find((_, i) => [...columnsOf.values()].every((columns) => !columns[i]))
  if (strange !== undefined) throw columnUnknown(strange, kinds.length === 1 ? kinds[0]! : 'thing')
  return ({ line, cells }: Row): Line => {
    if (cells.length !== header.length) {
      return { line, problem: rowInvalid(cells.length, header.length) }
    }
    const kind = ((kindAt >= 0 && cells[kindAt]) || usual) as Kind
    const columns = columnsOf.get(kind)
    if (!columns) return { line, problem: lineKindUnknown(LINE_KINDS) }
    try {
      const item = itemOf(cells, { kind, header, columns })
      return { line, item: JSON.stringify(item), about: aboutOf(item, usual) }
    } catch (error) {
      return { line, problem: error as Problem }
    }
  }
}

/** Feeds the parser piece by piece, so that what was read before an error is not lost with it. */
async function* rowsOf(path: string): AsyncGenerator<Row | { line: number; problem: Problem }> {
  const { lineBytes, lineMarks } = IMPORT_LIMITS
  let rows: Row[] = []
  const breaks = openBreaks()
  const parser = parse({
    bom: true,
    relaxColumnCount: true,
    recordDelimiter: ['\r\n', '\n'],
    maxRecordSize: lineBytes,
    onRecord(cells: string[], { bytes }) {
      rows.push({ line: breaks.line, cells })
      breaks.pass(bytes)
      return null
    },
  })
  const failed = new Promise<CsvError | undefined>((resolve) => {
    parser.once('error', resolve).once('end', () => resolve(undefined))
  })
  parser.resume()
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    breaks.see(chunk)
    const error = await new Promise((resolve) => parser.write(chunk, resolve))
    yield* rows
    rows = []
    if (error) break
  }
  parser.end()
  const error = await failed
  yield* rows
  if (!error) return
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    yield { line: breaks.line, problem: lineTooLong(lineBytes, lineMarks) }
  } else yield { line: breaks.line, problem: csvInvalid(because(error), error) }
}

const NEWLINE = 0x0a

/** Counts lines by the bytes of a file: the parser takes a CRLF within quotes for two. */
function openBreaks() {
  let line = 1
  let seen = 0
  let ahead: number[] = []
  let next = 0
  return {
    /** The line after what was passed. */
    get line() {
      return line
    },
    see(chunk: Buffer) {
      ahead = ahead.slice(next)
      next = 0
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
        ahead.push(seen + at)
      }
      seen += chunk.length
    },
    /** Goes on to a place in the file. */
    pass(bytes: number) {
      for (; next < ahead.length && ahead[next]! < bytes; next++) line += 1
    },
  }
}

/** Without what was given: that may be anything. */
const because = ({ code }: CsvError) =>
  ({
    CSV_QUOTE_NOT_CLOSED: 'a quote is opened here and never closed',
    CSV_INVALID_CLOSING_QUOTE: 'a quote within quotes is to be doubled',
    INVALID_OPENING_QUOTE: 'a quote stands within a field that does not begin with one',
  })[code as string] ?? code
