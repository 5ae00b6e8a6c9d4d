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
 * @throws {Problem} `LEDGER_TRANSACTION_TOO_LARGE` where they have more neighbours than one
 *   transaction can move.
 */
export async function absorbAliases(
  draft: Draft,
  { canonical, aliases }: Merge,
): Promise<Outcome[]> {
  if (aliases.length === 0) return []
  const owners = await ownersOf(draft, canonical, aliases)
  const far = aliases.flatMap((alias) => [...draft.get(alias)!.links.values()].map(({ id }) => id))
  await draft.load([...owners.keys(), ...far])
  return [
    inherit(draft, canonical, aliases),
    ...[...owners].map(([owner, edges]) => repoint(draft, owner, { canonical, edges })),
    ...aliases.map((alias) => draft.retire(alias, canonical)),
  ]
}

interface InEdge {
  rel: Relation
  alias: string
}

/** Who points at the aliases, in id order. Earlier aliases stay where they are: names resolve in chains. */
async function ownersOf(draft: Draft, canonical: string, aliases: readonly string[]) {
  const group = new Set([canonical, ...aliases])
  const owners = new Map<string, InEdge[]>()
  for (const alias of aliases) {
    for (const { rel, id } of await draft.incoming(alias)) {
      if (rel === 'ALIAS_OF' || group.has(id)) continue
      owners.set(id, [...(owners.get(id) ?? []), { rel, alias }])
    }
  }
  return new Map([...owners].sort(([a], [b]) => (a < b ? -1 : 1)))
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

function repoint(
  draft: Draft,
  owner: string,
  { canonical, edges }: { canonical: string; edges: readonly InEdge[] },
): Outcome {
  const { kind, fields, links } = draft.get(owner)!
  const body = new StampedBody(fields)
  if (kind === 'Run') moveRunTimes(body, new Set(edges.map(({ alias }) => alias)), canonical)
  const jobs = [...links.values()].filter(({ rel }) => rel === 'RUN_OF').map(({ id }) => id)
  const timeOf = (rel: Relation) =>
    edgeTime(body, { rel: rel as RunRelation, dataset: canonical, jobs })
  return draft.assert({
    kind,
    id: owner,
    ...(kind === 'Run' ? { fields: body.patch() } : {}),
    unlink: edges.map(({ rel, alias }) => ({ rel, id: alias })),
    link: edges.map(({ rel }) => ({ rel, id: canonical, time: timeOf(rel) })),
  })
}
