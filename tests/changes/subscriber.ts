import { readEvents } from './events.ts'

export interface Told {
  data?: { changes: Record<string, unknown> & { position: string } } | null
  errors?: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[]
  extensions?: { position?: string }
}

export const CHANGES = `subscription Changes(
  $after: String, $root: ID, $direction: Direction! = UPSTREAM, $depth: Int! = 4, $kinds: [Kind!]
) {
  changes(after: $after, root: $root, direction: $direction, depth: $depth, kinds: $kinds) {
    position
    entity { id kind name }
    version { seq version action }
  }
}`

export interface SubscribeAsked {
  send?: (request: Request) => Promise<Response>
  url?: string
  tenant: string
  query?: string
  variables?: Record<string, unknown>
  headers?: Record<string, string>
  extensions?: object
}

/** An open subscription as its client sees it. */
export interface Subscriber {
  response: Response
  /** The next result; `undefined` once the stream has ended. */
  next(): Promise<Told | undefined>
  /** The last event id that was seen: where to go on. */
  readonly lastSeen: string
  /** Goes away, as a client does whose network is gone. */
  cut(): void
}

/** Subscribes by a POST, with a parser that knows nothing of how the stream is written. */
export async function subscribe({
  send = fetch,
  url = 'http://localhost',
  tenant,
  query = CHANGES,
  variables = {},
  headers = {},
  extensions,
}: SubscribeAsked): Promise<Subscriber> {
  const going = new AbortController()
  const response = await send(
    new Request(`${url}/graphql`, {
      method: 'POST',
      signal: going.signal,
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        'x-selvedge-tenant': tenant,
        ...headers,
      },
      body: JSON.stringify({ query, variables, extensions }),
    }),
  )
  let lastSeen = ''
  const events = readEvents(response.body!, (id) => {
    lastSeen = id
  })
  return {
    response,
    async next() {
      for (;;) {
        const { done, value } = await events.next()
        if (done || value.type === 'complete') return undefined
        if (value.type === 'next') return JSON.parse(value.data) as Told
      }
    },
    get lastSeen() {
      return lastSeen
    },
    cut: () => going.abort(),
  }
}
