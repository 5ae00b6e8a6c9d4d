import { markOf, nameToken, SORTS } from './findable.ts'
import { type Kind, kindInUrn } from './kinds.ts'
import { mayBeBegun, mayBeMisspelt } from './words.ts'

/** What is asked for: words that must all be there, the last of which may be the beginning of one. */
export interface WordsAsked {
  text: string
  words: readonly string[]
  kinds: readonly Kind[]
}

/**
 * What is asked of the full-text index, in the syntax of Lucene, and what instead where that finds more
 * than is looked at: each narrower than the one before it, and each decided by the tenant's own words
 * alone. First go those with all the words in their name, and a share of the others; then names that
 * begin so, and a share of those. An index that is asked for its best hits breaks ties by where it keeps
 * them, and that depends on what others write.
 *
 * The words are letters and digits, so nothing that a caller writes is syntax.
 */
export function queriesFor(
  tenant: string,
  { text, words, kinds }: WordsAsked,
): readonly [string, ...string[]] {
  const mark = markOf(tenant)
  const token = (sort: string, word: string) => `words:${mark}${sort}${word}`
  const alternatives = (sort: string, word: string, isLast: boolean) => [
    token(sort, word),
    ...(isLast && mayBeBegun(word) ? [`${token(sort, word)}*`] : []),
    ...(mayBeMisspelt(word) ? [`${token(sort, word)}~1`] : []),
  ]
  const all = (sort: string) =>
    words
      .map((word, i) => `+(${alternatives(sort, word, i === words.length - 1).join(' ')})`)
      .join(' ')
  const ofKinds =
    kinds.length === 0
      ? ''
      : ` +(${kinds.map((kind) => token(SORTS.kind, kindInUrn(kind))).join(' ')})`
  const [anywhere, inName] = [all(SORTS.word), all(SORTS.ofName)]
  const whole = token(SORTS.name, nameToken(text))
  const share = (query: string, part: string) => `(${query} +${token(SORTS.part, part)}*)`
  return [
    anywhere,
    `+((${inName}) ${share(anywhere, '0')})`,
    `+((${inName}) ${share(anywhere, '00')})`,
    `+(${whole}* ${share(inName, '0')})`,
    `+(${whole}* ${share(inName, '00')})`,
    `+(${whole} ${share(inName, '00')})`,
    `+${share(`+${whole}`, '00')}`,
  ].map((query) => query + ofKinds) as [string, ...string[]]
}
