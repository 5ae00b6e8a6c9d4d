import type { PageInfo } from '../time/pages.ts'

/** A saved query, as the API gives it. */
export interface SavedQuery {
  name: string
  version: number
  recordedAt: string
  title: string | null
  description: string | null
  operationName: string | null
  document: string | null
  variables: Record<string, unknown> | null
}

export interface Listed {
  savedQueries: { nodes: SavedQuery[]; pageInfo: PageInfo }
}
export interface Shown {
  savedQuery: SavedQuery | null
}
export interface Saved {
  savedQuerySave: { savedQuery: SavedQuery; changed: boolean; position: string }
}
export interface Removed {
  savedQueryRemove: { position: string }
}

const SAVED_QUERY =
  'name version recordedAt title description operationName document variables' as const

export const LIST = `query SavedQueries($first: Int!, $after: String) {
  savedQueries(first: $first, after: $after) { nodes { ${SAVED_QUERY} } pageInfo { hasNextPage endCursor } }
}`

export const SHOW = `query SavedQuery($name: String!) { savedQuery(name: $name) { ${SAVED_QUERY} } }`

export const SAVE = `mutation Save($input: SavedQueryInput!) {
  savedQuerySave(input: $input) { savedQuery { ${SAVED_QUERY} } changed position }
}`

export const REMOVE =
  'mutation Remove($name: String!) { savedQueryRemove(name: $name) { position } }'
