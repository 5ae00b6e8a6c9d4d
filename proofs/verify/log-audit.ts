import type { Checkpoint } from '../checkpoint.ts'
import { filesBetween, type LogState, NOTHING_READ, openCrawl } from '../crawl.ts'
import { ProofError } from '../error.ts'
import { leafHash, type Sha256 } from '../hash.ts'
import type { ReadKeyRecord } from '../key-records.ts'
import type { Leaf } from '../leaf.ts'
import { tilePath } from '../tiles.ts'
import { text } from '../utf8.ts'
import { openLogRules } from './log-rules.ts'

/** Gives a file of a log by its path (`tile/0/000`), or `null` where there is none. */
export type ReadFile = (path: string) => Uint8Array | null

/** What a walk over all files of a log has found; a "no" ends only what it is about. */
export interface LogAudit {
  /** The log's state at the end of the walk, or why it is not the checkpoint's. */
  files: LogState | ProofError
  /** How many leaves keep the rules, or the first that does not. */
  rules: number | ProofError
  /** How many leaves keep the caller's own rule, or the first that does not. */
  own: number | ProofError
  /** Key records after the log's first two, in order. */
  keys: ReadKeyRecord[]
  /** The first state record's place, or `null` where there is none. */
  firstState: number | null
  /** The origin that the last epoch record opens, or `null` where the log was never restored. */
  epochOrigin: string | null
  last: Leaf | null
}

/** A further rule for leaves, each taken in order. @throws {ProofError} For the first that breaks it. */
export type OwnRule = (leaf: Leaf, hash: Uint8Array) => void

/**
 * Walks over every file of a log once, from its first entry to its last: the entries make the tiles,
 * the tiles make the checkpoint's root, and each entry keeps the rules. What a rule says is only worth
 * something where the files are the checkpoint's, which is why they are read once for both.
 */
export function auditLog(
  sha256: Sha256,
  read: ReadFile,
  { checkpoint, own }: { checkpoint: Checkpoint; own?: OwnRule },
): LogAudit {
  const rules = openLogRules(sha256)
  const audit: LogAudit = {
    files: NOTHING_READ,
    rules: 0,
    own: 0,
    keys: [],
    firstState: null,
    epochOrigin: null,
    last: null,
  }

  const take = (entry: Uint8Array) => {
    if (audit.rules instanceof ProofError) return
    const leaf = attempt(() => rules.take(text(entry)))
    audit.rules = leaf instanceof ProofError ? leaf : audit.rules + 1
    if (leaf instanceof ProofError) return
    const hash = leafHash(sha256, entry)
    note(leaf, hash)
    if (!own || audit.own instanceof ProofError) return
    const broken = attempt(() => own(leaf, hash))
    audit.own = broken instanceof ProofError ? broken : audit.own + 1
  }

  const note = (leaf: Leaf, hash: Uint8Array) => {
    audit.last = leaf
    if (leaf.v === 'selvedge/state/1') audit.firstState ??= leaf.seq
    if (leaf.v === 'selvedge/epoch/1') audit.epochOrigin = leaf.origin
    if (leaf.v === 'selvedge/key/1' && leaf.seq > 1) {
      audit.keys.push({ leaf, hash })
    }
  }

  audit.files = attempt(() => {
    const crawl = openCrawl(sha256, NOTHING_READ, checkpoint)
    for (const { level, index, width } of filesBetween(0, checkpoint.size)) {
      const path = tilePath(level, index, width)
      const bytes = read(path)
      if (bytes === null) throw new ProofError('PROOF_LOG_FILE', `${path} is missing`)
      for (const entry of crawl.take(bytes)) take(entry)
    }
    return crawl.end()
  })
  return audit
}

/** Gives what the step gives, or the "no" that it throws; any other error is ours. */
function attempt<T>(step: () => T): T | ProofError {
  try {
    return step()
  } catch (error) {
    if (error instanceof ProofError) return error
    throw error
  }
}

/** Turns what `attempt` gave back into a value, or throws it. */
export function orThrow<T>(value: T | ProofError): T {
  if (value instanceof ProofError) throw value
  return value
}
