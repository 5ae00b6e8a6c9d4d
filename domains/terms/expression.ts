import parse, { type Info } from 'spdx-expression-parse'
import type { Rule } from './rule.ts'
import { rulesOfSpdx } from './spdx-licences.ts'

/** What an SPDX expression leaves to choose, and what holds in any case. */
export type Expression =
  | { id: string; rules: readonly Rule[] | undefined }
  | { joined: 'and' | 'or'; parts: readonly Expression[] }

/**
 * Reads an expression. An exception only ever permits more, and a later version only ever gives more to
 * choose from, so that both are left out: what is said without them holds with them too.
 *
 * @returns `undefined` where it is none, or names what SPDX does not list.
 */
export function readExpression(text: string): Expression | undefined {
  try {
    return expressionOf(parse(text))
  } catch {
    // The parser throws errors of no class of its own, and only for texts that it cannot read.
    return undefined
  }
}

function expressionOf(info: Info): Expression {
  if ('license' in info) return { id: info.license, rules: rulesOfSpdx(info.license) }
  const { conjunction: joined } = info
  const parts: Expression[] = []
  let rest: Info = info
  for (; 'conjunction' in rest && rest.conjunction === joined; rest = rest.right) {
    parts.push(expressionOf(rest.left))
  }
  return { joined, parts: [...parts, expressionOf(rest)] }
}

/** The single licences of an expression, each with whether another may be chosen in its place. */
export function leavesOf(
  expression: Expression,
  isChoice = false,
): { id: string; rules: readonly Rule[] | undefined; isChoice: boolean }[] {
  if ('id' in expression) return [{ ...expression, isChoice }]
  return expression.parts.flatMap((part) => leavesOf(part, isChoice || expression.joined === 'or'))
}
