import type { Ask } from '../../lineage/graph.ts'
import { readLeaves } from '../../lineage/log.ts'

/** A record's header, as this reference reads it. */
export interface Header {
  seq: number
  id: string
  version: number
  action: 'assert' | 'retire' | 'erase'
  at: string
  actor: string
  links: { rel: string; id: string }[]
  unlinks: { rel: string; id: string }[]
  targets?: number[]
}

/** An entity as a database has it that only ever saw the first leaves of a log. */
export interface Replayed {
  version: number
  seq: number
  retired: boolean
  aliasOf: string | null
  /** `since` by `relation id`. */
  out: Map<string, number>
}

/** The headers of all records of a log, in order. */
export async function headersOf(read: Ask): Promise<Header[]> {
  const leaves = await readLeaves(read, 0, Number.MAX_SAFE_INTEGER)
  return leaves
    .map(({ header }) => JSON.parse(header) as Header & { v: string })
    .filter(({ v }) => v === 'selvedge/record/1')
}

/** Plays the first `n` leaves, in the plainest way. It shares no rule with the code under test. */
export function replayed(headers: readonly Header[], n: number): Map<string, Replayed> {
  const entities = new Map<string, Replayed>()
  for (const { seq, id, version, action, links, unlinks } of headers) {
    if (seq >= n) break
    const before = entities.get(id)
    const out = new Map(action === 'retire' ? [] : before?.out)
    for (const link of unlinks) out.delete(`${link.rel} ${link.id}`)
    for (const link of links) out.set(`${link.rel} ${link.id}`, seq)
    const alias = links.find(({ rel }) => rel === 'ALIAS_OF')
    const said =
      action === 'erase'
        ? { retired: before!.retired, aliasOf: before!.aliasOf }
        : { retired: action === 'retire', aliasOf: alias?.id ?? null }
    entities.set(id, { version, seq, out, ...said })
  }
  return entities
}
