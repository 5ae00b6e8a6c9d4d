/** A page of the versions of an entity. */
export const HISTORY = `query History($id: ID!, $asOf: AsOf, $first: Int!, $after: String) {
  entity(id: $id, asOf: $asOf) {
    id kind namespace name
    history(first: $first, after: $after) {
      nodes {
        version seq recordedAt eventTime actor action erases erasure
        erased { seq at ground }
        changes { name change before after }
        linked { relation to }
        unlinked { relation to }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

/** A page of what differs between two moments. */
export const DIFF = `query Diff(
  $from: AsOf!, $to: AsOf, $root: LineageOf, $kinds: [Kind!], $first: Int!, $after: String
) {
  diff(from: $from, to: $to, root: $root, kinds: $kinds, first: $first, after: $after) {
    from to
    nodes {
      id change
      before { kind namespace name version retired }
      after { kind namespace name version retired aliasOf }
      fields { name change before after }
      edges { change relation to sinceBefore since }
    }
    pageInfo { hasNextPage endCursor }
  }
}`
