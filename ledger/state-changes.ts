import { inTree } from '../lineage/pages.ts'
import type { DroppedEdge } from '../lineage/state-log.ts'
import type { RecordHeader } from '../proofs/leaf.ts'
import { inLevel } from '../proofs/state.ts'
import { linkKey } from './entity.ts'

/** A record as it stands in the log. */
export interface LoggedRecord {
  header: RecordHeader
  leaf: string
}

/** An in-edge that came (with the leaf of the record that linked it) or went (`null`). */
export interface InChange {
  rel: string
  /** The downstream entity, which owns the edge. */
  from: string
  leaf: string | null
}

/** What a run of records changes in the state of a tenant (docs/specs/state.md). */
export interface StateChanges {
  /** Every entity whose state changes, with its latest leaf; `null` where these records do not tell it. */
  readonly leaves: ReadonlyMap<string, string | null>
  /** Entities whose first record is among these: nothing is stored of their in-edges. */
  readonly fresh: ReadonlySet<string>
  /** By tree, then by relation and owner: what in-edges it ends up with, or without. */
  readonly ins: ReadonlyMap<string, ReadonlyMap<string, InChange>>
}

function treeOf(id: string, rel: string) {
  const level = inLevel(rel)
  if (!level) throw new Error(`${rel} is no relation`)
  return inTree(id, level)
}

/**
 * Derives what the records change, one after another, since a later one may undo what an earlier did.
 *
 * @param dropped The edges that the retiring ones among them ended: a header does not list those.
 */
export function stateChanges(
  records: readonly LoggedRecord[],
  dropped: readonly DroppedEdge[],
): StateChanges {
  const leaves = new Map<string, string | null>()
  const fresh = new Set<string>()
  const ins = new Map<string, Map<string, InChange>>()
  const droppedBy = Map.groupBy(dropped, ({ seq }) => seq)

  const change = (to: string, { rel, from, leaf }: InChange) => {
    const tree = treeOf(to, rel)
    const changes = ins.get(tree) ?? new Map<string, InChange>()
    ins.set(tree, changes)
    changes.set(linkKey(rel, from), { rel, from, leaf })
    if (!leaves.has(to)) leaves.set(to, null)
  }

  for (const { header, leaf } of records) {
    const { id, seq, version } = header
    if (version === 1) fresh.add(id)
    for (const { rel, to } of droppedBy.get(seq) ?? []) change(to, { rel, from: id, leaf: null })
    for (const gone of header.unlinks) {
      change(gone.id, { rel: gone.rel, from: id, leaf: null })
    }
    for (const link of header.links) {
      change(link.id, { rel: link.rel, from: id, leaf })
      // The leaf that a link names is the neighbour's latest before this record.
      if (link.leaf !== null) leaves.set(link.id, link.leaf)
    }
    leaves.set(id, leaf)
  }
  return { leaves, fresh, ins }
}
