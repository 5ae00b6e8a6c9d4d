import type { Draft, Target } from '../../ledger/draft.ts'
import type { DatasetMention, Name } from './event.ts'

/** Datasets that an event's symlinks say are one. */
export interface Merge {
  canonical: string
  /** Entities that are to become aliases of it. */
  aliases: string[]
  /** Names never seen before, aliases from their first record on. */
  fresh: Name[]
}

/** Which entity each dataset name of an event means. */
export interface Identities {
  merges: Merge[]
  idOf(name: Name): string
  /** The entity as the end of an edge: by name where it does not exist yet. */
  targetOf(id: string): Target
  nameOf(id: string): Name
}

/**
 * Resolves an event's dataset names to entities, through aliases to the end, and joins those that
 * its symlinks say are one. Canonical is the entity with the lowest first position; of names first
 * seen in this event it is the dataset's own (docs/specs/record.md, "Identity").
 *
 * An alias is only ever given a canonical entity that is no alias itself, so no cycle can arise.
 *
 * @param draft With every dataset name of the event loaded.
 */
export function resolveIdentities(draft: Draft, mentions: readonly DatasetMention[]): Identities {
  const named = new Map<string, Name>()
  const groups = new Groups()
  const idOf = (name: Name) => {
    const urn = draft.urn('Dataset', name.namespace, name.name)
    const id = draft.resolve(urn)
    if (id === urn && !named.has(id)) named.set(id, name)
    return id
  }
  for (const { name, symlinks } of mentions) {
    for (const symlink of symlinks) groups.join(idOf(name), idOf(symlink))
  }
  const canonicalOf = new Map<string, string>()
  const merges: Merge[] = []
  for (const members of groups.all()) {
    const existing = members.filter((id) => draft.get(id))
    const canonical = firstOf(draft, existing) ?? members[0]!
    for (const id of members) canonicalOf.set(id, canonical)
    merges.push({
      canonical,
      aliases: existing.filter((id) => id !== canonical),
      fresh: members.filter((id) => id !== canonical && !draft.get(id)).map((id) => named.get(id)!),
    })
  }
  return {
    merges,
    idOf: (name) => canonicalOf.get(idOf(name)) ?? idOf(name),
    targetOf: (id) => (draft.get(id) ? { id } : { to: { kind: 'Dataset', ...named.get(id)! } }),
    nameOf(id) {
      const found = draft.get(id)
      // Whose name was erased is called by the one that this event gives.
      return found?.erased === null ? found : (named.get(id) ?? found!)
    },
  }
}

const firstOf = (draft: Draft, ids: readonly string[]): string | undefined =>
  ids.toSorted((a, b) => draft.get(a)!.first - draft.get(b)!.first)[0]

/** Sets that grow together; a set lists its members in the order in which they were met. */
class Groups {
  readonly #groupOf = new Map<string, string[]>()

  join(a: string, b: string) {
    const [left, right] = [this.#groupOf.get(a) ?? [a], this.#groupOf.get(b) ?? [b]]
    if (a === b || left === right) return
    for (const id of right) left.push(id)
    for (const id of left) this.#groupOf.set(id, left)
  }

  all(): string[][] {
    return [...new Set(this.#groupOf.values())]
  }
}
