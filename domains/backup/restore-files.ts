import { isWhole, type Objects, tenantOfAddress } from '../../core/objects.ts'
import { fileClaim } from '../../ledger/claims.ts'
import type { Archive } from './archive-reader.ts'
import type { FileLine, Line } from './lines.ts'
import { fileUnsound } from './problems.ts'

/** What restoring the files of an archive came to. */
export interface RestoredFiles {
  /** Files that are in the store now, whoever put them there. */
  files: number
  bytes: number
}

/**
 * Puts the files that an archive holds into a store, each checked against its address once more. What is
 * there and whole stays as it is, so that who is killed goes on by calling it again.
 *
 * The records that lead to the files must be there before: what nothing leads to may be collected.
 *
 * @throws {Problem} `BACKUP_FILE_UNSOUND`, and what the store refuses.
 */
export async function restoreFiles(
  archive: Archive,
  objects: Objects,
  onProgress: (told: RestoredFiles) => void = () => {},
): Promise<RestoredFiles> {
  const told = { files: 0, bytes: 0 }
  let tenant = ''
  const lines = archive.lines()
  for (let next = lines.next(); !next.done; next = lines.next()) {
    const line = JSON.parse(next.value) as Line
    if (line.is === 'log') tenant = line.tenant
    if (line.is !== 'file') continue
    if (await restoreFile(objects, tenant, line, lines)) {
      told.files += 1
      told.bytes += line.size
      onProgress(told)
    }
  }
  return told
}

/** Says whether it is there now; one that is torn never is by this. */
async function restoreFile(
  objects: Objects,
  tenant: string,
  { id, address, size }: FileLine,
  lines: Generator<string>,
): Promise<boolean> {
  const parts = partsOf(size, lines)
  const found = await objects.get(address)
  if (found?.size === size && (await isWhole(found))) {
    for await (const _ of parts);
    return true
  }
  let isTorn = false
  const file = await objects.spool(
    untilTorn(parts, () => {
      isTorn = true
    }),
  )
  try {
    if (isTorn) return false
    if (!address.endsWith(file.sha256)) throw fileUnsound(tenant, address, 'it has another hash')
    const by = fileClaim(tenant, id.slice(id.lastIndexOf(':') + 1))
    await objects.put(file, by, tenantOfAddress(address))
    await objects.settle({ address, by })
    return true
  } finally {
    await file.discard()
  }
}

const TORN = Symbol('torn')

/** The parts that follow, up to the size; a last `TORN` where it says so instead. */
async function* partsOf(
  size: number,
  lines: Generator<string>,
): AsyncGenerator<Uint8Array | typeof TORN> {
  for (let done = 0; done < size; ) {
    const line = JSON.parse(lines.next().value as string) as Line
    if (line.is !== 'part') {
      yield TORN
      return
    }
    const bytes = Buffer.from(line.bytes, 'base64')
    done += bytes.length
    yield bytes
  }
}

async function* untilTorn(
  parts: AsyncIterable<Uint8Array | typeof TORN>,
  told: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    if (part === TORN) told()
    else yield part
  }
}
