import { actionOf } from '../../proofs/terms/actions.ts'
import type { Rule } from '../../proofs/terms/rule.ts'
import type { Saying } from '../../proofs/terms/statement.ts'

/** One of the things that a licence says before a change, or after it, and not both. */
export interface Difference extends Saying {
  comes: boolean
  /**
   * Whether it says alone what it entails: not where there is a choice, nor where the same is said in
   * another place on the other side of the change.
   */
  isSure: boolean
}

/**
 * What comes and what goes where a licence says other things than before, its clauses being named
 * alike on both sides. On the day that is asked about: how long a rule holds makes no difference.
 */
export function differenceOf(
  before: readonly Saying[],
  after: readonly Saying[],
): readonly Difference[] {
  // What nobody knows denies, in however many words.
  if (isUnknown(before) && isUnknown(after)) return []
  const [had, has] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))]
  const goes = before.filter((saying) => !has.has(keyOf(saying)))
  const comes = after.filter((saying) => !had.has(keyOf(saying)))
  const isChosen = [...before, ...after].some(({ isChoice }) => isChoice)
  // Where every choice is unknown, nothing is left to choose.
  const isLost = isUnknown(after)
  const contents = (sayings: readonly Saying[]) => new Set(sayings.map(contentOf))
  const [gone, come] = [contents(goes), contents(comes)]
  return [
    ...goes.map((saying) => ({
      ...{ ...saying, comes: false },
      isSure: !isChosen && !come.has(contentOf(saying)),
    })),
    ...comes.map((saying) => ({
      ...{ ...saying, comes: true },
      isSure: isLost || (!isChosen && !gone.has(contentOf(saying))),
    })),
  ]
}

const isUnknown = (sayings: readonly Saying[]) =>
  sayings.length > 0 && sayings.every(({ says }) => 'unknown' in says)

/** What nobody knows is the same, whyever. */
const keyOf = (saying: Saying) =>
  JSON.stringify([saying.clause, saying.spdx, saying.isChoice, contentOf(saying)])

/** What something says, wherever it says it. */
export const contentOf = ({ says }: Pick<Saying, 'says'>) =>
  'unknown' in says ? 'unknown' : contentOfRule(says)

const listOf = (words: readonly string[] | undefined) => [...new Set(words ?? [])].sort()

/** A rule without how long it holds, so that those that mean the same by the same words are equal. */
export const contentOfRule = ({ type, action, ...rule }: Rule) =>
  JSON.stringify([
    type,
    actionOf(action),
    listOf(rule.purposes),
    listOf(rule.recipients),
    listOf(rule.jurisdictions),
    rule.upon ? listOf(rule.upon) : null,
  ])
