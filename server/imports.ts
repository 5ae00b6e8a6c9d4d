import { countMarks, splitArray } from '../core/json-marks.ts'
import { partKey } from '../core/part-key.ts'
import { Problem } from '../core/problem.ts'
import type { Permission } from '../domains/access/permissions.ts'
import { IMPORT_LIMITS, isTyped, LINE_KINDS } from '../domains/kinds/import-line.ts'
import {
  importBatchInvalid,
  importBatchTooLarge,
  importContentType,
  lineTooLong,
  lineUnreadable,
} from '../domains/kinds/import-problems.ts'
import type { Kind } from '../lineage/kinds.ts'
import { formatPosition } from '../lineage/position.ts'
import { ProofError } from '../proofs/error.ts'
import { type Json, parseJson } from '../proofs/json.ts'
import { text } from '../proofs/utf8.ts'
import type { Context } from '../resolvers/context.ts'
import { type Importing, importLine, planLine } from '../resolvers/imports.ts'
import { PERMISSION_OF } from '../schema/kinds.ts'
import { readParts } from './batch-parts.ts'
import { readWhole } from './body-chunks.ts'
import type { Turns } from './limits/door.ts'
import { problemOf, type Report } from './problems.ts'
import { readQuery } from './query.ts'

interface More {
  report: Report
  turns: Turns
  permitted(permission: Permission): Promise<Context>
}

/** One line of a batch as it was sent. */
interface Line {
  line: number
  read: Importing | Problem
}

/**
 * `POST /api/v1/import`: records lines of a file, each whole or not at all, and answers 200 with what
 * became of each, in the order in which they were sent. With `dryRun=true` all of it is decided in the
 * same way under the log's lock, and nothing is written.
 *
 * The body is a JSON array of `{"line": n, "item": {…}}`; the Idempotency-Key is that of the file, and
 * with its number that of each line.
 *
 * @throws {Problem} `IMPORT_BATCH_INVALID`, `IMPORT_BATCH_TOO_LARGE`, `IMPORT_CONTENT_TYPE`,
 *   `QUERY_INVALID`: only where the batch as a whole cannot be read.
 */
export async function receiveImport(
  request: Request,
  { report, turns, permitted }: More,
): Promise<Response> {
  const query = readQuery(request, ['dryRun', 'kind'])
  const dry = query.oneOf('dryRun', ['true', 'false']) === 'true'
  const usual = query.oneOf('kind', LINE_KINDS)
  // One that no form of a page elsewhere can send.
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json(;\s*charset="?utf-8"?)?$/i.test(type.trim())) throw importContentType()
  const { batchBytes: most } = IMPORT_LIMITS
  const tooLarge = () => importBatchTooLarge(`${most} bytes`)
  const bytes = await readWhole(request, { most, tooLarge, hold: turns.hold })
  const key = request.headers.get('idempotency-key') ?? undefined
  const contexts = new Map<Permission, Promise<Context>>()
  const contextFor = (kind: Kind) => {
    const permission = isTyped(kind) ? PERMISSION_OF[kind] : 'links:write'
    const context = contexts.get(permission) ?? permitted(permission)
    contexts.set(permission, context)
    return context
  }
  const settle = async ({ line, read }: Line) => {
    try {
      if (read instanceof Problem) throw read
      const own = key === undefined ? undefined : partKey(key, `#${line}`)
      const { position, id, seq, version, changed, replayed } = await importLine(
        read,
        await contextFor(read.kind),
        { key: own, dry },
      )
      const at = formatPosition(position)
      return { line, ok: true, id, seq, version, changed, replayed, position: at }
    } catch (error) {
      return { line, ok: false, ...toldWhy(error, report) }
    }
  }
  // Handed over without waiting in between: the sequencer keeps the order and shares transactions.
  const results = await turns.write(async () => {
    const lines = await turns.parse(bytes.length, (pause) => readLines(bytes, { usual, pause }))
    return Promise.all(lines.map(settle))
  })
  return Response.json({ dryRun: dry, results })
}

async function readLines(
  bytes: Uint8Array,
  { usual, pause }: { usual: Kind | undefined; pause(): Promise<void> },
): Promise<Line[]> {
  const { batchLines: most } = IMPORT_LIMITS
  const parts = splitArray(bytes, most)
  if (parts === null) throw importBatchInvalid('it is no array')
  if (parts.length > most) throw importBatchTooLarge(`${most} lines`)
  if (parts.length === 0) throw importBatchInvalid('it is empty')
  const known = new Set<number>()
  return readParts(parts, {
    pause,
    read: (part) => {
      const { line, item } = openPart(part)
      if (known.has(line)) throw importBatchInvalid(`line ${line} is there twice`)
      known.add(line)
      return { line, read: readItem(item, { line, usual }) }
    },
  })
}

/** The number stands before the item, so that a line is known also where it is no JSON. */
const PART = /^\s*\{\s*"line"\s*:\s*([1-9]\d{0,14})\s*,\s*"item"\s*:/

function openPart(part: Uint8Array): { line: number; item: string } {
  let source: string
  try {
    source = text(part)
  } catch (error) {
    throw importBatchInvalid('it is not UTF-8', error)
  }
  const begin = PART.exec(source)
  const end = source.lastIndexOf('}')
  if (!begin || end < begin[0].length || source.slice(end + 1).trim() !== '') {
    throw importBatchInvalid('a part is of another form')
  }
  return { line: Number(begin[1]), item: source.slice(begin[0].length, end) }
}

function readItem(item: string, place: { line: number; usual?: Kind }): Importing | Problem {
  try {
    const { lineBytes, lineMarks } = IMPORT_LIMITS
    const bytes = Buffer.from(item.trim())
    if (bytes.length > lineBytes || countMarks(bytes, lineMarks) > lineMarks) {
      throw lineTooLong(lineBytes, lineMarks)
    }
    return planLine(parsed(item), place)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

function parsed(item: string): Json {
  try {
    return parseJson(item)
  } catch (error) {
    throw error instanceof ProofError ? lineUnreadable(error.message, error) : error
  }
}

/** By code, place and message; the line is told beside it, so that the number of the item is left out. */
function toldWhy(error: unknown, report: Report) {
  const { code, message, status, details } = problemOf(error, report)
  const { item: _, ...rest } = details
  const isPassing = status === 429 || status >= 500
  const of = code === 'BODY_INVALID' ? inBody(rest as unknown as Issues) : rest
  return { ...of, code, message: message.replace(/^Item \d+: /, ''), retriable: isPassing }
}

interface Issues {
  path: string
  issues: readonly { path: string }[]
}

/** What is wrong with a body is told by its place in the line. */
const inBody = ({ path, issues, ...rest }: Issues) => ({
  ...rest,
  path: `/body${path}`,
  issues: issues.map((issue) => ({ ...issue, path: `/body${issue.path}` })),
})
