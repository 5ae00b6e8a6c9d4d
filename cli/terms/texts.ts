const SAID = `rule { type action upon purposes recipients jurisdictions validFrom validUntil }
      unknown spdx license { id kind name } clause { id kind name }
      path { entities { id kind name } hops { relation } }`

/** A page of the terms of an entity. */
export const TERMS = `query Terms($id: ID!, $at: DateTime, $asOf: AsOf, $first: Int!, $after: String) {
  terms(id: $id, at: $at, asOf: $asOf, first: $first, after: $after) {
    root { id kind name } at total position
    nodes { ${SAID} isChoice }
    transformations { id kind name }
    pageInfo { hasNextPage endCursor }
  }
}`

/** Whether something may be used. */
export const MAY_USE = `query MayUse(
  $id: ID!, $action: String!, $purpose: String!, $recipient: String, $jurisdiction: String,
  $at: DateTime, $asOf: AsOf, $first: Int!
) {
  mayUse(
    id: $id, action: $action, purpose: $purpose, recipient: $recipient, jurisdiction: $jurisdiction,
    at: $at, asOf: $asOf, first: $first
  ) {
    answer at total root depth position evidence
    reasons { code ${SAID} }
  }
}`
