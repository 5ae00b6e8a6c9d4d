/** An SPDX licence expression (SPDX 2.3, annex D), read. */
export type Expression =
  | { id: string; exception: string | null }
  | { any: readonly [Expression, Expression] }
  | { all: readonly [Expression, Expression] }

const WORD = /\s*(\(|\)|[A-Za-z0-9.:+-]+)/y

/** Reads an expression, or gives `null` for what is none: `SEE LICENSE IN …`, a list, a sentence. */
export function parseExpression(text: string): Expression | null {
  const words = wordsOf(text)
  if (words === null) return null
  let at = 0
  const take = (word: string) => words[at] === word && ++at > 0
  const one = (): Expression | null => {
    if (take('(')) {
      const inner = any()
      return inner && take(')') ? inner : null
    }
    const id = words[at++]
    if (id === undefined || /^(\)|AND|OR|WITH)$/.test(id)) return null
    if (!take('WITH')) return { id, exception: null }
    const exception = words[at++]
    return exception === undefined ? null : { id, exception }
  }
  // AND binds closer than OR.
  const all = (): Expression | null => joined(one, 'AND', (left, right) => ({ all: [left, right] }))
  const any = (): Expression | null => joined(all, 'OR', (left, right) => ({ any: [left, right] }))
  function joined(
    part: () => Expression | null,
    word: string,
    join: (left: Expression, right: Expression) => Expression,
  ) {
    let left = part()
    while (left && take(word)) {
      const right = part()
      left = right && join(left, right)
    }
    return left
  }
  const read = any()
  return at === words.length ? read : null
}

function wordsOf(text: string): string[] | null {
  const words: string[] = []
  WORD.lastIndex = 0
  for (let end = 0; end < text.trimEnd().length; end = WORD.lastIndex) {
    const found = WORD.exec(text)
    if (!found) return null
    words.push(found[1]!)
  }
  return words
}

/** Whether the licences allowed suffice: of «or» one of the two, of «and» both. */
export function isAllowed(expression: Expression, allowed: ReadonlySet<string>): boolean {
  if ('any' in expression) return expression.any.some((one) => isAllowed(one, allowed))
  if ('all' in expression) return expression.all.every((one) => isAllowed(one, allowed))
  // An exception only ever permits more, but what it permits was not looked at.
  return expression.exception === null && allowed.has(expression.id)
}
