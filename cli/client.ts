import { Problem } from '../core/problem.ts'
import type { Config } from '../server/config.ts'
import { urlOf } from '../server/listen.ts'

/** A Selvedge server as a caller sees it: over HTTP, and as one tenant. */
export interface Client {
  readonly url: string
  readonly tenant: string
  /** @throws {Problem} With the code of the first error; what was answered beside it is dropped. */
  graphql<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>
  /** @throws {Problem} With the code that the server gives. */
  post<Answer>(path: string, json: string): Promise<Answer>
  /** @throws {Problem} With the code that the server gives. */
  get(path: string): Promise<Uint8Array>
  /** The answer as it comes, for what is long. @throws {Problem} With the code that the server gives. */
  request(path: string, init?: RequestInit): Promise<Response>
}

/** Where `npm start` serves under these settings. */
export const servedAt = ({ host, port, tlsCert }: Pick<Config, 'host' | 'port' | 'tlsCert'>) =>
  urlOf(host, port, tlsCert === null ? 'http' : 'https')

/** Who takes a request: the network, or in a test the app itself. */
export type Send = (request: Request) => Promise<Response>

export interface ClientOptions {
  send?: Send
  /**
   * Says who asks, asked anew for each request: a token ends. Where there is none the headers do,
   * which a server for development takes.
   */
  token?: () => Promise<string | undefined>
}

/** A client of a server, for one tenant. */
export function openClient(
  url: string,
  tenant: string,
  { send = fetch, token = async () => undefined }: ClientOptions = {},
): Client {
  const call = async (path: string, init: RequestInit = {}) => {
    const bearer = await token()
    const headers = {
      'x-selvedge-tenant': tenant,
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...init.headers,
    }
    const response = await reach(new Request(new URL(path, url), { ...init, headers }), send)
    if (!response.ok) throw await problemIn(response)
    return response
  }
  const post = async <Answer>(path: string, body: string) => {
    const headers = { 'content-type': 'application/json' }
    const response = await call(path, { method: 'POST', headers, body })
    return (await response.json()) as Answer
  }
  return {
    url,
    tenant,
    post,
    async graphql<Data>(query: string, variables?: Record<string, unknown>) {
      const body = JSON.stringify({ query, variables })
      const { data, errors } = await post<GraphQLAnswer<Data>>('/graphql', body)
      const [error] = errors ?? []
      if (error) throw new Problem(error.extensions?.code ?? 'SERVER_ERROR', error.message)
      return data
    },
    request: call,
    get: async (path) => new Uint8Array(await (await call(path)).arrayBuffer()),
  }
}

interface GraphQLAnswer<Data> {
  data: Data
  errors?: { message: string; extensions?: { code?: string } }[]
}

async function reach(request: Request, send: Send) {
  try {
    return await send(request)
  } catch (cause) {
    const message = `no server answers at ${new URL(request.url).origin}; \`npm start\` starts one`
    throw new Problem('SERVER_UNREACHABLE', message, { status: 503, cause })
  }
}

/** What the server says is wrong: a problem on REST, GraphQL errors on /graphql. */
async function problemIn(response: Response): Promise<Problem> {
  const told = (await response.json().catch(() => ({}))) as {
    code?: string
    detail?: string
    errors?: { message: string; extensions?: { code?: string } }[]
  }
  const [error] = told.errors ?? []
  const code = error?.extensions?.code ?? told.code ?? 'SERVER_ERROR'
  const message = error?.message ?? told.detail ?? `the server answered ${response.status}`
  return new Problem(code, message, { status: response.status })
}
