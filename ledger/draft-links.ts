import { farKinds, type Kind, type Relation } from '../lineage/kinds.ts'
import type { Batch } from './batch.ts'
import type { Assertion, Target } from './draft.ts'
import { type Entity, type Held, linkKey, neighbours } from './entity.ts'
import { relationInvalid, unknownNeighbour } from './problems.ts'

/** What working out edges takes of a draft. */
interface Drafting {
  batch: Pick<Batch, 'urn'>
  /** An entity as the draft has it now. */
  get(id: string): Entity | undefined
  /** The same; it must have been asked for. */
  find(id: string): Entity | undefined
  /** The entity that is meant by an id. */
  resolve(id: string): string
}

/** The part of a draft that works out which edges are in force after an assertion. */
export function openLinking({ batch, get, find, resolve }: Drafting) {
  const target = (far: Target) =>
    'to' in far ? batch.urn(far.to.kind, far.to.namespace, far.to.name) : far.id

  /** An edge to another name of the owner itself says nothing; one to itself is ordinary. */
  const farEnd = (self: string, subject: string, far: Target) => {
    const named = target(far)
    const id = resolve(named)
    return id === self && named !== subject ? null : id
  }

  const check = (kind: Kind, rel: Relation, self: string, id: string) => {
    const found = id === self ? kind : find(id)?.kind
    if (!found) throw unknownNeighbour(id)
    if (!farKinds(kind, rel).includes(found)) throw relationInvalid(kind, rel, found)
  }

  const heldTo = (self: string, rel: Relation, id: string, time: string | null): Held => ({
    rel,
    id,
    leaf: id === self ? null : get(id)!.leaf,
    time,
  })

  const linksAfter = (self: string, before: Entity | undefined, assertion: Assertion) => {
    const { kind, link = [], unlink = [], replace = [] } = assertion
    const links = new Map(before?.links)
    for (const { rel, id } of unlink) {
      links.delete(linkKey(rel, id)) || links.delete(linkKey(rel, resolve(id)))
    }
    const wanted = [...link]
    for (const { rel, targets } of replace) {
      const kept = new Set(targets.map((far) => farEnd(self, assertion.id, far)))
      for (const id of neighbours(before, rel)) if (!kept.has(id)) links.delete(linkKey(rel, id))
      wanted.push(...targets.map((far) => ({ rel, ...far })))
    }
    for (const { rel, time, ...far } of wanted) {
      const id = farEnd(self, assertion.id, far)
      if (id === null) continue
      check(kind, rel, self, id)
      // Dropped and added at once stays what it is: a header names an edge once, or not at all.
      const held = links.get(linkKey(rel, id)) ?? before?.links.get(linkKey(rel, id))
      if (held) links.set(linkKey(rel, id), held)
      if (!held) links.set(linkKey(rel, id), heldTo(self, rel, id, time ?? null))
      else if (time && time > (held.time ?? '')) links.set(linkKey(rel, id), { ...held, time })
    }
    return links
  }

  return { heldTo, linksAfter }
}

/** Tells whether the edges in force are those of before. */
export const sameLinks = (before: Entity, links: ReadonlyMap<string, Held>) =>
  before.links.size === links.size && [...links.keys()].every((key) => before.links.has(key))
