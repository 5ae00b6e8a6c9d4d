import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { sha256 } from '../../core/sha256.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import {
  filesBetween,
  filesToResume,
  type LogState,
  NOTHING_READ,
  resumeLog,
} from '../../proofs/crawl.ts'
import { entriesOf } from '../../proofs/entry-bundle.ts'
import { parseNote } from '../../proofs/note.ts'
import { tilePath } from '../../proofs/tiles.ts'

/** A log's files in a directory, as far as they were read and verified. */
export interface Mirror {
  /** What was read up to the checkpoint that the directory has; nothing where it has none. */
  state: LogState
  /** The signed note of that checkpoint. */
  note: string | null
  /** Every entry up to there, in order. */
  entries(): Generator<Uint8Array>
}

/**
 * Opens a directory that an earlier run, or `selvedge log export`, has written.
 *
 * @throws {ProofError} `PROOF_ROOT_MISMATCH`, `PROOF_TILE` where its tiles are not those of its checkpoint.
 */
export function openMirror(directory: string): Mirror {
  const read = (path: string) => new Uint8Array(readFileSync(join(directory, path)))
  if (!existsSync(join(directory, 'checkpoint'))) {
    return { state: NOTHING_READ, note: null, entries: function* () {} }
  }
  const note = readFileSync(join(directory, 'checkpoint'), 'utf8')
  const checkpoint = parseCheckpoint(parseNote(note).text)
  const widths = new Map(
    filesToResume(checkpoint.size).map((tile) => [`${tile.level}/${tile.index}`, tile]),
  )
  const state = resumeLog(sha256, checkpoint, (level, index) => {
    const { width } = widths.get(`${level}/${index}`)!
    return read(tilePath(level, index, width))
  })
  return {
    state,
    note,
    *entries() {
      for (const { level, index, width } of filesBetween(0, checkpoint.size)) {
        if (level === 'entries') yield* entriesOf(read(tilePath(level, index, width)))
      }
    },
  }
}

/**
 * Writes one file of a log below a directory, durably. Under another name first: whoever reads the
 * directory meanwhile never finds half a file.
 */
export function writeLogFile(directory: string, path: string, bytes: Uint8Array) {
  const target = join(directory, path)
  mkdirSync(dirname(target), { recursive: true })
  const draft = `${target}.${process.pid}.new`
  const file = openSync(draft, 'w')
  try {
    writeSync(file, bytes)
    // The checkpoint must not be on disk before what it covers.
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, target)
}
