/** A change as the server tells it. */
export interface Change {
  position: string
  entity: { id: string; kind: string; namespace: string | null; name: string | null }
  version: {
    version: number
    seq: number
    recordedAt: string
    actor: string
    action: 'ASSERT' | 'RETIRE' | 'ERASE'
    erasure: string | null
    linked: Edge[]
    unlinked: Edge[]
    changes: { name: string; change: 'ADDED' | 'REMOVED' | 'CHANGED' }[] | null
  }
}

interface Edge {
  relation: string
  to: string
}

const SIGNS = { ADDED: '+', REMOVED: '-', CHANGED: '~' }

/** What moves a cursor or turns the direction of a text: what is recorded is not ours to trust. */
const UNSEEN = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const WIDTHS = [10, 24, 8, 10]

/** A line for a change: its position, when, what was done, to what, and what is other than before. */
export function changeLine({ position, entity, version }: Change): string {
  const { recordedAt, action, changes, linked, unlinked } = version
  const cells = [position, recordedAt, action, entity.kind.toLowerCase()]
  const name = entity.name
    ? `${entity.name}${entity.namespace ? ` (${entity.namespace})` : ''}`
    : entity.id
  const said = [
    ...(changes ?? []).map((one) => `${SIGNS[one.change]}${one.name}`),
    ...linked.map(({ relation }) => `+${relation}`),
    ...unlinked.map(({ relation }) => `-${relation}`),
  ]
  const line = [...cells.map((cell, i) => cell.padEnd(WIDTHS[i]!)), name, said.join(' ')]
  return line.join('  ').replaceAll(UNSEEN, '?').trimEnd()
}
