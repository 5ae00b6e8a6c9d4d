/** A server-sent event that says something. */
export interface StreamEvent {
  type: string
  data: string
}

/**
 * Reads server-sent events as they come.
 *
 * @param seen Told every id that comes, with an event or alone: where to go on.
 */
export async function* streamEvents(
  body: AsyncIterable<Uint8Array>,
  seen: (id: string) => void,
): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder()
  let left = ''
  for await (const chunk of body) {
    left += decoder.decode(chunk, { stream: true })
    const blocks = left.split('\n\n')
    left = blocks.pop()!
    for (const block of blocks) {
      const { id, event = 'message', data } = fieldsOf(block)
      if (id !== undefined) seen(id)
      if (data !== undefined) yield { type: event, data }
    }
  }
}

const fieldsOf = (block: string): Partial<Record<string, string>> =>
  Object.fromEntries(
    block.split('\n').flatMap((line) => {
      const at = line.indexOf(':')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).replace(/^ /, '')]] : []
    }),
  )
