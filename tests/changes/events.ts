/** A server-sent event, as the rules of HTML have it read (section 9.2.6). */
export interface ServerSentEvent {
  type: string
  data: string
  lastEventId: string
}

/** Reads a stream by those rules alone, and shares nothing with what writes it. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  seen: (lastEventId: string) => void = () => {},
): AsyncGenerator<ServerSentEvent> {
  let [buffer, type, data, id] = ['', '', '', '']
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as never)) {
    buffer += chunk as unknown as string
    for (let end = buffer.search(/\r\n|\n|\r/); end >= 0; end = buffer.search(/\r\n|\n|\r/)) {
      const line = buffer.slice(0, end)
      buffer = buffer.slice(end + (buffer.startsWith('\r\n', end) ? 2 : 1))
      if (line === '') {
        seen(id)
        if (data !== '') {
          yield { type: type || 'message', data: data.slice(0, -1), lastEventId: id }
        }
        ;[type, data] = ['', '']
        continue
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
      if (field === 'event') type = value!
      if (field === 'data') data += `${value}\n`
      if (field === 'id') id = value!
    }
  }
}
