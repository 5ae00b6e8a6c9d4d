import type { Position } from './position.ts'
import { cursorInvalid } from './problems.ts'

/** What a cursor holds: the question that it belongs to, the position that was read, and the last place. */
export interface Cursor {
  position: Position
  place: readonly (string | number)[]
}

const LONGEST = 4_096

/**
 * Writes a cursor. It says where to go on, and holds no secret: a forged one only asks the same
 * tenant another question that it may ask anyway.
 *
 * @param question What must be the same when the cursor comes back; the tenant is part of it.
 */
export const writeCursor = (question: readonly unknown[], { position, place }: Cursor) =>
  Buffer.from(JSON.stringify([question, position.epoch, position.seq, ...place])).toString(
    'base64url',
  )

/**
 * Reads a cursor back.
 *
 * @param shape The types of the place's parts.
 * @throws {Problem} `LINEAGE_CURSOR_INVALID` where it is malformed, or another question's.
 */
export function readCursor(
  question: readonly unknown[],
  shape: readonly ('string' | 'number')[],
  cursor: string,
): Cursor {
  const [asked, epoch, seq, ...place] = partsOf(cursor)
  const fits =
    JSON.stringify(asked) === JSON.stringify(question) &&
    isCount(epoch) &&
    isCount(seq) &&
    place.length === shape.length &&
    place.every((part, i) => (shape[i] === 'number' ? isCount(part) : typeof part === 'string'))
  if (!fits) throw cursorInvalid()
  return { position: { epoch, seq }, place: place as (string | number)[] }
}

function partsOf(cursor: string): unknown[] {
  if (cursor.length > LONGEST || !/^[\w-]+$/.test(cursor)) throw cursorInvalid()
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(parts)) return parts
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw cursorInvalid()
}

const isCount = (part: unknown): part is number => Number.isSafeInteger(part) && Number(part) >= 0
