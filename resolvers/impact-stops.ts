import type { Strands, Walking } from '../domains/impact/walk.ts'
import { holdsAt } from '../domains/terms/assessment.ts'
import { type HopBy, type HopRow, hopDownstream, type Stopping } from '../lineage/downstream.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Ask } from '../lineage/graph.ts'
import { kindOfUrn } from '../lineage/kinds.ts'
import { lifts, type Rule } from '../proofs/terms/rule.ts'
import { liftsOf } from '../proofs/terms/statement.ts'
import type { Cut, Plan, Strand } from './impact-strand.ts'
import type { SaidAt } from './said.ts'

/** A change that was planned, with all that its walks need. */
export interface Opened extends Plan {
  root: EntityAt
  /** How many edges of any sort lead to it. */
  degree: number
  n: number
  /** When it would be, in UTC. */
  at: string
  day: string
  said: SaidAt
  read: Ask
  isLost: boolean
}

const STOPPING: Record<Cut, Stopping> = {
  LIFTED: 'DESCRIBED_BY',
  LICENSED: 'LICENSED_UNDER',
  ASSESSED: 'ASSESSED_BY',
}

/** What a first hop goes by does not stop at what is a matter of the hops after it. */
const STOPS_AT: Record<HopBy, readonly Cut[]> = {
  CARRYING: ['LIFTED', 'LICENSED', 'ASSESSED'],
  ASSESSED_BY: ['ASSESSED'],
  LICENSED_UNDER: [],
  HAS_CLAUSE: [],
  DESCRIBED_BY: [],
  WAS_ATTRIBUTED_TO: [],
}

const bitOf = (place: number): Strands => 1n << BigInt(place)

/** The strands that are in a mask. */
export const strandsIn = (strands: readonly Strand[], mask: Strands) =>
  strands.filter((_, place) => (mask & bitOf(place)) !== 0n)

/** A planned change as it is walked. */
export function openWalking(opened: Opened): Walking {
  const { root, degree, n, said, day, read, first, goesOn, strands, isLost } = opened
  const all = bitOf(strands.length) - 1n
  const cuts = new Set(strands.flatMap(({ cut }) => (cut === null ? [] : [cut])))
  const isLifting = root.kind === 'Transformation'
  const stopping = [...cuts].map((cut) => STOPPING[cut])
  const over = new Map<string, Strands>()
  for (const [place, { over: id }] of strands.entries()) {
    if (id !== undefined) over.set(id, (over.get(id) ?? 0n) | bitOf(place))
  }

  const stopped = (row: HopRow, by: HopBy): Strands => {
    if (row.about.length === 0) return 0n
    const isCut = openCuts(opened, row)
    let mask = 0n
    for (const [place, strand] of strands.entries()) {
      if (strand.cut && STOPS_AT[by].includes(strand.cut) && isCut(strand)) mask |= bitOf(place)
    }
    return mask
  }

  const admits = (row: HopRow, by: HopBy): Strands => {
    if (by === 'HAS_CLAUSE') return over.get(row.id) ?? 0n
    if (by === 'DESCRIBED_BY' && isLifting) {
      return isLost || liftsOf(said.get(root.id), day, row.id).length > 0 ? all : 0n
    }
    // A licence is under itself, and under nothing else.
    if (by === 'CARRYING' && kindOfUrn(row.id) === 'License') return 0n
    return all & ~stopped(row, by)
  }

  return {
    root: root.id,
    ...{ degree, size: n, strands: all },
    by: (hop) => first[hop - 1] ?? (goesOn ? 'CARRYING' : undefined),
    read: (by, ids, part) => hopDownstream(read, { by, ids, stopping, n }, part),
    async admitted(by, rows) {
      await said.load(rows.flatMap(({ about }) => about).filter(isSpeaking))
      return rows.map((row) => admits(row, by))
    },
  }
}

/** Of what is about a thing, what has to be read to know whether it stops anything. */
const isSpeaking = (id: string) => ['Transformation', 'DpiaPacket'].includes(kindOfUrn(id) ?? '')

/** Whether what is about a thing keeps strands from it. */
function openCuts({ root, said, day, at }: Opened, { id, about }: HopRow) {
  const kinds = about.map(kindOfUrn)
  const isLicensed = kinds.includes('License')
  const isAssessed = about.some(
    (one, i) => kinds[i] === 'DpiaPacket' && one !== root.id && holdsAt(said.get(one), at),
  )
  const lifted = about.flatMap((one, i) =>
    kinds[i] === 'Transformation' ? liftsOf(said.get(one), day, id) : [],
  )
  return ({ cut, says, licence, clause }: Strand) => {
    if (cut === 'LICENSED') return isLicensed
    if (cut === 'ASSESSED') return isAssessed
    const places = [licence!, ...(clause === null ? [] : [clause])]
    return lifted.some((lift) => lifts(lift, says as Rule, places))
  }
}
