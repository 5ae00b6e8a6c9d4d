import type { Ask } from '../lineage/graph.ts'
import { newestBodies } from '../lineage/upstream.ts'
import type { Said } from '../proofs/terms/statement.ts'

/** What entities last said of themselves at a position, each of them read once. */
export interface SaidAt {
  /** @throws {Problem} `LINEAGE_BODIES_TOO_LARGE` */
  load(ids: Iterable<string>): Promise<void>
  /** What was loaded; `undefined` where there is no such entity. */
  get(id: string): Said | undefined
}

export function openSaid(read: Ask, n: number): SaidAt {
  const said = new Map<string, Said | undefined>()
  return {
    async load(ids) {
      const left = [...new Set(ids)].filter((id) => !said.has(id))
      if (left.length === 0) return
      for (const id of left) said.set(id, undefined)
      for (const { id, action, fields } of await newestBodies(read, left, n)) {
        const parsed = fields === null ? null : (JSON.parse(fields) as Said['fields'])
        said.set(id, { action, fields: parsed })
      }
    },
    get: (id) => said.get(id),
  }
}
