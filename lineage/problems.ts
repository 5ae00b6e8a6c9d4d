import { Problem } from '../core/problem.ts'

export const positionInvalid = (given: string) =>
  new Problem(
    'POSITION_INVALID',
    'A position is "<epoch>:<n>", as every answer carries it in extensions.position.',
    { details: { given: given.slice(0, 60) } },
  )

export const positionLost = (asked: string, epoch: number) =>
  new Problem(
    'POSITION_LOST',
    'The log was restored to an earlier state since that position was given; ask again without it.',
    { status: 410, details: { asked, epoch } },
  )

export const positionNotReached = (asked: string, at: string) =>
  new Problem(
    'POSITION_NOT_REACHED',
    'This server has not yet seen the position asked for; try again.',
    { status: 503, details: { asked, at, retryAfterSeconds: 1 } },
  )

export const cursorInvalid = () =>
  new Problem(
    'LINEAGE_CURSOR_INVALID',
    'The cursor was not given by this question; ask again with the same arguments, or without a cursor.',
  )

export const depthOutOfRange = (depth: number, most: number) =>
  new Problem('LINEAGE_DEPTH_OUT_OF_RANGE', `depth is a whole number from 0 to ${most}.`, {
    details: { depth, most },
  })

export const pageOutOfRange = (first: number, most: number) =>
  new Problem('LINEAGE_PAGE_OUT_OF_RANGE', `first is a whole number from 1 to ${most}.`, {
    details: { first, most },
  })

export const rootUnknown = (id: string) =>
  new Problem(
    'LINEAGE_ROOT_UNKNOWN',
    'This tenant has no entity of that id at that position; look it up with entity(kind: …, namespace: …, name: …).',
    { status: 404, details: { id: id.slice(0, 200) } },
  )

export const shownTooMany = (given: number, most: number) =>
  new Problem(
    'LINEAGE_SHOWN_TOO_MANY',
    `shown takes at most ${most} ids; name those that are near the entity.`,
    { details: { given, most } },
  )

export const pathsTooWide = (edges: number, most: number) =>
  new Problem(
    'LINEAGE_PATHS_TOO_WIDE',
    `The shortest paths between these two lead along ${edges} edges together, and at most ${most} are looked through; ask from nearer by, or for a part of the way.`,
    { status: 413, details: { edges, most } },
  )

export const upstreamTooWide = (edges: number, most: number) =>
  new Problem(
    'LINEAGE_UPSTREAM_TOO_WIDE',
    `${edges} edges lie upstream of this, and at most ${most} are looked through; ask about something nearer to where the data comes from.`,
    { status: 413, details: { edges, most } },
  )

export const columnsTooWide = (most: number) =>
  new Problem(
    'LINEAGE_COLUMNS_TOO_WIDE',
    `More than ${most} columns, or edges between them, lie within the depth; ask for less of it.`,
    { status: 413, details: { most } },
  )

export const bodiesTooLarge = (most: number) =>
  new Problem(
    'LINEAGE_BODIES_TOO_LARGE',
    'The facets and other fields asked for are too large together; ask for fewer entities at once.',
    { status: 413, details: { most } },
  )

export const deadlineExceeded = (timeoutMs: number) =>
  new Problem(
    'DEADLINE_EXCEEDED',
    `The answer was not ready within ${timeoutMs} ms; ask for less, or give it more in x-request-timeout.`,
    { status: 504, details: { timeoutMs } },
  )

export const databaseUnavailable = (cause?: unknown) =>
  new Problem('DATABASE_UNAVAILABLE', 'The database does not answer; try again.', {
    status: 503,
    cause,
  })

export const databaseTimeout = (cause?: unknown) =>
  new Problem('DATABASE_TIMEOUT', 'The database took too long; ask for less, or try again.', {
    status: 503,
    cause,
  })

/** Nobody reads this: it ends the work of a caller who has gone. */
export const requestCancelled = () =>
  new Problem('REQUEST_CANCELLED', 'The caller did not wait for the answer.', { status: 499 })

export const grantUnknown = (id: string) =>
  new Problem(
    'GRANT_UNKNOWN',
    'No such grant holds for this tenant now; grants(active: true) lists those that do.',
    { status: 404, details: { id: id.slice(0, 200) } },
  )

export const grantExceeded = (what: 'direction' | 'depth', most: string | number) =>
  new Problem(
    'GRANT_EXCEEDED',
    `The grant does not go that far from there: ask for a ${what} of ${most}${what === 'depth' ? ' or less' : ''}.`,
    { status: 403, details: { what, most } },
  )

export const searchTextInvalid = (
  given: { characters: number; words: number },
  most: { characters: number; words: number },
) =>
  new Problem(
    'SEARCH_TEXT_INVALID',
    `text has at most ${most.characters} characters, and 1 to ${most.words} words of letters or digits.`,
    { details: { given, most } },
  )
