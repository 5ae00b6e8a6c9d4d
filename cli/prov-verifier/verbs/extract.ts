import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../../core/sha256.ts'
import { STITCH_SUFFIX } from '../../../proofs/entry-proof.ts'
import { ProofError } from '../../../proofs/error.ts'
import { extractEntry } from '../../../proofs/extract.ts'
import { EXIT } from '../../../proofs/report.ts'
import { parsed, UsageError } from '../arguments.ts'
import { readBundle, UnreadableError } from '../files.ts'
import type { Verb } from '../run.ts'
import { safe } from '../text.ts'

const OPTIONS = { out: { type: 'string' } } as const

/** `prov-verifier extract BUNDLE ENTRY --out DIR`: takes one file out, with the proof that goes with it. */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, OPTIONS)
  const [bundle, path, ...more] = positionals
  if (bundle === undefined || path === undefined || more.length > 0) {
    throw new UsageError('name a bundle and one entry of it')
  }
  if (values.out === undefined) throw new UsageError('name a folder with --out')
  try {
    const { bytes, proof } = extractEntry(sha256, readBundle(bundle), path)
    const file = join(values.out, path.split('/').at(-1)!)
    write(values.out, [
      [file, bytes],
      [`${file}${STITCH_SUFFIX}`, proof],
    ])
    terminal.out(`${safe(file)}\n${safe(file)}${STITCH_SUFFIX}\n`)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof UnreadableError || error instanceof ProofError)) throw error
    terminal.err(`prov-verifier: ${safe(error.message)}\n`)
    return EXIT.unreadable
  }
}

/** @throws {UnreadableError} Where the folder or a file cannot be written. */
function write(folder: string, files: readonly [path: string, bytes: Uint8Array][]) {
  try {
    mkdirSync(folder, { recursive: true })
    for (const [path, bytes] of files) writeFileSync(path, bytes)
  } catch (cause) {
    throw new UnreadableError((cause as Error).message, { cause })
  }
}
