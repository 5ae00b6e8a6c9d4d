import type { z } from 'zod'
import type { BodyIssue } from './problems.ts'

/** What is wrong, by zod's own words, which say what was expected and never what was given. */
export const issueOf = (issue: z.core.$ZodIssue): BodyIssue => {
  if (issue.code === 'unrecognized_keys') {
    return { path: pointer([...issue.path, issue.keys[0]!]), says: 'there is no such field' }
  }
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return { path: pointer(issue.path), says: isMissing ? 'it must be said' : issue.message }
}

/** RFC 6901. */
export const pointer = (path: readonly PropertyKey[]) =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
