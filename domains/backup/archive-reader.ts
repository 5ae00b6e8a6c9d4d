import { closeSync, openSync } from 'node:fs'
import { isEnd, linesOf, readChunk, readHead, sealerFor } from './chunks.ts'
import { damaged, notAnArchive, unfinished } from './problems.ts'
import type { Sealer } from './seal.ts'

/**
 * Opens a finished archive; its lines can be read any number of times.
 *
 * @throws {Problem} `BACKUP_NOT_AN_ARCHIVE`, `BACKUP_PASSPHRASE_WRONG`; from `lines` also
 *   `BACKUP_DAMAGED`, and `BACKUP_UNFINISHED` where the last chunk is not the archive's last.
 */
export async function openArchive(path: string, passphrase: string): Promise<Archive> {
  const file = openSync(path, 'r')
  try {
    const head = readHead(file)
    if (!head) throw notAnArchive(path, 'it does not begin as one')
    const sealer = await sealerFor(path, passphrase, head)
    return {
      id: sealer.id,
      lines: () => readLines(path, file, sealer),
      close: () => closeSync(file),
    }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

/** A finished archive. */
export interface Archive {
  id: string
  lines(): Generator<string>
  close(): void
}

function* readLines(path: string, file: number, sealer: Sealer): Generator<string> {
  for (let [at, number] = [sealer.head.length, 0]; ; number++) {
    const chunk = readChunk(file, at)
    if (!chunk) throw isEnd(file, at) ? unfinished(path) : damaged(path, 'it is cut off')
    at += chunk.length
    const last = isEnd(file, at)
    const plain = sealer.open(chunk, { number, last })
    if (!plain) {
      const goesOn = last && sealer.open(chunk, { number, last: false })
      throw goesOn ? unfinished(path) : damaged(path, `chunk ${number} does not open`)
    }
    yield* linesOf(path, plain)
    if (last) return
  }
}
