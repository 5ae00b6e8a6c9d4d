import { type Ask, type Graph, query } from './graph.ts'
import { APPLIED } from './position.ts'

/** The head of a tenant's log, as the database holds it. Hashes are unpadded base64url. */
export interface LogHead {
  /** How many leaves may be read: all of them under the lock, else those known to be applied in full. */
  size: number
  /** How many leaves the log holds, the last of which may still be on their way into the store. */
  written: number
  epoch: number
  /** How many leaves of each earlier epoch it still has, by epoch. */
  kept: number[]
  origin: string
  /** The roots of the perfect subtrees that make up the tree, largest first. */
  edge: string[]
  /** The time of the last leaf. */
  at: string
  namingKey: string
  /** The last published checkpoint, a signed note, and the size that it covers. */
  checkpoint: string | null
  signed: number
  /** How many leaves the pages of the state tree reflect. */
  built: number
  /** The position of the last state record; `null` before the first. */
  stateSize: number | null
  /** How many merges are under way. */
  merges: number
  /** How many leaves the words of entities follow from; below the size, or `null`, where an older version wrote. */
  searched: number | null
}

const HEAD = `log.size AS written, log.epoch AS epoch, coalesce(log.kept, []) AS kept, log.origin AS origin, log.edge AS edge, log.at AS at,
    log.namingKey AS namingKey, log.checkpoint AS checkpoint, coalesce(log.signed, 0) AS signed,
    coalesce(log.built, 0) AS built, log.stateSize AS stateSize, coalesce(log.merges, 0) AS merges,
    log.searched AS searched`

/** A text of its own: one that read the log too might read it before it has the lock. */
const LOCK_LOG = query(`
  // lock the log
  MATCH (log:Log {tenant: $tenant}) SET log.lock = $lock`)

const LOCKED_LOG = query<LogHead>(`
  // head of the locked log
  MATCH (log:Log {tenant: $tenant}) SET log.applied = log.size
  RETURN log.size AS size, ${HEAD}`)

const READ_LOG = query<LogHead>(`
  // head of the log
  MATCH (log:Log {tenant: $tenant})
  RETURN ${APPLIED} AS size, ${HEAD}`)

const CREATE_LOG = query(`
  // create a log
  CREATE (log:Log {tenant: $tenant, size: 0, epoch: 0, origin: $origin, edge: [], at: $at, namingKey: $namingKey,
    searched: 0})`)

const MOVE_LOG = query(`
  // move the head of the log
  MATCH (log:Log {tenant: $tenant})
  SET log.searched = CASE WHEN log.searched = log.size THEN $size ELSE log.searched END,
    log.size = $size, log.edge = $edge, log.at = $at, log.unsigned = true`)

const NOTE_SEARCHED = query(`
  // note how far the words of entities go
  MATCH (log:Log {tenant: $tenant}) SET log.searched = $searched`)

const PUBLISH = query(`
  // publish a checkpoint
  MATCH (log:Log {tenant: $tenant}) WHERE log.origin = $origin AND coalesce(log.signed, 0) < $size
  SET log.checkpoint = $note, log.signed = $size, log.unsigned = CASE WHEN log.size > $size THEN true END`)

const TILES = query<TileRow>(`
  // tiles by place
  UNWIND $places AS place
  MATCH (tile:Tile {tenant: $tenant, level: place.level, index: place.index})
  RETURN tile.level AS level, tile.index AS index, tile.hashes AS hashes`)

const SAVE_TILES = query(`
  // save tiles
  UNWIND $tiles AS row
  MERGE (tile:Tile {tenant: $tenant, level: row.level, index: row.index})
  SET tile.hashes = row.hashes`)

const LEAVES = query<LeafRow>(`
  // leaves of a range
  MATCH (record:Record {tenant: $tenant}) WHERE record.seq >= $from AND record.seq < $to
  RETURN record.seq AS seq, record.header AS header, record.leaf AS leaf
  ORDER BY seq`)

/** A tile of up to 256 hashes of 32 bytes, as one base64url text. */
export interface TileRow {
  level: number
  index: number
  hashes: string
}

export interface LeafRow {
  seq: number
  header: string
  leaf: string
}

/**
 * Locks the tenant's log until the transaction ends and returns its head, or `undefined` where there
 * is no such tenant. Whatever decides what is written must be read after this (docs/specs/log.md).
 */
export async function lockLog(ask: Ask): Promise<LogHead | undefined> {
  const locking = ask(LOCK_LOG, { lock: crypto.randomUUID() })
  const [, [head]] = await Promise.all([locking, ask(LOCKED_LOG)])
  return head
}

/** The head as committed, or `undefined` where there is no such tenant. */
export const readLog = async (ask: Ask) => (await ask(READ_LOG))[0]

/** The head with everything that was committed before applied in full: waits for whoever is writing. */
export const readWholeLog = (graph: Graph) => graph.write((transaction) => lockLog(transaction.run))

/**
 * Whether leaves up to a size are committed and not known to be applied: where their server died, nobody
 * else would say, and the log is to be read under its lock. For any other size the lock says nothing new,
 * and whoever reads must not hold up who writes.
 */
export const isOnItsWay = ({ size, written }: LogHead, wanted: number) =>
  size < wanted && wanted <= written

export const createLog = (ask: Ask, log: { origin: string; at: string; namingKey: string }) =>
  ask(CREATE_LOG, log)

export const moveLog = (ask: Ask, head: { size: number; edge: readonly string[]; at: string }) =>
  ask(MOVE_LOG, head)

/** Says how many leaves the words of entities follow from. Whoever appends moves it on where it was at the end. */
export const noteSearched = (ask: Ask, searched: number) => ask(NOTE_SEARCHED, { searched })

/**
 * Keeps a signed checkpoint, unless one of a greater or equal size is already published, or the log
 * goes on under another origin since.
 */
export async function publishCheckpoint(
  ask: Ask,
  checkpoint: { origin: string; size: number; note: string },
) {
  await Promise.all([lockLog(ask), ask(PUBLISH, checkpoint)])
}

/** Those of the tiles that exist, in no particular order. */
export const readTiles = async (ask: Ask, places: readonly { level: number; index: number }[]) =>
  places.length === 0
    ? []
    : ask(TILES, { places: places.map(({ level, index }) => ({ level, index })) })

export const saveTiles = (ask: Ask, tiles: readonly TileRow[]) => ask(SAVE_TILES, { tiles })

/** The leaves from `from` up to, not including, `to`, in order. */
export const readLeaves = (ask: Ask, from: number, to: number) => ask(LEAVES, { from, to })

/**
 * Reads what the proof of one leaf takes, and nothing else: tiles, which are hashes, and that leaf.
 *
 * @throws {Error} Where another text is asked, or another leaf.
 */
export const leafProofAsk =
  (ask: Ask, seq: number): Ask =>
  (text, params) => {
    const isOfLeaf = text === (LEAVES as unknown) && params?.from === seq && params.to === seq + 1
    if (text === (TILES as unknown) || isOfLeaf) return ask(text, params)
    throw new Error(`${text.name} is no part of the proof of leaf ${seq}`)
  }
