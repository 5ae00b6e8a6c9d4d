const ID =
  /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$|^(?!LicenseRef-|DocumentRef-)[A-Za-z0-9][A-Za-z0-9.-]*\+?$/
const EXCEPTION = /^[A-Za-z0-9][A-Za-z0-9.-]*$/
const WORDS = ['AND', 'OR', 'WITH', '(', ')']

/** How deep brackets may stand in an expression. */
export const MOST_BRACKETS = 20

/**
 * Whether a text is an SPDX licence expression (SPDX 2.3, annex D): ids joined by `AND`, `OR` and `WITH`.
 * It says nothing about whether the ids are on SPDX's list, which grows from month to month.
 */
export function isSpdxExpression(text: string): boolean {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  const take = (...wanted: string[]) => wanted.includes(tokens[at] ?? '') && at++ >= 0
  const takeForm = (form: RegExp) => {
    const token = tokens[at] ?? ''
    return !WORDS.includes(token) && form.test(token) && at++ >= 0
  }
  const single = (depth: number): boolean => {
    if (take('(')) return depth < MOST_BRACKETS && joined(depth + 1) && take(')')
    return takeForm(ID) && (!take('WITH') || takeForm(EXCEPTION))
  }
  const joined = (depth: number): boolean => {
    do {
      if (!single(depth)) return false
    } while (take('AND', 'OR'))
    return true
  }
  return joined(0) && at === tokens.length
}
