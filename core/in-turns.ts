/** How many are done before others get a turn. */
const AT_ONCE = 20

/** Does the same with each of many, and lets other work go on in between: there is one thread for all. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  for (const [i, item] of items.entries()) {
    if (i > 0 && i % AT_ONCE === 0) await new Promise(setImmediate)
    results.push(work(item))
  }
  return results
}
