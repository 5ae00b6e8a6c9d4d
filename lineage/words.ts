/** The most characters (code points) of a word that are kept; of two that open alike neither is told from the other. */
export const LONGEST_WORD = 64

const CHUNK = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
/** `ordersDaily`, `HTTPServer`, `orders2Daily`: a word begins at a capital. */
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u
const NUMBER = /(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u
const ACCENTS = /[\u0300-\u036f]/g

/** Without what the eye passes over: accents, ligatures, forms of width. Case stays: it parts words. */
const plain = (text: string) => text.normalize('NFKD').replace(ACCENTS, '')

/** A small sigma has another form at the end of a word, which a capital does not tell. */
const folded = (word: string) =>
  cutTo(word.toLowerCase().replace(ACCENTS, '').replaceAll('ς', 'σ'), LONGEST_WORD)

/** The first so many code points of a text. */
export const cutTo = (text: string, most: number) =>
  text.length <= most ? text : Array.from(text).slice(0, most).join('')

const chunksOf = (text: string) => [...plain(text).matchAll(CHUNK)].map(([chunk]) => chunk)

/**
 * The words that a text is found by, each once: what stands between signs (`orders_daily.v2`), and
 * the parts of that where a capital or a number begins.
 */
export function wordsIn(text: string): string[] {
  const words = new Set<string>()
  for (const chunk of chunksOf(text)) {
    const humps = chunk.split(HUMP)
    for (const part of [chunk, ...humps, ...humps.flatMap((hump) => hump.split(NUMBER))]) {
      words.add(folded(part))
    }
  }
  return [...words]
}

/** The words that somebody asks for, in their order, each once: as `wordsIn`, but a number stays with its letters. */
export const wordsAsked = (text: string): string[] => [
  ...new Set(chunksOf(text).flatMap((chunk) => chunk.split(HUMP).map(folded))),
]

/** Whether a word may be misspelt: numbers are not, and one letter of a short word says too much. */
export const mayBeMisspelt = (word: string) =>
  !/\p{N}/u.test(word) && Array.from(word).length >= LEAST_MISSPELT

/** The fewest letters of a word that is also found with one letter wrong, missing, added, or two swapped. */
const LEAST_MISSPELT = 4

/** Whether a word may be the beginning of one. */
export const mayBeBegun = (word: string) => Array.from(word).length >= 2
