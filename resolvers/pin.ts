import { tenantUnknown } from '../ledger/problems.ts'
import type { Graph } from '../lineage/graph.ts'
import { isOnItsWay, readLog, readWholeLog } from '../lineage/log.ts'
import { formatPosition, isOfLog, type LogState, type Position } from '../lineage/position.ts'
import { positionLost, positionNotReached } from '../lineage/problems.ts'

/** A read at `n`, or, where that is `null`, at the size of the log; `undefined`: no such tenant. */
export type ReadAt<Row extends LogState> = (n: number | null) => Promise<Row | undefined>

/**
 * The position of one request. Whatever it reads first fixes the position, in the very read, so that
 * one answer costs one round trip; all else waits for that and is read at the same position.
 */
export interface Pin {
  /** @throws {Problem} `TENANT_UNKNOWN`, `POSITION_NOT_REACHED`, `POSITION_LOST`. */
  read<Row extends LogState>(ask: ReadAt<Row>): Promise<Row>
  /** Reads at a position that a cursor carries, whatever the request's own may be. */
  readAt<Row extends LogState>(position: Position, ask: ReadAt<Row>): Promise<Row>
  /** Moves on to what this request itself has written. */
  reached(position: Position): void
  /** What the answer is told to be of, if anything was read. */
  readonly position: Position | undefined
  /** The state of the log, with what it says of the policies, as a read since the request came found it. */
  readonly found: LogState | undefined
}

/** How long a server waits for a position that it has not seen yet (docs/specs/log.md). */
const LONGEST_WAIT_MS = 2_000
const LOOK_AGAIN_MS = 25

/** @param least What the caller has seen already: the request's position is not below it. */
export function openPin(graph: Graph, least: Position | undefined): Pin {
  const { tenant, read: ask } = graph
  let decided: Promise<Position> | undefined
  let position: Position | undefined
  let found: LogState | undefined

  const state = async <Row extends LogState>(read: Promise<Row | undefined>) => {
    const row = await read
    if (!row) throw tenantUnknown(tenant)
    return row
  }

  const atLeast = async <Row extends LogState>(wanted: Position, read: () => Promise<Row>) => {
    const row = await read()
    if (isReached(row, wanted)) return row
    const deadline = performance.now() + LONGEST_WAIT_MS
    for (let seen: LogState = row; !isReached(seen, wanted); ) {
      if (performance.now() > deadline) throw notReached(wanted, seen)
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_AGAIN_MS)
      })
      const head = await state(readLog(ask))
      seen = isOnItsWay(head, wanted.seq) ? await state(readWholeLog(graph)) : head
    }
    return read()
  }

  const decide = async <Row extends LogState>(read: ReadAt<Row>) => {
    const newest = () => state(read(null))
    const row = await (least ? atLeast(least, newest) : newest())
    position = { epoch: row.epoch, seq: row.n ?? row.size }
    if (row.policies) found ??= row
    return { row, position }
  }

  return {
    async read(read) {
      if (decided) {
        const at = await decided
        return atLeast(at, () => state(read(at.seq)))
      }
      const first = decide(read)
      decided = first.then((done) => done.position)
      decided.catch(() => {
        decided = undefined
      })
      return (await first).row
    },
    async readAt(at, read) {
      const row = await atLeast(at, () => state(read(at.seq)))
      position ??= { epoch: row.epoch, seq: at.seq }
      if (row.policies) found ??= row
      return row
    },
    reached(at) {
      const seen = Math.max(position?.seq ?? 0, least?.epoch === at.epoch ? least.seq : 0)
      if (seen > at.seq) return
      position = at
      decided = Promise.resolve(at)
    },
    get position() {
      return position
    },
    get found() {
      return found
    },
  }
}

function isReached(seen: LogState, wanted: Position) {
  if (!isOfLog(wanted, seen)) throw positionLost(formatPosition(wanted), seen.epoch)
  return seen.size >= wanted.seq
}

const notReached = (wanted: Position, { epoch, size }: LogState) =>
  positionNotReached(formatPosition(wanted), formatPosition({ epoch, seq: size }))

/** Refuses a position that a restore has lost. @throws {Problem} `POSITION_LOST`, `TENANT_UNKNOWN`. */
export async function requireOfLog(graph: Graph, position: Position) {
  const head = await readLog(graph.read)
  if (!head) throw tenantUnknown(graph.tenant)
  if (!isOfLog(position, head)) throw positionLost(formatPosition(position), head.epoch)
}
