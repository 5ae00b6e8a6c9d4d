import { bodies } from '../../lineage/bodies.ts'
import type { Ask } from '../../lineage/graph.ts'
import { headersOf, replayed } from '../time/replay.ts'
import type { RecordedWorld } from './reference.ts'

/** The world of the first `n` leaves, by their headers and by what is left of the bodies alone. */
export async function worldAt(read: Ask, n: number): Promise<RecordedWorld> {
  const entities = [...replayed(await headersOf(read), n)]
  const headers = new Map((await headersOf(read)).map((header) => [header.seq, header]))
  const rows = await bodies(
    read,
    entities.map(([, { seq }]) => seq),
  )
  const fields = new Map(rows.map((row) => [row.seq, row.fields]))
  return {
    edges: entities.flatMap(([from, { out }]) =>
      [...out.keys()].map((link) => {
        const [relation, to] = link.split(' ') as [string, string]
        return { from, relation, to }
      }),
    ),
    said: new Map(
      entities.map(([id, { seq }]) => {
        const text = fields.get(seq)
        return [
          id,
          { action: headers.get(seq)!.action, fields: text == null ? null : JSON.parse(text) },
        ]
      }),
    ),
  }
}
