import { Problem } from '../../core/problem.ts'

/** Where something does not fit: a place in the document, or in the variables as a JSON Pointer. */
export interface Where {
  line?: number
  column?: number
  path?: string
}

export const savedQueryInvalid = (what: string, because: string, where: Where = {}) =>
  new Problem('SAVED_QUERY_INVALID', `${what}${wordsOf(where)}: ${because}`, {
    details: { what, ...where },
  })

const wordsOf = ({ line, column, path }: Where) => {
  if (line !== undefined) return `, line ${line}, column ${column}`
  return path ? `, ${path}` : ''
}

/** The same for one that was removed, was erased, or never was. */
export const savedQueryNotFound = (name: string) =>
  new Problem('SAVED_QUERY_NOT_FOUND', 'There is no saved query of this name.', {
    status: 404,
    details: { name: name.slice(0, 200) },
  })

export const tooManySavedQueries = (most: number) =>
  new Problem(
    'SAVED_QUERY_TOO_MANY',
    `A tenant has at most ${most} saved queries; remove one first.`,
    { status: 409, details: { most } },
  )
