import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import { filesBetween } from '../../proofs/crawl.ts'
import { entryBundle } from '../../proofs/entry-bundle.ts'
import { HASH_BYTES, leafHash } from '../../proofs/hash.ts'
import { type Leaf, leafBytes } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatNote, formatVkey, noteSignature } from '../../proofs/note.ts'
import { growTiles, TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { TestKey } from './keys.ts'
import type { TestLog } from './log.ts'

/** The files of a log by path, as `selvedge log export` would write them. */
export type LogFiles = Map<string, Uint8Array>

/** A signed checkpoint over the first entries. */
export function checkpointNote(
  entries: readonly Uint8Array[],
  { origin, key }: { origin: string; key: TestKey },
) {
  const root = rootOf(
    sha256,
    entries.map((entry) => leafHash(sha256, entry)),
  )
  const text = formatCheckpoint({ origin, size: entries.length, root })
  return formatNote(text, [noteSignature(sha256, origin, unb64(key.x), key.sign(utf8(text)))])
}

/** The files of a log of these entries, signed by this key. */
export function filesOfEntries(
  entries: readonly Uint8Array[],
  { origin, key }: { origin: string; key: TestKey },
): LogFiles {
  const hashes = entries.map((entry) => leafHash(sha256, entry))
  const tiles = new Map(
    growTiles(sha256, 0, hashes, () => new Uint8Array()).map((tile) => [
      `${tile.level}/${tile.index}`,
      tile.hashes,
    ]),
  )
  const files: LogFiles = new Map()
  for (const { level, index, width } of filesBetween(0, entries.length)) {
    const start = index * TILE_WIDTH
    const bytes =
      level === 'entries'
        ? entryBundle(entries.slice(start, start + width))
        : tiles.get(`${level}/${index}`)!.subarray(0, width * HASH_BYTES)
    files.set(tilePath(level, index, width), bytes)
  }
  const vkey = formatVkey(sha256, { name: origin, publicKey: unb64(key.x) })
  files.set('log.vkey', utf8(`${vkey}\n`))
  files.set('checkpoint', utf8(checkpointNote(entries, { origin, key })))
  return files
}

/** The files of a log kept in memory, of other leaves where they are given. */
export const filesOfLog = (log: TestLog, leaves: readonly Leaf[] = log.leaves): LogFiles =>
  filesOfEntries(leaves.map(leafBytes), { origin: log.origin, key: log.keys.checkpoint })
