import { Problem } from '../../core/problem.ts'
import type { Client } from '../client.ts'

/** What is run: a text, or a saved query by its name. */
export interface Asked {
  query?: string
  operationName?: string
  variables?: Record<string, unknown>
  extensions?: { savedQuery: { name: string; version?: number } }
}

interface Answer {
  data?: unknown
  errors?: {
    message: string
    path?: (string | number)[]
    locations?: { line: number; column: number }[]
    extensions?: { code?: string }
  }[]
  extensions?: { position?: string }
}

/**
 * Runs a query. An answer with an error in it is none: what is beside it would look whole.
 *
 * @throws {Problem} With the code of the first error, and where it is.
 */
export async function ask(client: Client, asked: Asked) {
  const { data, errors, extensions } = await client.post<Answer>('/graphql', JSON.stringify(asked))
  const [error] = errors ?? []
  if (error) {
    const [at] = error.locations ?? []
    const place = at ? ` (line ${at.line}, column ${at.column})` : ''
    const path = error.path ? ` (at ${error.path.join('.')})` : ''
    throw new Problem(error.extensions?.code ?? 'SERVER_ERROR', `${error.message}${path || place}`)
  }
  return { data, position: extensions?.position ?? null }
}
