import type { Ask } from '../../lineage/graph.ts'
import { type LeafRow, readLeaves } from '../../lineage/log.ts'
import { type PublishedLog, readPublished, readPublishedTile } from '../../lineage/published-log.ts'
import { unb64 } from '../../proofs/base64.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { entryBundle } from '../../proofs/entry-bundle.ts'
import { HASH_BYTES } from '../../proofs/hash.ts'
import { parseNote } from '../../proofs/note.ts'
import { isCovered, type TileName } from '../../proofs/tile-path.ts'
import { TILE_WIDTH } from '../../proofs/tiles.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { logDamaged, logFileUnknown } from './problems.ts'

/** The field of the tenant's own record that opens its log to everyone. */
export const PUBLIC_FIELD = 'logPublic'

/** Entries are read this many at first, which are at most 4 MiB, however long they are. */
const FIRST_ENTRIES = 64
/** Where the first were short, as entries are, the rest is read at once. */
const SHORT_BYTES = 2 ** 20

/** What of a log may be given away: whatever its published checkpoint covers, and nothing beyond. */
export interface Published {
  epoch: number
  /** Whether its tenant lets everyone read it. */
  isPublic: boolean
  /** The last published checkpoint, a signed note; `null` before the first. */
  note: string | null
}

/** What is published of the tenant's log, or `undefined` where there is no such tenant. */
export async function findPublished(ask: Ask): Promise<Published | undefined> {
  const row = await readPublished(ask)
  return row && publishedOf(row)
}

/**
 * The same with a tile's hashes, or, for a bundle of entries, the hashes of its entries, at the width
 * asked for.
 *
 * @returns `hashes` throws where they are not published, so that who may not read the log at all is
 * refused first: `LOG_FILE_UNKNOWN`; `LOG_DAMAGED` where they are, and not stored.
 */
export async function findTile(
  { tenant, ask }: { tenant: string; ask: Ask },
  name: TileName,
): Promise<(Published & { hashes(): Uint8Array }) | undefined> {
  const place = { level: name.level === 'entries' ? 0 : name.level, index: name.index }
  const row = await readPublishedTile(ask, place)
  if (!row) return undefined
  const hashes = () => {
    const { size } = row.checkpoint ? parseCheckpoint(parseNote(row.checkpoint).text) : { size: 0 }
    if (!isCovered(name, size)) throw logFileUnknown()
    const stored = unb64(row.hashes ?? '')
    if (stored.length < name.width * HASH_BYTES) throw logDamaged(tenant, 'a tile is missing')
    return stored.subarray(0, name.width * HASH_BYTES)
  }
  return { ...publishedOf(row), hashes }
}

/**
 * Gives a bundle of entries piece by piece, each entry behind its length (C2SP tlog-tiles).
 *
 * @param log With what to read the first piece, and the later ones, which a slow reader asks for late.
 * @throws {Problem} `LOG_DAMAGED` where an entry is missing.
 */
export async function* entryPieces(
  { tenant, ask, later }: { tenant: string; ask: Ask; later: Ask },
  { index, width }: TileName,
): AsyncGenerator<Uint8Array> {
  const start = index * TILE_WIDTH
  const end = start + width
  let few = true
  for (let from = start; from < end; ) {
    const to = few ? Math.min(from + FIRST_ENTRIES, end) : end
    const rows = await readLeaves(from === start ? ask : later, from, to)
    requireGapless(tenant, rows, { from, to })
    const piece = entryBundle(rows.map(({ header }) => utf8(header)))
    few = piece.length > SHORT_BYTES
    from = to
    yield piece
  }
}

function requireGapless(
  tenant: string,
  rows: readonly LeafRow[],
  { from, to }: { from: number; to: number },
) {
  const whole = rows.length === to - from && rows.every(({ seq }, i) => seq === from + i)
  if (!whole) throw logDamaged(tenant, `leaves from ${from} on are missing`)
}

const publishedOf = ({ epoch, checkpoint, tenantFields }: PublishedLog): Published => ({
  epoch,
  isPublic: isPublic(tenantFields),
  note: checkpoint,
})

/** Only the very word opens a log: a body that is erased, or cannot be read, leaves it closed. */
function isPublic(fields: string | null) {
  if (fields === null) return false
  const body = JSON.parse(fields) as Record<string, unknown>
  return Object.hasOwn(body, PUBLIC_FIELD) && body[PUBLIC_FIELD] === true
}
