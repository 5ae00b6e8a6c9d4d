import type { Objects } from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'
import { pastEpochs } from '../../lineage/epochs.ts'
import type { Ask, Graph } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import { readWitnessed } from '../../lineage/witnessed-log.ts'
import { b64 } from '../../proofs/base64.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { ProofError } from '../../proofs/error.ts'
import { parseLeaf } from '../../proofs/leaf.ts'
import { edgeRoot } from '../../proofs/merkle.ts'
import { parseNote } from '../../proofs/note.ts'
import { fileLines } from './files.ts'
import type { TenantFold } from './fold.ts'
import { bodyOf } from './leaf-body.ts'
import type { LeafLine, LogLine, ShelfLine, TenantLine } from './lines.ts'
import { logDiffers, notSigned } from './problems.ts'
import {
  actorsAfter,
  commandsAfter,
  mergesAfter,
  type StoredLeaf,
  storedLeaves,
  timesOf,
  usagesAfter,
  windowsAfter,
} from './store.ts'

/** What one read brings at most: so many rows, and bodies of so many characters among them. */
const ROWS_A_READ = 512
const MOST_CHARS = 32_000
/** Events of usage are of up to 64 KiB each. */
const USAGES_A_READ = 64

/**
 * Says up to where a tenant is held: its last published checkpoint.
 *
 * @throws {Problem} `BACKUP_UNSIGNED` where there is none.
 */
export async function logLine({ tenant, read }: Graph): Promise<LogLine> {
  const [head, witnessed, past] = [
    await readLog(read),
    await readWitnessed(read),
    await pastEpochs(read),
  ]
  if (!head || head.checkpoint === null) throw notSigned(tenant)
  const { origin, epoch, namingKey, checkpoint: note } = head
  const { size } = parseCheckpoint(parseNote(note).text)
  const cosigned = witnessed?.witnessed ?? null
  const covered =
    cosigned !== null && witnessed!.origin === origin && witnessed!.witnessedSize <= size
  return {
    ...{ is: 'log', tenant, origin, epoch, past, namingKey, size, note },
    witnessed: covered ? cosigned : null,
  }
}

/**
 * Gives the lines of a tenant from where the fold is, up to its end, without holding up whoever writes
 * meanwhile: what a log has it keeps, and everything else is asked for as it was at the checkpoint.
 *
 * @param fold Has taken each line before the next is asked for.
 * @param objects Where files are; `null` to leave them out.
 * @throws {Problem} `BACKUP_LOG_DIFFERS` where the leaves are not those of the checkpoint, or a body is
 *   not the one that its header says; what the store of files refuses.
 */
export async function* tenantLines(
  { read }: Graph,
  fold: TenantFold,
  objects: Objects | null = null,
): AsyncGenerator<TenantLine> {
  const { log, counts } = fold
  const { tenant, size } = log
  for (let from = counts.leaves; from < size; from = counts.leaves) {
    const to = Math.min(from + ROWS_A_READ, size)
    const rows = await storedLeaves(read, { from, to, most: MOST_CHARS })
    const stray = rows.findIndex(({ seq }, i) => seq !== from + i)
    if (stray >= 0 || rows.length < to - from) {
      throw logDiffers(tenant, `leaf ${from + (stray < 0 ? rows.length : stray)} is missing`)
    }
    for (const row of rows) yield await leafLine(read, tenant, row)
  }
  requireRoot(fold)
  const page = { first: ROWS_A_READ, size }
  // Said twice where somebody died in between, which does no harm.
  const { command, actor, merge, usage, window, file } = fold
  const isBeyond = [command, actor, merge, usage, window, file].some((one) => one !== null)
  if (!isBeyond) yield* timeLines(read, fold)
  yield* shelf('command', () => commandsAfter(read, fold.command, page))
  yield* shelf('actor', () => actorsAfter(read, fold.actor, page))
  yield* shelf('merge', () => mergesAfter(read, fold.merge, page))
  if (fold.window === null) {
    yield* shelf('usage', () => usagesAfter(read, fold.usage, USAGES_A_READ), USAGES_A_READ)
  }
  yield* shelf('window', () => windowsAfter(read, fold.window, page))
  if (objects) yield* fileLines({ read, objects }, { tenant, size, at: () => fold.file })
  yield { is: 'end', tenant, ...counts }
}

/** @throws {Problem} `BACKUP_LOG_DIFFERS` */
function requireRoot({ log, edge }: TenantFold) {
  const { size, root } = parseCheckpoint(parseNote(log.note).text)
  if (edge.size === size && b64(edgeRoot(sha256, edge)) === b64(root)) return
  throw logDiffers(log.tenant, `the root over the first ${size} leaves is another`)
}

/**
 * A leaf with all that is stored beside it, as of one moment. A long body comes by a read of its own,
 * since it may be millions of characters, and an erasure may be carried out before that, or in the midst
 * of any read: what does not hold together is read again, in whole.
 */
async function leafLine(ask: Ask, tenant: string, row: StoredLeaf): Promise<LeafLine> {
  const { seq } = row
  if (row.length <= MOST_CHARS && strangenessOf(row) === null) return lineOf(row)
  const whole = { from: seq, to: seq + 1, most: Number.MAX_SAFE_INTEGER }
  const [again] = await storedLeaves(ask, whole)
  const strange = again ? strangenessOf(again) : 'it is gone'
  if (strange !== null) throw logDiffers(tenant, `leaf ${seq}: ${strange}`)
  return lineOf(again!)
}

/** What a restore would refuse: a backup is not to be made that is refused when it is needed. */
function strangenessOf(row: StoredLeaf): string | null {
  try {
    const leaf = parseLeaf(row.header)
    if (leaf.v !== 'selvedge/record/1' || bodyOf(leaf, lineOf(row)) !== 'missing') return null
    const isGone = row.erased !== null && row.fields === null && row.secret === null
    return isGone ? null : 'its body is missing, and nothing erased it'
  } catch (error) {
    if (error instanceof ProofError) return error.message
    throw error
  }
}

const lineOf = ({ header, fields, secret, erased, erasure }: StoredLeaf): LeafLine => ({
  is: 'leaf',
  header,
  ...(fields !== null && { fields }),
  ...(secret !== null && { secret }),
  ...(erased !== null && { erased }),
  ...(erasure !== null && { erasure }),
})

async function* timeLines(ask: Ask, { bareRuns, log }: TenantFold): AsyncGenerator<TenantLine> {
  const ids = [...bareRuns]
  for (let from = 0; from < ids.length; from += ROWS_A_READ) {
    const rows = await timesOf(ask, ids.slice(from, from + ROWS_A_READ), log.size)
    for (const row of rows) yield { is: 'time', ...row }
  }
}

/** Rows of one kind, page by page; the fold knows the last one. */
async function* shelf<Is extends ShelfLine['is'], Row>(
  is: Is,
  next: () => Promise<Row[]>,
  most = ROWS_A_READ,
) {
  for (;;) {
    const rows = await next()
    for (const row of rows) yield { is, row }
    if (rows.length < most) return
  }
}
