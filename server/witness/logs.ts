import { readFileSync, statSync } from 'node:fs'
import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import { type NoteKey, parseVkey } from '../../proofs/note.ts'
import { logsInvalid } from './problems.ts'

/** The logs that a witness serves, each with the keys that may sign for it. */
export interface WitnessedLogs {
  /** None where the log is not known. */
  keysOf(origin: string): NoteKey[]
  origins(): string[]
}

/** The largest list that is read: some ten thousand logs. */
const MOST_BYTES = 2 ** 20

/**
 * Reads the logs to be witnessed: vkeys, from the command line and from a file with one on each line,
 * `#` for comments. The file is read anew when it has changed, so that a log can be added without a
 * restart; a version of it that cannot be read is told, and leaves what was known.
 *
 * @param onError Told of such a version, once.
 * @throws {Problem} `WITNESS_LOGS_INVALID`
 */
export function openLogs(
  { vkeys, file }: { vkeys: readonly string[]; file?: string },
  onError: (error: unknown) => void,
): WitnessedLogs {
  const given = vkeys.map((vkey) => keyIn(vkey, 'a log of the command line'))
  let read = file === undefined ? null : readList(file)
  const current = () => {
    if (file === undefined || read === null || stampOf(file) === read.stamp) return read?.keys ?? []
    try {
      read = readList(file)
    } catch (error) {
      read = { ...read, stamp: stampOf(file) }
      onError(error)
    }
    return read.keys
  }
  const all = () => [...given, ...current()]
  return {
    keysOf: (origin) => all().filter(({ name }) => name === origin),
    origins: () => [...new Set(all().map(({ name }) => name))],
  }
}

/** Which version of a file this is; a file that is gone has none. */
function stampOf(file: string) {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : ''
}

function readList(file: string) {
  const stamp = stampOf(file)
  const text = contentOf(file)
  const keys = text.split('\n').flatMap((line, i) => {
    const vkey = line.trim()
    return vkey === '' || vkey.startsWith('#') ? [] : [keyIn(vkey, `${file}, line ${i + 1}`)]
  })
  return { stamp, keys }
}

function contentOf(file: string) {
  try {
    const bytes = readFileSync(file)
    if (bytes.length <= MOST_BYTES) return bytes.toString('utf8')
  } catch (cause) {
    throw logsInvalid(file, `it cannot be read: ${(cause as Error).message}`, cause)
  }
  throw logsInvalid(file, `it has more than ${MOST_BYTES} bytes`)
}

function keyIn(vkey: string, where: string): NoteKey {
  try {
    return parseVkey(sha256, vkey)
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    throw logsInvalid(where, 'not the vkey of a log: <origin>+<8 hex digits>+<base64>', cause)
  }
}
