import { sha256 } from '../../core/sha256.ts'
import { notYetSigned, tenantUnknown } from '../../ledger/problems.ts'
import type { Graph } from '../../lineage/graph.ts'
import { type LeafRow, type LogHead, readLeaves, readLog } from '../../lineage/log.ts'
import { unb64 } from '../../proofs/base64.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { entryBundle } from '../../proofs/entry-bundle.ts'
import { equal, HASH_BYTES, leafHash } from '../../proofs/hash.ts'
import { parseLeaf } from '../../proofs/leaf.ts'
import { appendLeaf, edgeRoot, emptyEdge } from '../../proofs/merkle.ts'
import { formatVkey, keyHash, parseNote, parseVkey } from '../../proofs/note.ts'
import { growTiles, TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { logDamaged } from './problems.ts'

export interface LogFile {
  /** As C2SP tlog-tiles has it, below the log's own address. */
  path: string
  bytes: Uint8Array
}

/** Whole tiles a page, so that bundles of entries are whole too. */
const LEAVES_A_PAGE = 4 * TILE_WIDTH

/**
 * Gives the files of a tenant's log by C2SP tlog-tiles, at the size of its published checkpoint:
 * bundles of entries and tiles first, partial ones of the right edge included, then `log.vkey`, last
 * `checkpoint`. So what was written when the last file is there is the whole log.
 *
 * The tiles are grown anew from the entries, and the checkpoint is given only if it is theirs.
 *
 * @throws {Problem} `TENANT_UNKNOWN`; `CHECKPOINT_NOT_READY` before the first checkpoint;
 *   `LOG_DAMAGED` where the stored leaves do not give the root that was signed.
 */
export async function* listFiles(graph: Graph): AsyncGenerator<LogFile> {
  const head = await readLog(graph.read)
  if (!head) throw tenantUnknown(graph.tenant)
  if (head.checkpoint === null) throw notYetSigned(graph.tenant)
  const { size, root } = parseCheckpoint(parseNote(head.checkpoint).text)
  const partial = new Map<string, { level: number; index: number; hashes: Uint8Array }>()
  let edge = emptyEdge()
  const vkeys: string[] = []
  for (let from = 0; from < size; from += LEAVES_A_PAGE) {
    const rows = await readLeaves(graph.read, from, Math.min(from + LEAVES_A_PAGE, size))
    requireGapless(graph.tenant, rows, from, size)
    vkeys.push(...vkeysIn(head, rows))
    const entries = rows.map(({ header }) => utf8(header))
    for (let at = 0; at < entries.length; at += TILE_WIDTH) {
      const some = entries.slice(at, at + TILE_WIDTH)
      const path = tilePath('entries', (from + at) / TILE_WIDTH, some.length)
      yield { path, bytes: entryBundle(some) }
    }
    const leaves = entries.map((entry) => leafHash(sha256, entry))
    const present = (level: number, index: number) =>
      partial.get(`${level}/${index}`)?.hashes ?? new Uint8Array()
    for (const tile of growTiles(sha256, edge.size, leaves, present)) {
      const key = `${tile.level}/${tile.index}`
      partial.set(key, tile)
      if (tile.hashes.length < TILE_WIDTH * HASH_BYTES) continue
      partial.delete(key)
      yield fileOf(tile)
    }
    for (const leaf of leaves) edge = appendLeaf(sha256, edge, leaf)
  }
  for (const tile of partial.values()) yield fileOf(tile)
  if (!equal(edgeRoot(sha256, edge), root)) throw logDamaged(graph.tenant, 'another root')
  yield { path: 'log.vkey', bytes: utf8(`${signerOf(graph.tenant, head.checkpoint, vkeys)}\n`) }
  yield { path: 'checkpoint', bytes: utf8(head.checkpoint) }
}

const fileOf = ({
  level,
  index,
  hashes,
}: {
  level: number
  index: number
  hashes: Uint8Array
}) => ({
  path: tilePath(level, index, hashes.length / HASH_BYTES),
  bytes: hashes,
})

function requireGapless(tenant: string, rows: readonly LeafRow[], from: number, size: number) {
  const expected = Math.min(LEAVES_A_PAGE, size - from)
  const whole = rows.length === expected && rows.every(({ seq }, i) => seq === from + i)
  if (!whole) throw logDamaged(tenant, `leaves from ${from} on are missing`)
}

/** The keys for checkpoints that these leaves add, as vkeys. */
const vkeysIn = ({ origin }: LogHead, rows: readonly LeafRow[]) =>
  rows
    .filter(({ header }) => header.includes('"v":"selvedge/key/1"'))
    .map(({ header }) => parseLeaf(header))
    .flatMap((leaf) =>
      leaf.v === 'selvedge/key/1' && leaf.event === 'add' && leaf.use === 'checkpoint'
        ? [formatVkey(sha256, { name: origin, publicKey: unb64(leaf.x) })]
        : [],
    )

/** Of the log's own keys the one that signed this checkpoint: keys change, and files go by the last. */
function signerOf(tenant: string, note: string, vkeys: readonly string[]) {
  const { signatures } = parseNote(note)
  const vkey = vkeys.find((one) => {
    const { name, publicKey } = parseVkey(sha256, one)
    const hash = keyHash(sha256, name, publicKey)
    return signatures.some((line) => line.name === name && equal(line.keyHash, hash))
  })
  if (vkey === undefined) throw logDamaged(tenant, 'no key of it has signed its checkpoint')
  return vkey
}
