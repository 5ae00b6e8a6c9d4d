import { readSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { text } from '../../proofs/utf8.ts'
import { damaged, notAnArchive, passphraseWrong } from './problems.ts'
import {
  CHUNK_HEAD_BYTES,
  HEAD_BYTES,
  MOST_SEALED,
  openSealer,
  type Sealer,
  sealedLength,
} from './seal.ts'

/**
 * Opens the head of the archive that `path` names.
 *
 * @throws {Problem} `BACKUP_NOT_AN_ARCHIVE`, `BACKUP_PASSPHRASE_WRONG`
 */
export async function sealerFor(
  path: string,
  passphrase: string,
  head: Uint8Array,
): Promise<Sealer> {
  const sealer = await openSealer(passphrase, head)
  if (sealer === 'not an archive') throw notAnArchive(path, 'its head is of another form')
  if (sealer === 'wrong passphrase') throw passphraseWrong(path)
  return sealer
}

/** The first two lines; `null` where there are none. */
export function readHead(file: number): Uint8Array | null {
  const bytes = readAt(file, 0, HEAD_BYTES)
  const end = bytes.indexOf(0x0a, bytes.indexOf(0x0a) + 1)
  return end <= 0 || bytes.indexOf(0x0a) === end ? null : bytes.subarray(0, end + 1)
}

/** A chunk with its head, as far as the file says that there is one. */
export function readChunk(file: number, at: number): Uint8Array | null {
  const head = readAt(file, at, CHUNK_HEAD_BYTES)
  if (head.length < CHUNK_HEAD_BYTES) return null
  const length = sealedLength(head)
  if (length > MOST_SEALED) return null
  const chunk = readAt(file, at, CHUNK_HEAD_BYTES + length)
  return chunk.length < CHUNK_HEAD_BYTES + length ? null : chunk
}

/** Whether nothing stands at a place. */
export const isEnd = (file: number, at: number) => readAt(file, at, 1).length === 0

/** The bytes at a place: fewer where the file ends before. */
export function readAt(file: number, at: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length)
  let done = 0
  for (;;) {
    const read = readSync(file, bytes, done, length - done, at + done)
    done += read
    if (read === 0 || done === length) return bytes.subarray(0, done)
  }
}

/**
 * The lines of a chunk that was opened.
 *
 * @throws {Problem} `BACKUP_DAMAGED` where it does not inflate to them, or to far more than any chunk.
 */
export function linesOf(path: string, plain: Uint8Array): string[] {
  try {
    const lines = text(inflateRawSync(plain, { maxOutputLength: 4 * MOST_SEALED })).split('\n')
    lines.pop()
    return lines
  } catch (error) {
    throw damaged(path, `a chunk holds no lines: ${(error as Error).message}`)
  }
}
