import { keptWith } from '../core/kept-with.ts'
import { partsOfOrigin } from '../ledger/origin.ts'
import { storedRoots } from '../ledger/stored-roots.ts'
import { sizeAtTime } from '../lineage/instants.ts'
import { readLog } from '../lineage/log.ts'
import { formatPosition, type LogState, type Position, parsePosition } from '../lineage/position.ts'
import { b64 } from '../proofs/base64.ts'
import { type Checkpoint, parseCheckpoint } from '../proofs/checkpoint.ts'
import { ProofError } from '../proofs/error.ts'
import { parseNote } from '../proofs/note.ts'
import type { Context } from './context.ts'
import { openPin, type ReadAt, requireOfLog } from './pin.ts'
import {
  asOfBeforeLog,
  asOfCheckpointUnknown,
  asOfCursorMismatch,
  asOfInFuture,
} from './problems.ts'

/** The moment that is asked about: exactly one of the three, as GraphQL sees to. */
export interface AsOf {
  position?: string | null
  /** A signed note. */
  checkpoint?: string | null
  /** In UTC with nine fraction digits. */
  instant?: string | null
}

/** What a log begins with, in one transaction: two keys and the tenant's own record. */
const OPENING_LEAVES = 3

/** A request that names a moment twice means the same by it. */
const found = keptWith<Context, Map<string, Promise<Position>>>()

/**
 * Reads at the moment asked about, or where a cursor goes on; at the request's own position where
 * neither is given.
 *
 * @throws {Problem} As `positionAsOf`; `AS_OF_CURSOR_MISMATCH` where the two are not the same moment.
 */
export async function readAsOf<Row extends LogState>(
  context: Context,
  { asOf, cursor }: { asOf?: AsOf | null; cursor?: { position: Position } },
  read: ReadAt<Row>,
): Promise<Row> {
  const { pin } = context
  if (asOf == null) return cursor ? pin.readAt(cursor.position, read) : pin.read(read)
  const position = await positionAsOf(asOf, context)
  if (cursor) await requireSame(position, cursor.position, context)
  return pin.readAt(cursor?.position ?? position, read)
}

/**
 * The position of a moment. One that is not in the log yet is waited for by whoever reads there.
 *
 * @throws {Problem} `POSITION_INVALID`, `AS_OF_BEFORE_LOG`, `AS_OF_IN_FUTURE`,
 *   `AS_OF_CHECKPOINT_UNKNOWN`; `POSITION_LOST`, `POSITION_NOT_REACHED`, `TENANT_UNKNOWN`.
 */
export function positionAsOf(asOf: AsOf, context: Context): Promise<Position> {
  const known = found.get(context) ?? new Map<string, Promise<Position>>()
  found.set(context, known)
  const key = JSON.stringify([asOf.position, asOf.checkpoint, asOf.instant])
  const position = known.get(key) ?? locate(asOf, context)
  known.set(key, position)
  return position
}

async function locate({ position, checkpoint, instant }: AsOf, context: Context) {
  if (position != null) return notBefore(parsePosition(position))
  if (checkpoint != null) return ofCheckpoint(checkpoint, context)
  return ofInstant(instant!, context)
}

function notBefore(position: Position) {
  if (position.seq < OPENING_LEAVES) {
    throw asOfBeforeLog(formatPosition({ ...position, seq: OPENING_LEAVES }))
  }
  return position
}

/**
 * Whether its signature holds is not looked at: it is the log's own leaves that must have that root,
 * or the statement is not one of this log.
 */
async function ofCheckpoint(note: string, { graph, caller }: Context): Promise<Position> {
  const said = checkpointIn(note)
  const pin = openPin(graph, caller.minPosition)
  const head = await pin.read(() => readLog(graph.read))
  const [ours, theirs] = [partsOfOrigin(head.origin), partsOfOrigin(said.origin)]
  const isOurs = ours.service === theirs.service && ours.tenant === theirs.tenant
  const position = { epoch: theirs.epoch, seq: said.size }
  if (!isOurs || !Number.isSafeInteger(theirs.epoch)) throw asOfCheckpointUnknown()
  await pin.readAt(position, () => readLog(graph.read))
  const [root] = await storedRoots(graph.read, [said.size])
  if (root !== b64(said.root)) throw asOfCheckpointUnknown()
  return notBefore(position)
}

function checkpointIn(note: string): Checkpoint {
  try {
    return parseCheckpoint(parseNote(note).text)
  } catch (error) {
    if (error instanceof ProofError) throw asOfCheckpointUnknown()
    throw error
  }
}

/** What is still to come may yet be recorded: a moment that is not over has no answer that stays. */
async function ofInstant(instant: string, { graph, caller, services }: Context): Promise<Position> {
  const now = new Date(services.now?.() ?? Date.now()).toISOString()
  if (instant.slice(0, now.length - 1) > now.slice(0, -1)) throw asOfInFuture(instant, now)
  const { epoch, size } = await openPin(graph, caller.minPosition).read(() => readLog(graph.read))
  const seq = await sizeAtTime(graph.read, instant, size)
  return notBefore({ epoch, seq })
}

/**
 * A restore keeps the places of the leaves that it keeps, so that two epochs may mean the same one.
 *
 * @throws {Problem} `AS_OF_CURSOR_MISMATCH`, `POSITION_LOST`.
 */
export async function requireSame(asked: Position, cursor: Position, { graph }: Context) {
  if (asked.epoch !== cursor.epoch) await requireOfLog(graph, asked)
  if (asked.seq !== cursor.seq) {
    throw asOfCursorMismatch(formatPosition(asked), formatPosition(cursor))
  }
}
