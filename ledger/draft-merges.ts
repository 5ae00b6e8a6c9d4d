import type { MergeRow } from '../lineage/merges.ts'
import type { Batch, Changes } from './batch.ts'
import type { Entity } from './entity.ts'

/** What a draft can do about a merge that takes more than one transaction (docs/specs/record.md, "Edges over time"). */
export interface Merging {
  /**
   * Says that from now on an entity is on its way to become another name of the canonical one: it
   * resolves to that already, while the downstream entities are moved over by `ledger.submit`, some at
   * a time.
   */
  beginMerge(alias: string, canonical: string): void
  /** A merge that is under way, or `undefined` where the entity is in none. */
  mergeOf(alias: string): MergeRow | undefined
  /** Counts one more part of a merge as done. */
  advanceMerge(alias: string): void
  /** Ends a merge: its alias was retired just now. */
  endMerge(alias: string): void
  /**
   * Up to `first` entities with an edge in force to this one, in the order of their ids, as long as
   * their bodies together hold no more than `text` characters, and one in any case. Entities on their
   * way to become aliases are left out: their edges go with them.
   */
  ownersOf(id: string, most: { first: number; text?: number }): Promise<string[]>
}

/** The part of a draft that merges. */
export function openMerging({
  batch,
  changes,
  changed,
}: {
  batch: Batch
  changes: Changes
  /** The entities as this transaction leaves them, each once. */
  changed(): Entity[]
}): Merging & { mergingInto(id: string): string | undefined } {
  const mergeOf = (alias: string): MergeRow | undefined => {
    const steps = [...batch.merges, ...changes.merges].filter((step) => step.alias === alias)
    if (steps.some(({ step }) => step === 'end')) return undefined
    const begun = steps.find((step) => step.step === 'begin')
    const row = batch.merging.get(alias) ?? (begun && { ...begun, part: 0 })
    if (!row) return undefined
    const { canonical, part } = row
    return { alias, canonical, part: part + steps.filter(({ step }) => step === 'advance').length }
  }

  const mergingNow = () => [
    ...batch.merging.keys(),
    ...[...batch.merges, ...changes.merges].map(({ alias }) => alias),
  ]

  return {
    mergeOf,
    mergingInto: (id) => mergeOf(id)?.canonical,
    beginMerge(alias, canonical) {
      changes.merges.push({ step: 'begin', alias, canonical })
    },
    advanceMerge: (alias) => changes.merges.push({ step: 'advance', alias }),
    endMerge: (alias) => changes.merges.push({ step: 'end', alias }),
    async ownersOf(id, { first, text = Number.POSITIVE_INFINITY }) {
      const merging = new Set([id, ...mergingNow()])
      const now = changed()
      const own = now
        .filter((owner) => !merging.has(owner.id) && holds(owner, id))
        .map((owner) => ({ id: owner.id, text: JSON.stringify(owner.fields).length }))
      const except = [...merging, ...now.map((owner) => owner.id)]
      const stored = await batch.storedOwners(id, { except, first })
      const owners = [...own, ...stored].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, first)
      let length = 0
      const fits = owners.findIndex((owner, i) => {
        length += owner.text
        return i > 0 && length > text
      })
      return (fits < 0 ? owners : owners.slice(0, fits)).map((owner) => owner.id)
    },
  }
}

const holds = ({ links }: Entity, id: string) =>
  [...links.values()].some((held) => held.id === id && held.rel !== 'ALIAS_OF')
