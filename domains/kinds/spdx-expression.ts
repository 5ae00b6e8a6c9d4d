import { readExpression } from '../../proofs/terms/expression.ts'

/**
 * Whether a text is an SPDX licence expression (SPDX 2.3, annex D): ids joined by `AND`, `OR` and `WITH`.
 * It says nothing about whether the ids are on SPDX's list, which grows from month to month.
 */
export const isSpdxExpression = (text: string): boolean => readExpression(text) !== undefined
