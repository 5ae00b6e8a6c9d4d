import { type Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** An answer as whoever attacks reads it. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** What a request consists of. A header given as a list is sent as often as the list is long. */
export interface Sent {
  method?: string
  path?: string
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
  agent?: Agent
}

/** Sends a request by `node:http`, which neither follows, caches, inflates nor tidies a path. */
export const send = (
  port: number,
  { method = 'GET', path = '/', headers = {}, body, agent }: Sent,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, method, path, headers, agent }
    const outgoing = request(to, (incoming) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(parts).toString(),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })

/** Sends bytes as they are, and reads the first answer when the server has ended the connection. */
export function sendBytes(
  port: number,
  bytes: string | Uint8Array,
  { end = true }: { end?: boolean } = {},
) {
  const socket = connect(port, '127.0.0.1')
  const answer = answerOn(socket)
  if (end) socket.end(bytes)
  else socket.write(bytes)
  return answer
}

/** Sends some bytes at once, and then one after the other until the server has had enough. */
export async function sendSlowly(port: number, bytes: string, rest: string) {
  const socket = connect(port, '127.0.0.1')
  const answer = answerOn(socket)
  socket.write(bytes)
  let at = 0
  const drip = setInterval(() => socket.write(rest[at++ % rest.length]!), 20)
  try {
    return await answer
  } finally {
    clearInterval(drip)
  }
}

async function answerOn(socket: Socket) {
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  // A server may be done with a request before all of it is sent.
  socket.on('error', () => {})
  await new Promise((resolve) => {
    socket.once('close', resolve)
  })
  return readAnswer(Buffer.concat(parts).toString())
}

function readAnswer(all: string) {
  // What may be sent on is no answer yet.
  const text = all.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((one) => {
      const at = one.indexOf(':')
      return [one.slice(0, at).toLowerCase(), one.slice(at + 1).trim()]
    }),
  )
  const status = Number(line.split(' ')[1])
  const answers = text.match(/^HTTP\/1\.1 /gm)?.length ?? 0
  return { status, headers, body: rest.join('\r\n\r\n'), answers }
}

/** The first code that an answer tells: of a problem, of a GraphQL error, or of an item of a batch. */
export function codeIn({ body }: Pick<Answer, 'body'>): string | null {
  // Chunks come with their lengths.
  const [json = 'null'] = /\{.*\}/s.exec(body) ?? []
  const told = JSON.parse(json) as {
    code?: string
    errors?: { extensions?: { code?: string } }[]
    results?: { code?: string }[]
  } | null
  const inErrors = told?.errors?.find(({ extensions }) => extensions?.code)?.extensions?.code
  return told?.code ?? inErrors ?? told?.results?.find(({ code }) => code)?.code ?? null
}
