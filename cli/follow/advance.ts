import { sha256 } from '../../core/sha256.ts'
import type { Checkpoint } from '../../proofs/checkpoint.ts'
import { filesBetween, type LogState, openCrawl } from '../../proofs/crawl.ts'
import { entriesOf, entryBundle } from '../../proofs/entry-bundle.ts'
import { ProofError } from '../../proofs/error.ts'
import { HASH_BYTES } from '../../proofs/hash.ts'
import type { TileName } from '../../proofs/tile-path.ts'
import { TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'
import type { LogSource } from './source.ts'

/** How many files are asked for at once: the log answers while others are being hashed. */
const AHEAD = 16

export interface Advancing {
  checkpoint: Pick<Checkpoint, 'size' | 'root'>
  /** Told of every file in the order of the log; the root is not compared before the last. */
  onFile?(path: string, bytes: Uint8Array): void
  /** Told of every entry that is new, in order, with its place. */
  onEntry?(entry: Uint8Array, seq: number): void
}

/**
 * Reads a log on from a state to a later checkpoint, over all files between, and checks that every one
 * is what the entries make (proofs/crawl.ts). Only when it returns was the log seen to go on as it must.
 *
 * @throws {ProofError} Where it does not: `PROOF_LOG_FILE`, `PROOF_ENTRIES`, `PROOF_SIZES`,
 *   `PROOF_ROOT_MISMATCH`.
 */
export async function advance(
  source: LogSource,
  from: LogState,
  { checkpoint, onFile, onEntry }: Advancing,
): Promise<LogState> {
  const crawl = openCrawl(sha256, from, checkpoint)
  let seq = from.size
  for await (const [path, bytes] of inOrder(source, filesBetween(from.size, checkpoint.size))) {
    for (const entry of crawl.take(bytes)) onEntry?.(entry, seq++)
    onFile?.(path, bytes)
  }
  return crawl.end()
}

/** Gives the files in their order while the next ones are on their way. */
async function* inOrder(source: LogSource, files: Iterable<TileName>) {
  const waiting: Promise<[string, Uint8Array]>[] = []
  for (const name of files) {
    const coming = fetchFile(source, name)
    // Whoever awaits it hears of a failure; one that is never awaited must not end the process.
    coming.catch(() => {})
    waiting.push(coming)
    if (waiting.length >= AHEAD) yield await waiting.shift()!
  }
  for (const coming of waiting) yield await coming
}

/** A log need not keep a partial tile once the full one is there (C2SP tlog-tiles, "Partial Tiles"). */
async function fetchFile(source: LogSource, name: TileName): Promise<[string, Uint8Array]> {
  const { level, index, width } = name
  const path = tilePath(level, index, width)
  const bytes = await source.get(path)
  if (bytes !== null) return [path, bytes]
  const full = width < TILE_WIDTH ? await source.get(tilePath(level, index)) : null
  if (full === null) throw new ProofError('PROOF_LOG_FILE', `${path} is missing`)
  const part =
    level === 'entries'
      ? entryBundle(entriesOf(full).slice(0, width))
      : full.subarray(0, width * HASH_BYTES)
  return [path, part]
}
