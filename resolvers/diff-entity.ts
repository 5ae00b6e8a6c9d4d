import type { EntityAt } from '../lineage/entities.ts'
import type { Relation } from '../lineage/kinds.ts'
import type { Position } from '../lineage/position.ts'
import type { Fields } from '../loaders/record.ts'
import type { Context } from './context.ts'
import { type Change, type FieldChange, fieldChanges } from './field-changes.ts'

/** An edge upstream that differs between two moments. */
export interface EdgeChange {
  change: Change
  relation: Relation
  to: string
  /** The record that had added it; `null` where it is ADDED. */
  sinceBefore: number | null
  /** The record that added it; `null` where it is REMOVED. */
  since: number | null
}

/** An entity that differs between two moments, as it was at each; `null` where it was not there. */
export interface EntityChange {
  id: string
  change: Change
  before: EntityAt | null
  after: EntityAt | null
  edges: EdgeChange[]
}

/** Between which sizes of the log. */
export interface Between {
  from: Position
  to: Position
}

/** What differs, entity by entity, and where a next page begins; `null` where there is none. */
export interface ChangesPage<Place> {
  nodes: EntityChange[]
  next: Place | null
}

type Edge = { relation: Relation; to: string; since: number }

const keyOf = ({ relation, to }: Edge) => `${relation} ${to}`

/** How the edges of one entity differ, in the order of relation and id. */
export function edgeChanges(before: readonly Edge[], after: readonly Edge[]): EdgeChange[] {
  const [was, is] = [byKey(before), byKey(after)]
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((key) => {
    const [old, now] = [was.get(key), is.get(key)]
    if (old && now && old.since === now.since) return []
    const { relation, to } = (now ?? old)!
    const change: Change = old && now ? 'CHANGED' : now ? 'ADDED' : 'REMOVED'
    return [{ change, relation, to, sinceBefore: old?.since ?? null, since: now?.since ?? null }]
  })
}

const byKey = (edges: readonly Edge[]) => new Map(edges.map((edge) => [keyOf(edge), edge]))

/** What is retired counts as gone, and what is asserted again as come. */
export function entityChange(
  before: EntityAt | null,
  after: EntityAt | null,
  edges: EdgeChange[],
): EntityChange {
  const [wasThere, isThere] = [before && !before.retired, after && !after.retired]
  const change = (): Change => {
    if (!before || (!wasThere && isThere)) return 'ADDED'
    return !after || (wasThere && !isThere) ? 'REMOVED' : 'CHANGED'
  }
  return { id: (after ?? before)!.id, change: change(), before, after, edges }
}

/** The fields that differ, by name; `null` where an erasure took what would tell. */
export async function changedFields(
  { before, after }: EntityChange,
  context: Context,
): Promise<FieldChange[] | null> {
  const [was, is] = await Promise.all([fieldsAt(before, context), fieldsAt(after, context)])
  return was && is && fieldChanges(was, is)
}

/** What is retired says nothing, be it of an entity that was erased. */
async function fieldsAt(entity: EntityAt | null, { loaders }: Context): Promise<Fields | null> {
  if (!entity) return {}
  const [fields, erased] = await Promise.all([
    loaders.body.load(entity.seq),
    loaders.erasure.load(entity.seq),
  ])
  if (!erased || entity.retired) return fields
  // A record that erases left it without a body at that very moment: that it says nothing is known.
  return erased.by <= entity.seq ? {} : null
}
