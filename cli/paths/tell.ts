import { relationWords } from '../demo/tree.ts'

export const PATH = `query Path($from: ID!, $to: ID!, $depth: Int!, $first: Int!) {
  path(from: $from, to: $to, depth: $depth, first: $first) {
    from { id kind namespace name } to { id kind namespace name }
    distance total truncated position
    paths {
      entities { id kind namespace name }
      hops { relation from to since record { at } }
    }
  }
}`

interface Entity {
  id: string
  kind: string
  namespace: string | null
  name: string | null
}

/** The answer of a server, as far as it is shown. */
export interface PathAnswer {
  from: Entity
  to: Entity
  distance: number | null
  total: string
  truncated: boolean
  position: string
  paths: {
    entities: Entity[]
    hops: {
      relation: string
      from: string
      to: string
      since: number
      record: { at: string } | null
    }[]
  }[]
}

const named = ({ id, kind, name }: Entity) => `${kind.toLowerCase()} ${name ?? id}`

/** Each way as lines of its own: what it leads through, and which record added each hop, and when. */
export function pathLines({ from, to, distance, total, paths }: PathAnswer, depth: number): string {
  if (distance === null)
    return `no way of up to ${depth} hops from ${named(from)} to ${named(to)}\n`
  const ways = paths.map(({ entities, hops }) =>
    [
      named(entities[0]!),
      ...hops.map(
        ({ relation, since, record }, i) =>
          `  ${relationWords(relation)} ${named(entities[i + 1]!)}  (record ${since}${record ? `, ${record.at}` : ''})`,
      ),
    ].join('\n'),
  )
  const shown = total === `${paths.length}` ? '' : `, ${paths.length} shown`
  const count = total === '1' ? '1 way' : `${total} ways`
  return `${count} of ${distance} ${distance === 1 ? 'hop' : 'hops'}${shown}\n\n${ways.join('\n\n')}\n`
}
