/** What is read of a batch before others have their turn at the process: some milliseconds of work. */
const BYTES_AT_ONCE = 65_536

/**
 * Reads the parts of a batch one by one, and pauses between some of them.
 *
 * @param pause Looks at whatever else has come in.
 * @throws What `read` throws, which is then of the whole batch.
 */
export async function readParts<Item>(
  parts: Iterable<Uint8Array>,
  { pause, read }: { pause(): Promise<void>; read(part: Uint8Array): Item },
): Promise<Item[]> {
  const items: Item[] = []
  let since = 0
  for (const part of parts) {
    if (since + part.length > BYTES_AT_ONCE && since > 0) {
      await pause()
      since = 0
    }
    since += part.length
    items.push(read(part))
  }
  return items
}
