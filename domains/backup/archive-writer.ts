import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { failpoint } from '../../core/failpoint.ts'
import { tryLock } from '../../core/file-lock.ts'
import { Problem } from '../../core/problem.ts'
import { syncDirectory } from '../../core/sync-directory.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { linesOf, readAt, readChunk, readHead, sealerFor } from './chunks.ts'
import { alreadyThere, busy, notAnArchive, writeFailed } from './problems.ts'
import { HEAD_BYTES, newSealer, type Sealer } from './seal.ts'

/** How much text a chunk holds before it is sealed; what was written is lost in whole chunks. */
const CHUNK_CHARS = 2 ** 20

/** An archive that is being written, under `<path>.partial` until it is whole. */
export interface ArchiveWriter {
  /** The random name of the archive. */
  readonly id: string
  /** Appends a line; it is on disk once a chunk is full, or `flush` returns. */
  line(line: string): void
  flush(): void
  /** Appends the last line, and gives the file its name. */
  finish(line: string): void
  close(): void
}

/**
 * Begins an archive, or goes on with one that was left half-way: whole chunks count, and what was torn
 * behind them is cut off.
 *
 * @param onLine Told of every line that is there already, in order.
 * @throws {Problem} `BACKUP_EXISTS`, `BACKUP_BUSY`, `BACKUP_PASSPHRASE_WRONG`,
 *   `BACKUP_NOT_AN_ARCHIVE`, `BACKUP_WRITE_FAILED`
 */
export async function openArchiveWriter(
  path: string,
  passphrase: string,
  { onLine = () => {}, logN }: { onLine?: (line: string) => void; logN?: number } = {},
): Promise<ArchiveWriter> {
  const partial = `${path}.partial`
  if (existsSync(path)) throw alreadyThere(path)
  const { file, close } = openPartial(path, partial)
  try {
    const head = readHead(file)
    if (!head && !isTornHead(readAt(file, 0, HEAD_BYTES)))
      throw notAnArchive(partial, 'see what it is')
    const sealer = head
      ? await sealerFor(partial, passphrase, head)
      : await newSealer(passphrase, { logN })
    const end = head
      ? replay({ path: partial, file }, sealer, onLine)
      : { at: 0, number: 0, whole: false }
    const append = appendTo(partial, file, end.at)
    if (!head) append(sealer.head)
    return writerOf({ path, partial, sealer, append, close, ...end })
  } catch (error) {
    close()
    throw error
  }
}

/** Two that write one archive would spoil it, so whoever opens it holds its lock. */
function openPartial(path: string, partial: string) {
  const lock = onDisk(path, () => tryLock(`${path}.lock`))
  if (!lock) throw busy(path)
  try {
    const file = onDisk(path, () => openSync(partial, existsSync(partial) ? 'r+' : 'wx+', 0o600))
    const close = () => {
      closeSync(file)
      lock.release()
    }
    return { file, close }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Tells what the disk does not let us do. */
function onDisk<T>(path: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw error instanceof Problem ? error : writeFailed(path, error)
  }
}

/** Somebody died while he wrote the head: nothing is lost with it. */
const isTornHead = (bytes: Uint8Array) =>
  bytes.length < HEAD_BYTES && HEAD_BEGIN.startsWith(text(bytes.subarray(0, HEAD_BEGIN.length)))
const HEAD_BEGIN = '{"id":"'

/** Reads whole chunks, and cuts off what is behind them. */
function replay(
  { path, file }: { path: string; file: number },
  sealer: Sealer,
  onLine: (line: string) => void,
) {
  let [at, number, whole] = [sealer.head.length, 0, false]
  for (;;) {
    const chunk = readChunk(file, at)
    if (!chunk || whole) break
    const plain = sealer.open(chunk, { number, last: false })
    const last = plain ? null : sealer.open(chunk, { number, last: true })
    if (!plain && !last) break
    for (const line of linesOf(path, (plain ?? last)!)) onLine(line)
    whole = last !== null
    at += chunk.length
    number += 1
  }
  ftruncateSync(file, at)
  return { at, number, whole }
}

function writerOf({
  path,
  partial,
  sealer,
  append,
  close,
  ...end
}: {
  path: string
  partial: string
  sealer: Sealer
  append: (bytes: Uint8Array) => void
  close: () => void
  number: number
  whole: boolean
}): ArchiveWriter {
  let { number } = end
  let waiting: string[] = []
  let chars = 0
  const write = (last: boolean) => {
    const plain = deflateRawSync(utf8(waiting.join('')), { level: 1 })
    append(sealer.seal(plain, { number, last }))
    failpoint('backup-chunk')
    number += 1
    waiting = []
    chars = 0
  }
  const name = () => {
    onDisk(path, () => nameFile(partial, path))
  }
  if (end.whole) name()
  return {
    id: sealer.id,
    line(line) {
      waiting.push(`${line}\n`)
      chars += line.length + 1
      if (chars >= CHUNK_CHARS) write(false)
    },
    flush() {
      if (waiting.length > 0) write(false)
    },
    finish(line) {
      waiting.push(`${line}\n`)
      write(true)
      name()
    },
    close,
  }
}

/** Never over a file that somebody else has put there meanwhile. */
function nameFile(partial: string, path: string) {
  try {
    linkSync(partial, path)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(path) : error
  }
  rmSync(partial)
  syncDirectory(dirname(path))
}

/** Writes all bytes and waits until they are on disk. */
function appendTo(path: string, file: number, from: number) {
  let at = from
  return (bytes: Uint8Array) => {
    onDisk(path, () => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(file, bytes, done, bytes.length - done, at + done)
      }
      fdatasyncSync(file)
    })
    at += bytes.length
  }
}
