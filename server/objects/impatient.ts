/** Hands parts on, and fails where the next does not come in time; how long they are used is not counted. */
export async function* impatient<Part>(
  source: AsyncIterable<Part>,
  patienceMs: number,
): AsyncGenerator<Part> {
  const parts = source[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(
        () => reject(new Error(`nothing came for ${patienceMs} ms`)),
        patienceMs,
      )
      const next = await Promise.race([parts.next(), late]).finally(() => clearTimeout(timer))
      ended = Boolean(next.done)
      if (next.done) return
      yield next.value
    }
  } finally {
    // Not waited for: it may never come either.
    if (!ended) void parts.return?.()?.then(undefined, () => {})
  }
}
