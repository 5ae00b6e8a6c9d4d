import { setTimeout } from 'node:timers/promises'
import { Problem } from '../../core/problem.ts'
import type { Client } from '../client.ts'
import { type StreamEvent, streamEvents } from './events.ts'
import type { Change } from './tell.ts'
import { TAIL } from './texts.ts'

/** What to follow. */
export interface Following {
  root: string | null
  direction: string
  depth: number
  kinds: string[] | null
  /** Where to go on; from now on where it is `null`. */
  after: string | null
}

/** How long to wait before the server is asked again: twice as long each time, up to the most. */
const FIRST_PAUSE_MS = 250
const MOST_PAUSE_MS = 15_000

/** A server says at least every quarter of a minute, by default, that it is there. */
const SILENT_MS = 90_000

/** What the server says that will pass, beside what it says to come again for. */
const PASSES = ['DATABASE_UNAVAILABLE', 'DATABASE_TIMEOUT', 'DEADLINE_EXCEEDED', 'SERVER_NOT_READY']

/**
 * Follows changes for as long as they are taken, each once and in order. Where the server goes away, or
 * ends the stream, it is asked again from the last position on that it told.
 *
 * @param onAway Told why it is asked again.
 * @throws {Problem} What the server refuses for good; `SERVER_UNREACHABLE` where there is none at first.
 */
export async function* followChanges(
  client: Client,
  following: Following,
  onAway: (because: string) => void,
): AsyncGenerator<Change> {
  let { after } = following
  let pause = FIRST_PAUSE_MS
  let hasAnswered = false
  for (;;) {
    const silence = new AbortController()
    try {
      const body = await opened(client, { ...following, after }, silence)
      const events = streamEvents(heard(body, silence), (id) => {
        after = id
        hasAnswered = true
        pause = FIRST_PAUSE_MS
      })
      for await (const event of events) {
        if (event.type === 'complete') break
        const change = changeIn(event)
        after = change.position
        yield change
      }
      throw new Problem('SERVER_UNREACHABLE', 'the stream ended', { status: 503 })
    } catch (error) {
      const problem = silence.signal.aborted ? silent() : problemIn(error)
      if (!mayPass(problem) || (!hasAnswered && problem.code === 'SERVER_UNREACHABLE')) {
        throw problem
      }
      onAway(problem.message)
    }
    await setTimeout(pause * (0.5 + Math.random() / 2))
    pause = Math.min(2 * pause, MOST_PAUSE_MS)
  }
}

async function opened(client: Client, variables: Following, silence: AbortController) {
  const response = await client.request('/graphql', {
    method: 'POST',
    signal: silence.signal,
    headers: {
      // What is refused before there is a stream is told as JSON.
      accept: 'text/event-stream, application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query: TAIL, variables }),
  })
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) return response.body!
  const { errors } = (await response.json()) as Answer
  throw refused(errors)
}

/** The chunks of a stream, which is broken off where it says nothing for too long. */
async function* heard(body: ReadableStream<Uint8Array>, silence: AbortController) {
  const listen = () => globalThis.setTimeout(() => silence.abort(), SILENT_MS)
  let timer = listen()
  try {
    for await (const chunk of body) {
      clearTimeout(timer)
      timer = listen()
      yield chunk
    }
  } finally {
    clearTimeout(timer)
  }
}

interface Answer {
  data?: { changes: Change } | null
  errors?: { message: string; extensions?: { code?: string; retryAfterSeconds?: number } }[]
}

function changeIn({ data }: StreamEvent): Change {
  const answer = JSON.parse(data) as Answer
  if (answer.data) return answer.data.changes
  throw refused(answer.errors)
}

function refused(errors: Answer['errors']) {
  const { message = 'the server told neither a change nor why', extensions = {} } =
    errors?.[0] ?? {}
  const { code = 'SERVER_ERROR', retryAfterSeconds } = extensions
  return new Problem(code, message, { status: retryAfterSeconds === undefined ? 400 : 503 })
}

const silent = () =>
  new Problem('SERVER_UNREACHABLE', 'the server says nothing any more', { status: 503 })

/** What breaks off while it is read is no `Problem`: the connection is gone. */
const problemIn = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem('SERVER_UNREACHABLE', 'the connection was lost', { status: 503, cause: error })

const mayPass = ({ code, status }: Problem) =>
  PASSES.includes(code) || [429, 502, 503, 504].includes(status)
