import type { Said } from '../../proofs/terms/statement.ts'

/** Whether an assessment says anything that could hold: it was made, and did not end in a no. */
export const isAssessing = (said: Said | undefined): said is Said & { fields: object } =>
  said?.fields != null &&
  said.action !== 'retire' &&
  Object.hasOwn(said.fields, 'title') &&
  said.fields.decision !== 'rejected'

/** Whether it holds at an instant: it has not expired by then. */
export function holdsAt(said: Said | undefined, at: string): boolean {
  if (!isAssessing(said)) return false
  const { expiresAt } = said.fields as { expiresAt?: string }
  return expiresAt === undefined || Date.parse(expiresAt) > Date.parse(at)
}
