export const TAIL = `subscription Tail(
  $after: String, $root: ID, $direction: Direction!, $depth: Int!, $kinds: [Kind!]
) {
  changes(after: $after, root: $root, direction: $direction, depth: $depth, kinds: $kinds) {
    position
    entity { id kind namespace name }
    version {
      version seq recordedAt actor action erasure
      linked { relation to } unlinked { relation to }
      changes { name change }
    }
  }
}`
