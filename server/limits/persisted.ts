import { createLRUCache } from 'graphql-yoga'
import type { GraphQLRequest } from '../graphql-request.ts'
import {
  bodyInvalid,
  operationNotListed,
  persistedQueryInvalid,
  persistedQueryNotFound,
} from '../problems.ts'
import { type Documents, hashOf, readOperations } from './operations-file.ts'

/** Turns a request that names its document by hash into one that says it. */
export type Persisted = (request: GraphQLRequest) => GraphQLRequest

/** Texts that callers have sent with their hash: at most 8 MB. */
const MOST_REMEMBERED = 1_000
const LONGEST_REMEMBERED = 8_192

/**
 * Opens the documents of one server. Those in the file of the settings may always be asked for by hash;
 * others once somebody has sent them with it, as Apollo's clients do by themselves, and until they are
 * forgotten again. Where only listed ones may run, no other does, by hash or by text.
 *
 * @throws {Problem} `OPERATIONS_INVALID`
 */
export function openPersisted({
  operations,
  operationsOnly,
}: {
  operations: string | null
  operationsOnly: boolean
}): Persisted {
  const listed: Documents = operations === null ? new Map() : readOperations(operations)
  const remembered = createLRUCache<string>({ max: MOST_REMEMBERED })
  const find = (hash: string) => {
    const document = listed.get(hash) ?? (operationsOnly ? undefined : remembered.get(hash))
    if (document !== undefined) return document
    throw operationsOnly ? operationNotListed() : persistedQueryNotFound()
  }
  return (request) => {
    const asked = hashAsked(request)
    const { query } = request
    if (query === undefined && asked === undefined) {
      throw bodyInvalid('its member query must be a text')
    }
    if (query === undefined) return { ...request, query: find(asked!) }
    if (asked === undefined && !operationsOnly) return request
    const hash = hashOf(query)
    if (asked !== undefined && asked !== hash) {
      throw persistedQueryInvalid('the text has another SHA-256')
    }
    if (operationsOnly && !listed.has(hash)) throw operationNotListed()
    if (!operationsOnly && query.length <= LONGEST_REMEMBERED) remembered.set(hash, query)
    return request
  }
}

function hashAsked({ extensions }: GraphQLRequest): string | undefined {
  const asked = extensions?.persistedQuery as
    | { version?: unknown; sha256Hash?: unknown }
    | undefined
  if (asked === undefined) return
  if (asked?.version !== 1) throw persistedQueryInvalid('version must be 1')
  const { sha256Hash } = asked
  if (typeof sha256Hash === 'string' && /^[0-9a-f]{64}$/.test(sha256Hash)) return sha256Hash
  throw persistedQueryInvalid('sha256Hash must be a SHA-256 in lower-case hex')
}
