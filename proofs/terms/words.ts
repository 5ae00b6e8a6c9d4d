/** The names by which vocabularies are known, by the addresses that their words begin with. */
const PREFIXES: readonly [address: RegExp, prefix: string][] = [
  [/^https?:\/\/www\.w3\.org\/ns\/odrl\/2\//, 'odrl:'],
  [/^https?:\/\/creativecommons\.org\/ns#/, 'cc:'],
  [/^https?:\/\/(?:w3id\.org\/dpv(?:\/owl)?|(?:www\.)?w3\.org\/ns\/dpv)[#/]/, 'dpv:'],
]

/**
 * Writes a word in the one way by which it is compared: by the prefix of its vocabulary where it has
 * one of those that are known, as it is otherwise.
 *
 * @param bare The prefix that a word without any is taken to have.
 */
export function wordOf(given: string, bare = ''): string {
  for (const [address, prefix] of PREFIXES) {
    if (address.test(given)) return given.replace(address, prefix)
  }
  return /^[\w.+-]+$/.test(given) ? `${bare}${given}` : given
}

/** What a word belongs to: what stands before its last `#`, `/` or `:`. */
const vocabularyOf = (word: string) => word.slice(0, word.search(/[^#/:]*$/))

/** A vocabulary in which a word may be part of others. */
export interface Hierarchy {
  /** What each of its words is part of. */
  parents: ReadonlyMap<string, readonly string[]>
  /** The vocabularies that its words are of. */
  has: (word: string) => boolean
}

/**
 * How what a rule names stands to what is asked: `all` of it, only a `part` of it, none (`no`), or
 * nobody can tell (`unsaid`): nothing was said, or in words that cannot be compared.
 */
export type Fit = 'all' | 'part' | 'no' | 'unsaid'

/** Whether one word is another, or part of it. */
export function isWithin(word: string, of: string, { parents }: Hierarchy): boolean {
  const seen = new Set<string>()
  const left = [word]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next === of) return true
    if (seen.has(next)) continue
    seen.add(next)
    left.push(...(parents.get(next) ?? []))
  }
  return false
}

/** How one word of a rule fits what is asked. A word that its vocabulary does not list can be part of any. */
export function fitOf(rule: string, asked: string, hierarchy: Hierarchy): Fit {
  if (isWithin(asked, rule, hierarchy)) return 'all'
  if (isWithin(rule, asked, hierarchy)) return 'part'
  const [isKnown, isListed] = [hierarchy.has(rule), hierarchy.parents.has(asked)]
  if (isKnown && isListed) return hierarchy.parents.has(rule) ? 'no' : 'unsaid'
  if (isKnown || hierarchy.has(asked)) return 'unsaid'
  return vocabularyOf(rule) === vocabularyOf(asked) ? 'no' : 'unsaid'
}

const ORDER: readonly Fit[] = ['all', 'unsaid', 'part', 'no']

/** How a list of words fits, any of which will do; nothing in the list stands for everything. */
export function bestFit(rules: readonly string[] | undefined, fit: (rule: string) => Fit): Fit {
  if (rules === undefined || rules.length === 0) return 'all'
  return rules.map(fit).reduce((a, b) => (ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b))
}

/** How several conditions fit together, all of which must. */
export const worstFit = (...fits: readonly Fit[]): Fit =>
  fits.reduce((a, b) => (ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b), 'all')
