import type { Draft, Outcome } from '../../ledger/draft.ts'
import type { Relation } from '../../lineage/kinds.ts'
import type { Merge } from './identity.ts'
import { edgeTime, moveRunTimes, type RunRelation } from './run-times.ts'
import { NUMBERS_AS_TEXT, StampedBody, TIMES } from './stamped-body.ts'

/**
 * Joins datasets that turned out to be one (docs/specs/record.md, "Identity"): what the aliases held
 * goes to the canonical entity, whoever pointed at them points at it, and they are retired last.
 * No node is merged, so every record made before stays true of what it names.
 *
 * An alias with more owners than `mostOwners` leaves room for keeps its own for now: a merge begins,
 * which `continueMerge` carries on with in transactions of their own.
 *
 * @param mostOwners How many owners this transaction may still move.
 * @returns What it did, and how many owners it moved.
 */
export async function absorbAliases(
  draft: Draft,
  { canonical, aliases }: Merge,
  mostOwners: number,
): Promise<{ outcomes: Outcome[]; moved: number }> {
  if (aliases.length === 0) return { outcomes: [], moved: 0 }
  const now: string[] = []
  const owners = new Set<string>()
  for (const alias of aliases) {
    const found = await draft.ownersOf(alias, { first: mostOwners + 1 })
    if (new Set([...owners, ...found]).size > mostOwners) continue
    for (const owner of found) owners.add(owner)
    now.push(alias)
  }
  const group = new Set([canonical, ...aliases])
  const moved = [...owners].filter((owner) => !group.has(owner)).sort()
  const far = aliases.flatMap((alias) => [...draft.get(alias)!.links.values()].map(({ id }) => id))
  await draft.load([...moved, ...far])
  const outcomes = [inherit(draft, canonical, aliases)]
  const later = aliases.filter((alias) => !now.includes(alias))
  for (const alias of later) draft.beginMerge(alias, canonical)
  outcomes.push(...moved.map((owner) => repoint(draft, owner, { canonical, aliases: now })))
  outcomes.push(...now.map((alias) => draft.retire(alias, canonical)))
  return { outcomes, moved: moved.length }
}

/** How much of a merge one transaction does. */
export interface MergePart {
  /** How many owners it moves, and how long their bodies may be together. */
  owners: number
  text: number
}

/**
 * Carries on with a merge that is under way: moves the next owners over, or retires the alias where
 * none is left. A part that was done already, by whichever server, is not done again.
 *
 * @param part How many parts were done when this one was asked for.
 */
export async function continueMerge(
  draft: Draft,
  { alias, part }: { alias: string; part: number },
  most: MergePart,
) {
  const merge = draft.mergeOf(alias)
  if (merge?.part !== part) return
  const canonical = draft.resolve(alias)
  const owners = await draft.ownersOf(alias, { first: most.owners, text: most.text })
  await draft.load([...owners, alias, merge.canonical, canonical])
  for (const owner of owners) repoint(draft, owner, { canonical, aliases: [alias] })
  if (owners.length > 0) return draft.advanceMerge(alias)
  draft.retire(alias, merge.canonical)
  draft.endMerge(alias)
}

/** What each entity has of its own, whatever it absorbs. */
const OWN: readonly string[] = ['namespace', 'name', TIMES, NUMBERS_AS_TEXT]

/** Gives the canonical entity the aliases' fields and out-edges; edges among them are dropped. */
function inherit(draft: Draft, canonical: string, aliases: readonly string[]): Outcome {
  const group = new Set([canonical, ...aliases])
  const self = draft.get(canonical)!
  const body = new StampedBody(self.fields)
  const link: { rel: Relation; id: string }[] = []
  for (const alias of aliases) {
    const { fields, links } = draft.get(alias)!
    const theirs = new StampedBody(fields)
    for (const facet of theirs.facets()) body.write(facet)
    for (const [name, value] of Object.entries(fields)) {
      // What no event has dated cannot be weighed: it only fills a gap.
      if (!OWN.includes(name) && body.get(name) === undefined && !body.stampOf(name)) {
        body.set(name, value, theirs.numbersIn(name))
      }
    }
    for (const { rel, id } of links.values()) {
      if (id === alias) link.push({ rel, id: canonical })
      else if (!group.has(id)) link.push({ rel, id })
    }
  }
  const unlink = [...self.links.values()].filter(({ id }) => id !== canonical && group.has(id))
  return draft.assert({ kind: 'Dataset', id: canonical, fields: body.patch(), link, unlink })
}

/** Has one owner point at the canonical entity wherever it points at one of the aliases. */
function repoint(
  draft: Draft,
  owner: string,
  { canonical, aliases }: { canonical: string; aliases: readonly string[] },
): Outcome {
  const { kind, fields, links } = draft.get(owner)!
  const edges = [...links.values()].filter(
    ({ id, rel }) => aliases.includes(id) && rel !== 'ALIAS_OF',
  )
  const body = new StampedBody(fields)
  if (kind === 'Run') moveRunTimes(body, new Set(edges.map(({ id }) => id)), canonical)
  const jobs = [...links.values()].filter(({ rel }) => rel === 'RUN_OF').map(({ id }) => id)
  const timeOf = (rel: Relation) =>
    edgeTime(body, { rel: rel as RunRelation, dataset: canonical, jobs })
  return draft.assert({
    kind,
    id: owner,
    ...(kind === 'Run' ? { fields: body.patch() } : {}),
    unlink: edges.map(({ rel, id }) => ({ rel, id })),
    // An edge between the two says nothing any more.
    link:
      owner === canonical
        ? []
        : edges.map(({ rel }) => ({ rel, id: canonical, time: timeOf(rel) })),
  })
}
