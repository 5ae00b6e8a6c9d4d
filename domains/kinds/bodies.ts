import { TYPED_KINDS, type TypedKind } from '../../lineage/kinds.ts'
import type { KindBody } from './body.ts'
import { SOURCE } from './source.ts'

/** What each kind of thing says of itself: the one place that a new kind's body is named in. */
export const BODIES: Record<TypedKind, KindBody> = {
  Source: SOURCE,
}

/** What a thing of each kind is, in a sentence. */
export const WHAT_TYPED_KINDS_ARE = Object.fromEntries(
  TYPED_KINDS.map((kind) => [kind, BODIES[kind].says]),
) as Record<TypedKind, string>
