/** The bounds of saved queries; the table is in docs/limits.md. */
export const SAVED_QUERY_LIMITS = {
  /** Of a tenant, those removed not counted. */
  queries: 1_000,
  /** Characters of a name. */
  name: 100,
  /** Characters of a document: the longest whose text a server keeps parsed. */
  document: 8_192,
  /** Characters of a title. */
  title: 200,
  /** Characters of a description. */
  description: 2_000,
  /** Characters of the default variables, as JSON. */
  variables: 8_192,
} as const
