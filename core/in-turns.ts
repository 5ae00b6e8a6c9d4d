/** How long may be worked before others get a turn. */
const AT_ONCE_MS = 10

/** Does the same with each of many, and lets other work go on in between: there is one thread for all. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  let since = performance.now()
  for (const item of items) {
    if (performance.now() - since >= AT_ONCE_MS) {
      await new Promise(setImmediate)
      since = performance.now()
    }
    results.push(work(item))
  }
  return results
}
