/**
 * The known name that differs least from a misspelt one, where any is near enough to be meant: two
 * signs that are missing, too many or others, and one more for every six that it has.
 */
export function nearest(name: string, known: readonly string[]): string | null {
  // A name of any length may come from a file; none of ours is longer than this.
  const asked = name.slice(0, 80).toLowerCase()
  const [best] = known
    .map((one) => ({ one, far: distance(asked, one.toLowerCase()) }))
    .filter(({ far }) => far <= 2 + Math.floor(asked.length / 6))
    .sort((a, b) => a.far - b.far)
  return best?.one ?? null
}

/** Levenshtein's distance, a row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, sign] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const changed = row[j]! + (sign === b[j] ? 0 : 1)
      next.push(Math.min(changed, row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
