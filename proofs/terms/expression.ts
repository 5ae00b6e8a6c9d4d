import type { Rule } from './rule.ts'
import { rulesOfSpdx } from './spdx-licences.ts'

/** What an SPDX expression leaves to choose, and what holds in any case. */
export type Expression =
  | { id: string; rules: readonly Rule[] | undefined }
  | { joined: 'and' | 'or'; parts: readonly Expression[] }

const OWN = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/
const LISTED = /^(?!LicenseRef-|DocumentRef-)[A-Za-z0-9][A-Za-z0-9.-]*\+?$/
const EXCEPTION = /^[A-Za-z0-9][A-Za-z0-9.-]*$/
const WORDS = new Set(['AND', 'OR', 'WITH', '(', ')'])

/** How deep brackets may stand in an expression. */
export const MOST_BRACKETS = 20

/**
 * Reads an SPDX licence expression (SPDX 2.3, annex D): ids joined by `AND`, which binds closer, and `OR`.
 * An exception (`WITH`) only ever permits more, and a later version (`+`) only ever gives more to choose
 * from, so that both are left out: what is said without them holds with them too. Whether SPDX lists an
 * id is not asked, for its list grows from month to month, and what a bundle says must not.
 *
 * @returns `undefined` where it is none.
 */
export function readExpression(text: string): Expression | undefined {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  const take = (wanted: string) => tokens[at] === wanted && at++ >= 0
  const takeForm = (...forms: RegExp[]) => {
    const token = tokens[at] ?? ''
    const fits = !WORDS.has(token) && forms.some((form) => form.test(token))
    return fits ? tokens[at++] : undefined
  }
  const single = (depth: number): Expression | undefined => {
    if (take('(')) {
      const inner = depth < MOST_BRACKETS ? either(depth + 1) : undefined
      return take(')') ? inner : undefined
    }
    const id = takeForm(OWN, LISTED)?.replace(/\+$/, '')
    if (id === undefined || (take('WITH') && !takeForm(EXCEPTION))) return undefined
    return { id, rules: rulesOfSpdx(id) }
  }
  const joined = (word: 'AND' | 'OR', part: (depth: number) => Expression | undefined) => {
    return (depth: number): Expression | undefined => {
      const parts: Expression[] = []
      do {
        const one = part(depth)
        if (!one) return undefined
        parts.push(one)
      } while (take(word))
      return parts.length === 1 ? parts[0] : { joined: word === 'AND' ? 'and' : 'or', parts }
    }
  }
  const both = joined('AND', single)
  const either = joined('OR', both)
  const expression = either(0)
  return at === tokens.length ? expression : undefined
}

/** The single licences of an expression, each with whether another may be chosen in its place. */
export function leavesOf(
  expression: Expression,
  isChoice = false,
): { id: string; rules: readonly Rule[] | undefined; isChoice: boolean }[] {
  if ('id' in expression) return [{ ...expression, isChoice }]
  return expression.parts.flatMap((part) => leavesOf(part, isChoice || expression.joined === 'or'))
}
