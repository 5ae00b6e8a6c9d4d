import { Problem } from '../../core/problem.ts'

/** One thing that is wrong with a body: where in it (a JSON Pointer), and what. */
export interface BodyIssue {
  path: string
  says: string
}

export const bodyInvalid = (item: number, kind: string, issues: readonly BodyIssue[]) => {
  const [{ path, says } = { path: '', says: 'it is none' }] = issues
  return new Problem('BODY_INVALID', `Item ${item}: body${path}: ${says}.`, {
    details: { item, kind, path, issues },
  })
}
