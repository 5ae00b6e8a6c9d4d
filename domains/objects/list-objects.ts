import type { Kept, Objects } from '../../core/objects.ts'
import type { Database } from '../../lineage/graph.ts'
import { type Reference, readReferences } from './references.ts'

/** A file, and what leads to it. */
export type Listed = Kept & {
  /** `led`: something recorded leads to it; `claimed`: something is about to; `orphan`: neither. */
  state: 'led' | 'claimed' | 'orphan'
  of: Pick<Reference, 'tenant' | 'id'>[]
}

/** Every file that is kept, with the exports and attachments that lead to it. */
export async function listObjects({
  database,
  objects,
}: {
  database: Database
  objects: Objects
}): Promise<Listed[]> {
  // In this order: what is put, recorded and settled meanwhile is led to, or not yet listed.
  const kept: Kept[] = []
  for await (const one of objects.list()) kept.push(one)
  const claimed = new Set((await objects.claims()).map(({ address }) => address))
  const references = await readReferences(database)
  return kept.map((one) => {
    const leading = references.get(one.address) ?? []
    const state = leading.length > 0 ? 'led' : claimed.has(one.address) ? 'claimed' : 'orphan'
    return { ...one, state, of: leading.map(({ tenant, id }) => ({ tenant, id })) }
  })
}
