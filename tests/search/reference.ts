/** What an entity says, as far as a search looks at it. */
export interface Thing {
  id: string
  kind: string
  name: string
  /** Every text that it is found by, its name among them. */
  texts: readonly string[]
  owners: readonly string[]
}

/** The words of ASCII texts, by walking along the characters. It shares no rule with the code under test. */
function words(text: string, splitsNumbers: boolean): string[] {
  const sort = (c: string | undefined) =>
    c === undefined
      ? ' '
      : c >= 'a' && c <= 'z'
        ? 'a'
        : c >= 'A' && c <= 'Z'
          ? 'A'
          : c >= '0' && c <= '9'
            ? '0'
            : ' '
  const found = new Set<string>()
  for (const chunk of text.split(/[^a-zA-Z0-9]+/).filter(Boolean)) {
    let [hump, part] = ['', '']
    const take = (word: string) => word && found.add(word.toLowerCase())
    if (splitsNumbers) take(chunk)
    for (let i = 0; i <= chunk.length; i++) {
      const [before, here, after] = [sort(chunk[i - 1]), sort(chunk[i]), sort(chunk[i + 1])]
      const isHump = here === 'A' && i > 0 && (before !== 'A' || after === 'a')
      if (here === ' ' || isHump) {
        take(hump)
        hump = ''
      }
      const isNumber = (before === '0') !== (here === '0') && i > 0
      if (here === ' ' || isHump || isNumber) {
        if (splitsNumbers) take(part)
        part = ''
      }
      hump += chunk[i] ?? ''
      part += chunk[i] ?? ''
    }
  }
  return [...found]
}

/** Whether one letter is wrong at most: exchanged, missing, added, or swapped with the next. */
function isNear(a: string, b: string): boolean {
  if (a === b) return true
  const variants = (word: string) => {
    const all = new Set<string>()
    for (let i = 0; i <= word.length; i++) {
      all.add(`${word.slice(0, i)}?${word.slice(i)}`)
      if (i < word.length) all.add(`${word.slice(0, i)}?${word.slice(i + 1)}`)
    }
    return all
  }
  if (a.length === b.length) {
    const wrong = [...a].flatMap((c, i) => (c === b[i] ? [] : [i]))
    const [i = 0, j = 0] = wrong
    return (
      wrong.length === 1 || (wrong.length === 2 && j === i + 1 && a[i] === b[j] && a[j] === b[i])
    )
  }
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (long.length - short.length > 1) return false
  return [...variants(short)].some(
    (form) => form.length === long.length && [...form].every((c, i) => c === '?' || c === long[i]),
  )
}

/** All hits in their order, found by looking at every word of everything. */
export function expectedHits(things: readonly Thing[], text: string, kinds: readonly string[]) {
  const asked = words(text, false)
  const matches = (word: string, isLast: boolean, kept: string) =>
    kept === word ||
    (isLast && word.length > 1 && kept.startsWith(word)) ||
    (word.length > 3 && !/\d/.test(word) && isNear(word, kept))
  const rank = ({ name }: Thing) => {
    const [own, whole] = [name.toLowerCase(), text.trim().toLowerCase()]
    if (own === whole) return 0
    return own.startsWith(whole) ? 1 : 2 + asked.filter((word) => !own.includes(word)).length
  }
  return things
    .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
    .filter(({ texts }) => {
      const kept = [...new Set(texts.flatMap((one) => words(one, true)))]
      return asked.every((word, i) =>
        kept.some((one) => matches(word, i === asked.length - 1, one)),
      )
    })
    .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
}

/** How many of the things have each value, the most first. */
export function counts(values: readonly string[]) {
  const by = Map.groupBy(values, (value) => value)
  return [...by]
    .map(([value, all]) => ({ value, count: all.length }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}
