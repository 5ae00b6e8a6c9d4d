import { sha256 } from '../../core/sha256.ts'
import { fileOf } from '../../ledger/filed.ts'
import { keysOfNote } from '../../ledger/log-keys.ts'
import { isFiledKind } from '../../lineage/erasures.ts'
import { b64 } from '../../proofs/base64.ts'
import { parseCheckpoint, verifyCheckpoint } from '../../proofs/checkpoint.ts'
import { ProofError } from '../../proofs/error.ts'
import { scheduleOf } from '../../proofs/key-schedule.ts'
import { hashLeaf, type KeyLeaf, parseLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import { parseNote } from '../../proofs/note.ts'
import { openReplay, type Replay } from '../../proofs/replay.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { bodyOf } from './leaf-body.ts'
import type { EndLine, LeafLine, LogLine } from './lines.ts'
import { unsound } from './problems.ts'

/** What an archive was found to hold of a tenant. */
export interface TenantAudit {
  tenant: string
  origin: string
  epoch: number
  /** How many leaves of each earlier epoch it holds. */
  kept: number[]
  size: number
  root: string
  entities: number
  bodies: number
  /** The records whose bodies were erased while the backup was made: the journal erases them again. */
  erasedSince: number[]
  /** How many files it holds whole; their hashes were checked. */
  files: number
  /** The addresses of files that a body leads to, and that it does not hold, or only torn. */
  filesMissing: string[]
  /** The root at each size that was asked for, as far as the log goes. */
  roots: ReadonlyMap<number, string>
  /** Every key record of the log. */
  keys: KeyLeaf[]
}

/**
 * Goes through what an archive holds of one tenant, and derives all of it anew, without a database:
 * every leaf is hashed and follows from those before, every body gives the root that its header says,
 * and the checkpoint is signed by a key of the log over just these leaves.
 *
 * @param sizes Where else the root is asked for, to be held against what others know.
 */
export class AuditTenant {
  readonly log: LogLine
  readonly #replay: Replay
  readonly #wanted: ReadonlySet<number>
  readonly #roots = new Map<number, string>()
  readonly #keys: KeyLeaf[] = []
  /** Where bodies are missing, and by which record it is said that they are. */
  readonly #missing = new Map<number, number | undefined>()
  readonly #erased = new Map<number, number>()
  #bodies = 0
  /** What bodies lead to, and what is held of that. */
  readonly #named = new Set<string>()
  readonly #held = new Set<string>()

  constructor(log: LogLine, sizes: Iterable<number> = []) {
    this.log = log
    this.#replay = openReplay(sha256, { tenant: log.tenant, origin: log.origin })
    const cosigned = log.witnessed === null ? [] : [checkpointIn(log.witnessed).size]
    this.#wanted = new Set([...sizes, log.size, ...cosigned])
  }

  /** Takes the next leaf. @throws {Problem} `BACKUP_UNSOUND` */
  leaf(line: LeafLine) {
    this.#sound(`leaf ${this.#replay.size}`, () => {
      const leaf = parseLeaf(line.header)
      this.#replay.addLeaf(leaf, hashLeaf(sha256, leaf, utf8(line.header)))
      if (leaf.v === 'selvedge/record/1') this.#body(leaf, line)
      if (leaf.v === 'selvedge/key/1') this.#keys.push(leaf)
    })
    const { size } = this.#replay
    if (this.#wanted.has(size)) this.#roots.set(size, b64(this.#replay.logRoot()))
  }

  /** Takes a file, which the fold has looked at. */
  file(address: string) {
    this.#held.add(address)
  }

  /** The file before was none. */
  tear(address: string) {
    this.#held.delete(address)
  }

  /** @throws {Problem} `BACKUP_UNSOUND` */
  end({ leaves }: EndLine): TenantAudit {
    const { tenant, origin, epoch, size, note, witnessed, past } = this.log
    if (this.#replay.size !== size || leaves !== size) {
      throw unsound(tenant, `${this.#replay.size} leaves, of ${size}`)
    }
    this.#checkpoint(note, 'its checkpoint')
    if (witnessed !== null) this.#checkpoint(witnessed, 'its witnessed checkpoint')
    return {
      ...{ tenant, origin, epoch, size, kept: past.map(({ kept }) => kept) },
      root: this.#roots.get(size)!,
      entities: this.#replay.entities,
      bodies: this.#bodies,
      erasedSince: this.#missingBodies(),
      files: this.#held.size,
      filesMissing: [...this.#named].filter((one) => !this.#held.has(one)).sort(),
      roots: this.#roots,
      keys: this.#keys,
    }
  }

  #body(header: RecordHeader, line: LeafLine) {
    const { seq, targets = [] } = header
    for (const target of targets) this.#erased.set(target, seq)
    const body = bodyOf(header, line)
    if (body === 'missing') this.#missing.set(seq, line.erased)
    if (body !== 'there') return
    this.#bodies += 1
    if (!isFiledKind(header.kind)) return
    const address = fileOf(header.kind, this.log.tenant, JSON.parse(line.fields!))
    if (address !== undefined) this.#named.add(address)
  }

  /** A body that is not there was erased by a record, or by one that came behind the checkpoint. */
  #missingBodies(): number[] {
    const { tenant, size } = this.log
    return [...this.#missing].flatMap(([seq, erased]) => {
      if (this.#erased.has(seq)) return []
      if (erased !== undefined && erased >= size) return [seq]
      throw unsound(tenant, `the body of record ${seq} is missing, and no record erases it`)
    })
  }

  #checkpoint(note: string, what: string) {
    const { origin } = this.log
    this.#sound(what, () => {
      const schedule = scheduleOf(this.#keys)
      const key = keysOfNote(schedule, origin, note).at(-1)
      if (!key) throw new ProofError('PROOF_NOTE_KEY', 'no key of the log has signed it')
      const { size, root } = verifyCheckpoint(sha256, note, { origin, x: key.x })
      if (this.#roots.get(size) !== b64(root)) {
        throw new ProofError('PROOF_ROOT_MISMATCH', `at ${size} the leaves have another root`)
      }
    })
  }

  #sound(where: string, step: () => void) {
    try {
      step()
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      throw unsound(this.log.tenant, `${where}: ${error.code}, ${error.message}`)
    }
  }
}

const checkpointIn = (note: string) => parseCheckpoint(parseNote(note).text)
