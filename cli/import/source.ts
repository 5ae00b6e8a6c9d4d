import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileChanged, fileNotText } from './problems.ts'

/** A file to be imported, looked through once: it is text, and known by its hash. */
export interface Source {
  path: string
  bytes: number
  /** SHA-256 of all of it, in base64url. */
  hash: string
  /** @throws {Problem} `IMPORT_FILE_CHANGED` where it is no longer what was looked through. */
  requireUnchanged(): Promise<void>
  /** Deletes what was kept of standard input. */
  close(): Promise<void>
}

/**
 * Opens a file, or standard input where it is called `-`. That is kept in a file first: what a line is
 * known by holds the hash of everything.
 *
 * @throws {Problem} `IMPORT_ENCODING_INVALID`
 */
export async function openSource(
  given: string,
  stdin: NodeJS.ReadableStream = process.stdin,
): Promise<Source> {
  if (given !== '-') return surveyed(given, async () => {})
  const folder = await mkdtemp(join(tmpdir(), 'selvedge-import-'))
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'stdin')
    await pipeline(stdin, createWriteStream(path, { mode: 0o600 }))
    return await surveyed(path, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function surveyed(path: string, close: () => Promise<void>): Promise<Source> {
  const before = await stat(path)
  const { hash, bytes } = await survey(path)
  return {
    ...{ path, bytes, hash, close },
    async requireUnchanged() {
      const now = await stat(path)
      if (now.size !== before.size || now.mtimeMs !== before.mtimeMs) throw fileChanged()
    },
  }
}

const NEWLINE = 0x0a

/** Reads all of a file: its hash, and whether it is text in UTF-8. */
async function survey(path: string) {
  const hash = createHash('sha256')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  let bytes = 0
  const read = (part?: Uint8Array) => {
    try {
      decoder.decode(part, { stream: part !== undefined })
    } catch {
      throw fileNotText(line, 'bytes that are none')
    }
    if (part?.includes(0)) throw fileNotText(line, 'a byte that is zero, as UTF-16 has them')
  }
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
    for (let from = 0; from < chunk.length; ) {
      const at = chunk.indexOf(NEWLINE, from)
      const end = at < 0 ? chunk.length : at + 1
      read(chunk.subarray(from, end))
      if (at >= 0) line += 1
      from = end
    }
  }
  read()
  return { hash: hash.digest('base64url'), bytes }
}
