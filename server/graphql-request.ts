import { countMarks } from '../core/json-marks.ts'
import { ProofError } from '../proofs/error.ts'
import { parseRawJson } from '../proofs/json.ts'
import { text } from '../proofs/utf8.ts'
import { readWhole } from './body-chunks.ts'
import type { Turns } from './limits/door.ts'
import { bodyInvalid, bodyTooDense, bodyTooLarge, contentTypeUnsupported } from './problems.ts'

/** The longest body of a GraphQL request: twice the longest batch. */
export const MOST_BODY_BYTES = 4_000_000

/**
 * The most commas and opening brackets of its JSON. It is parsed at one go, and what it says is looked at
 * again and again: 4 MB of empty arrays were a second in which nobody else is answered.
 */
export const MOST_BODY_MARKS = 50_000

/** What a GraphQL request says, as it is sent over HTTP. */
export interface GraphQLRequest {
  query?: string
  operationName?: string
  variables?: Record<string, unknown>
  extensions?: Record<string, unknown>
}

/**
 * Reads a GraphQL request from the body of a POST. Numbers that a double cannot hold stay as they were
 * written (as `JSON.rawJSON`): the JSON scalar takes them over, any other type refuses them.
 *
 * @throws {Problem} `REQUEST_CONTENT_TYPE`, `REQUEST_TOO_LARGE`, `REQUEST_BODY_INVALID`, and what
 *   waiting for a turn ends with.
 */
export async function readGraphQLRequest(request: Request, turns: Turns): Promise<GraphQLRequest> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(;\s*charset="?utf-?8"?\s*)?$/i.test(type)) {
    throw contentTypeUnsupported()
  }
  const hold = turns.hold
  const bytes = await readWhole(request, { most: MOST_BODY_BYTES, tooLarge: bodyTooLarge, hold })
  return turns.parse(bytes.length, () => checked(parse(bytes)))
}

/**
 * Reads a GraphQL request from the address of a GET, where `variables` and `extensions` are JSON.
 *
 * @throws {Problem} `REQUEST_BODY_INVALID`, and what waiting for a turn ends with.
 */
export function readGraphQLAddress({ url }: Request, turns: Turns): Promise<GraphQLRequest> {
  const json = (text: string | undefined) => (text ? parse(Buffer.from(text)) : undefined)
  return turns.parse(url.length, () => {
    const said = Object.fromEntries(new URL(url).searchParams)
    return checked({ ...said, variables: json(said.variables), extensions: json(said.extensions) })
  })
}

function checked(value: unknown): GraphQLRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bodyInvalid('it must be an object')
  }
  const said = value as GraphQLRequest
  // Where it is left out, its hash may stand for it.
  if (said.query !== undefined && typeof said.query !== 'string') {
    throw bodyInvalid('its member query must be a text')
  }
  return said
}

function parse(bytes: Uint8Array): unknown {
  if (countMarks(bytes, MOST_BODY_MARKS) > MOST_BODY_MARKS) throw bodyTooDense(MOST_BODY_MARKS)
  try {
    return parseRawJson(text(bytes))
  } catch (error) {
    if (error instanceof ProofError) throw bodyInvalid(error.message, error)
    throw error
  }
}
