import { Problem } from '../../core/problem.ts'
import type { BodyIssue } from './problems.ts'

/** A line is no JSON that every reader understands alike. */
export const lineUnreadable = (because: string, cause?: unknown) =>
  new Problem('IMPORT_JSON_INVALID', `The line is no JSON object: ${because}.`, { cause })

/** A line says what such a thing has not, or in another form. */
export const lineInvalid = (issues: readonly BodyIssue[]) => {
  const [{ path, says } = { path: '', says: 'it is none' }] = issues
  return new Problem('IMPORT_LINE_INVALID', `${path || 'The line'}: ${says}.`, {
    details: { path, issues },
  })
}

export const lineKindUnknown = (known: readonly string[]) =>
  new Problem(
    'IMPORT_KIND_UNKNOWN',
    `The line says no kind that can be imported: one of ${known.join(', ')}.`,
    { details: { path: '/kind', known } },
  )

export const lineTooLong = (bytes: number, marks: number) =>
  new Problem(
    'IMPORT_LINE_TOO_LONG',
    `The line has more than ${bytes} bytes, or more than ${marks} commas and opening brackets; record this one by the API.`,
    { status: 413, details: { bytes, marks } },
  )

export const importBatchInvalid = (because: string, cause?: unknown) =>
  new Problem(
    'IMPORT_BATCH_INVALID',
    `The body must be a JSON array of {"line": n, "item": {…}}: ${because}.`,
    { cause },
  )

export const importBatchTooLarge = (most: string) =>
  new Problem('IMPORT_BATCH_TOO_LARGE', `One batch takes at most ${most}; send it in parts.`, {
    status: 413,
  })

export const importContentType = () =>
  new Problem('IMPORT_CONTENT_TYPE', 'Send lines as application/json, in UTF-8.', { status: 415 })
