import type { Wrong } from './body.ts'
import { several, text } from './parts.ts'

/** Up to 100 conditions of a verdict. */
export const conditionsOf = (says: string) =>
  several(text(5_000, 'A condition.'), 100, says).optional()

/** What is wrong where there are conditions of what is unconditional, or none of what is not. */
export const needsConditions = (
  verdict: string,
  conditions: readonly string[] = [],
): Wrong | undefined =>
  (verdict === 'conditional') === conditions.length > 0
    ? undefined
    : {
        path: ['conditions'],
        says: 'there are conditions where, and only where, the verdict is conditional',
      }
