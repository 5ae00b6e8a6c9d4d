import { type ForeignJson, type Json, rawJson } from '../../proofs/json.ts'
import { SAVED_QUERY_LIMITS } from './limits.ts'
import { savedQueryInvalid } from './problems.ts'

/** What the body of a `SavedQuery` says. */
export interface SavedQueryBody {
  /** The text of a GraphQL document, as it was given. */
  document: string
  title?: string
  description?: string
  /** The operation of the document that is run, where it has several. */
  operationName?: string
  /** The values that variables have where whoever runs it gives none. */
  variables?: { [name: string]: Json }
}

/** A saved query as it is asked for. */
export interface SavedQueryAsked {
  name: string
  document: string
  title?: string | null
  description?: string | null
  operationName?: string | null
  variables?: ForeignJson | null
}

/**
 * Holds what is to be saved against the schema and the limits of operations, as if it were sent.
 *
 * @throws {Problem} `SAVED_QUERY_INVALID`, and what an operation is refused with that is sent.
 */
export type CheckDocument = (body: SavedQueryBody) => void

const NAME = /^[a-z0-9][a-z0-9._-]*$/

/**
 * What a saved query is to say, but for whether its document is one.
 *
 * @throws {Problem} `SAVED_QUERY_INVALID`
 */
export function readSavedQuery(asked: SavedQueryAsked): { name: string; body: SavedQueryBody } {
  const { name, document } = asked
  const { name: longest } = SAVED_QUERY_LIMITS
  if (name.length > longest || !NAME.test(name)) {
    throw savedQueryInvalid(
      'name',
      `it has 1 to ${longest} of a-z, 0-9, ".", "_" and "-", and opens with a letter or a digit.`,
    )
  }
  requireShort('document', document)
  const title = textOf('title', asked.title)
  const description = textOf('description', asked.description)
  const operationName = asked.operationName || undefined
  const variables = readVariables(asked.variables)
  return {
    name,
    body: {
      document,
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...(operationName !== undefined && { operationName }),
      ...(variables !== undefined && { variables }),
    },
  }
}

function textOf(what: 'title' | 'description', given: string | null | undefined) {
  if (!given) return undefined
  requireShort(what, given)
  return given
}

function requireShort(what: 'document' | 'title' | 'description' | 'variables', text: string) {
  const most = SAVED_QUERY_LIMITS[what]
  if (text.length > most) throw savedQueryInvalid(what, `it has at most ${most} characters.`)
}

function readVariables(given: ForeignJson | null | undefined) {
  if (given == null || given.value === null) return undefined
  const { value, numbersAsText } = given
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw savedQueryInvalid('variables', 'they must be a JSON object.', { path: '' })
  }
  requireShort('variables', JSON.stringify(rawJson(value, numbersAsText)))
  const [path] = numbersAsText
  if (path !== undefined) {
    throw savedQueryInvalid('variables', 'a number here is none that a double holds.', { path })
  }
  return Object.keys(value).length === 0 ? undefined : value
}

/** What a body says, as it is stored; `null` where it is erased, or removed. */
export function bodyOf(fields: Readonly<Record<string, unknown>>): SavedQueryBody | null {
  const { document, title, description, operationName, variables } =
    fields as Partial<SavedQueryBody>
  return document === undefined ? null : { document, title, description, operationName, variables }
}
