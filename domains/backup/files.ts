import { createHash, type Hash } from 'node:crypto'
import { type Objects, tenantOfAddress } from '../../core/objects.ts'
import { fileOf } from '../../ledger/filed.ts'
import { FILED_KINDS, filedOf } from '../../lineage/erasures.ts'
import type { Ask } from '../../lineage/graph.ts'
import type { FileLine, PartLine, TornLine } from './lines.ts'
import { fileUnsound } from './problems.ts'

/** How much of a file one line holds: with its base64 it stays well below a chunk. */
const PART_BYTES = 393_216

/** The file that an archive is at, as far as it has come. */
export interface FileFold extends FileLine {
  /** How many bytes are there. */
  done: number
  hash: Hash
  /** What was in the store is not what belongs there: what there is of it counts for nothing. */
  isTorn: boolean
}

/** Whether nothing more comes of a file. */
export const isEnded = ({ done, size, isTorn }: FileFold) => isTorn || done === size

const hashIn = (address: string) => address.slice(-64)

/**
 * Begins a file of a tenant.
 *
 * @throws {Problem} `BACKUP_FILE_UNSOUND`
 */
export function beginFile(tenant: string, before: FileFold | null, line: FileLine): FileFold {
  if (before && !isEnded(before)) throw fileUnsound(tenant, before.address, 'it is cut off')
  const owner = tenantOfAddress(line.address) ?? tenant
  if (owner !== tenant) throw fileUnsound(tenant, line.address, 'it is another tenant’s own')
  return endedOf(tenant, { ...line, done: 0, hash: createHash('sha256'), isTorn: false })
}

/**
 * Takes a part of the file that an archive is at, or hears that it is torn.
 *
 * @throws {Problem} `BACKUP_FILE_UNSOUND` where the file is another than its address says.
 */
export function takePart(
  tenant: string,
  file: FileFold | null,
  line: PartLine | TornLine,
): FileFold {
  if (!file || isEnded(file))
    throw fileUnsound(tenant, file?.address ?? '', 'bytes come that are of none')
  if (line.is === 'torn') return { ...file, isTorn: true }
  const bytes = Buffer.from(line.bytes, 'base64')
  return endedOf(tenant, {
    ...file,
    done: file.done + bytes.length,
    hash: file.hash.update(bytes),
  })
}

function endedOf(tenant: string, file: FileFold): FileFold {
  const { address, done, size, hash } = file
  if (done > size) throw fileUnsound(tenant, address, `${done} bytes came of ${size}`)
  if (done === size && hash.copy().digest('hex') !== hashIn(address)) {
    throw fileUnsound(tenant, address, 'it has another hash')
  }
  return file
}

/** A file that something in a log leads to, or led to before it was retired. */
interface Wanted {
  id: string
  address: string
}

/**
 * Gives the lines of a tenant's files from where the fold is: what the first `size` records lead to, each
 * file once. One that is no longer there is passed over; one that is damaged is said to be torn, so that
 * it keeps nobody from backing up the rest.
 *
 * @param at The file that the archive is at; it has taken each line before the next is asked for.
 */
export async function* fileLines(
  { read, objects }: { read: Ask; objects: Objects },
  { tenant, size, at }: { tenant: string; size: number; at(): FileFold | null },
): AsyncGenerator<FileLine | PartLine | TornLine> {
  const begun = at()
  const after = begun?.address ?? ''
  for (const { id, address } of await filesOf(read, tenant, size)) {
    if (address < after || (begun?.address === address && isEnded(begun))) continue
    const stored = await objects.get(address)
    const goesOn = begun?.address === address && stored?.size === begun.size
    if (!goesOn) yield* tornLine(at)
    if (!stored || (begun?.address === address && !goesOn)) continue
    if (!goesOn) yield { is: 'file', id, address, size: stored.size }
    yield* partLines(stored.read({ start: at()!.done, end: at()!.size }), at)
  }
  yield* tornLine(at)
}

/** What was begun and is not gone on with: it was erased meanwhile, or is another now. */
function* tornLine(at: () => FileFold | null): Generator<TornLine> {
  const file = at()
  if (file && !isEnded(file)) yield { is: 'torn' }
}

async function* partLines(
  parts: AsyncIterable<Uint8Array>,
  at: () => FileFold | null,
): AsyncGenerator<PartLine | TornLine> {
  try {
    for await (const bytes of inPieces(parts, at()!.size - at()!.done)) {
      const { address, done, size, hash } = at()!
      const isLast = done + bytes.length === size
      // A file that is gone on with is not hashed by its store.
      if (isLast && hash.copy().update(bytes).digest('hex') !== hashIn(address)) break
      yield { is: 'part', bytes: bytes.toString('base64') }
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'OBJECT_DAMAGED') throw error
  }
  yield* tornLine(at)
}

async function* inPieces(parts: AsyncIterable<Uint8Array>, bytes: number) {
  let held: Uint8Array[] = []
  let length = 0
  let left = bytes
  for await (const part of parts) {
    held.push(part)
    length += part.length
    while (length > 0 && (length >= PART_BYTES || length >= left)) {
      const all = Buffer.concat(held)
      const piece = all.subarray(0, PART_BYTES)
      yield piece
      left -= piece.length
      held = [all.subarray(piece.length)]
      length -= piece.length
    }
  }
}

/** In the order of their addresses, each once. */
async function filesOf(read: Ask, tenant: string, size: number): Promise<Wanted[]> {
  const byAddress = new Map<string, string>()
  for (const kind of FILED_KINDS) {
    for await (const page of filedOf(read, kind)) {
      for (const { id, fields, first } of page) {
        const address =
          first < size && fields ? fileOf(kind, tenant, JSON.parse(fields)) : undefined
        if (address !== undefined && !byAddress.has(address)) byAddress.set(address, id)
      }
    }
  }
  return [...byAddress]
    .map(([address, id]) => ({ id, address }))
    .sort((a, b) => (a.address < b.address ? -1 : 1))
}
