import { createHash } from 'node:crypto'
import { sha256 } from '../../core/sha256.ts'
import { EMPTY_BODY } from '../../ledger/versions.ts'
import type { CommandRow } from '../../lineage/commands.ts'
import { b64 } from '../../proofs/base64.ts'
import { leafHash } from '../../proofs/hash.ts'
import type { Leaf } from '../../proofs/leaf.ts'
import { appendLeaf, type Edge, edgeRoot, emptyEdge } from '../../proofs/merkle.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { beginFile, type FileFold, isEnded, takePart } from './files.ts'
import type {
  ActorRow,
  Counts,
  EndLine,
  FileLine,
  LeafLine,
  Line,
  LogLine,
  Manifest,
  MergeState,
  OpeningLine,
  PartLine,
  TornLine,
  UsageState,
  WindowState,
} from './lines.ts'
import { fileUnsound } from './problems.ts'

/** What an archive holds of the tenant that it is at, so far. */
export interface TenantFold {
  log: LogLine
  counts: Counts
  /** The tree over the leaves so far. */
  edge: Edge
  /** The runs whose body in force is gone: the times of their edges follow from nothing. */
  bareRuns: Set<string>
  /** The last row of each shelf: where to go on. */
  command: CommandRow | null
  actor: ActorRow | null
  merge: MergeState | null
  usage: UsageState | null
  window: WindowState | null
  /** The file that it is at, or was last. */
  file: FileFold | null
}

/**
 * Where an archive has got to, by the lines that it has: whoever goes on writing it reads them again and
 * knows as much as who began it.
 */
export class Fold {
  readonly #digest = createHash('sha256')
  opening: OpeningLine | null = null
  /** The tenant whose lines are not at their end; `null` between tenants. */
  tenant: TenantFold | null = null
  readonly done: Manifest['tenants'] = []

  /** Takes the next line: its text, and what that says. */
  accept(text: string, line: Line) {
    if (line.is === 'manifest') return
    this.#digest.update(`${text}\n`)
    if (line.is === 'backup') this.opening = line
    else if (line.is === 'log') this.tenant = emptyTenant(line)
    else if (line.is === 'end') this.#end(line)
    else take(this.tenant!, line)
  }

  /** The hash of all lines so far. */
  digest(): string {
    return this.#digest.copy().digest('hex')
  }

  /** What is said of the counts is left to who audits: here is what was counted. */
  #end({ tenant }: EndLine) {
    const { log, edge, counts, file } = this.tenant!
    const { origin, size } = log
    if (file && !isEnded(file)) throw fileUnsound(tenant, file.address, 'it is cut off')
    this.done.push({ tenant, ...counts, origin, size, root: b64(edgeRoot(sha256, edge)) })
    this.tenant = null
  }
}

const emptyTenant = (log: LogLine): TenantFold => ({
  log,
  counts: { leaves: 0, times: 0, commands: 0, actors: 0, merges: 0 },
  edge: emptyEdge(),
  bareRuns: new Set(),
  command: null,
  actor: null,
  merge: null,
  usage: null,
  window: null,
  file: null,
})

function take(
  tenant: TenantFold,
  line: Exclude<Line, { is: 'backup' | 'log' | 'end' | 'manifest' }>,
) {
  const { counts } = tenant
  if (line.is === 'leaf') takeLeaf(tenant, line)
  else if (line.is === 'time') counts.times += 1
  else if (line.is === 'command') {
    tenant.command = line.row
    counts.commands += 1
  } else if (line.is === 'actor') {
    tenant.actor = line.row
    counts.actors += 1
  } else if (line.is === 'merge') {
    tenant.merge = line.row
    counts.merges += 1
  } else if (line.is === 'usage') {
    tenant.usage = line.row
    counts.usages = (counts.usages ?? 0) + 1
  } else if (line.is === 'window') {
    tenant.window = line.row
    counts.windows = (counts.windows ?? 0) + 1
  } else takeFile(tenant, line)
}

function takeFile(tenant: TenantFold, line: FileLine | PartLine | TornLine) {
  const { log, counts } = tenant
  const file =
    line.is === 'file'
      ? beginFile(log.tenant, tenant.file, line)
      : takePart(log.tenant, tenant.file, line)
  tenant.file = file
  if (!isEnded(file)) return
  if (file.isTorn) counts.torn = (counts.torn ?? 0) + 1
  else counts.files = (counts.files ?? 0) + 1
}

function takeLeaf(tenant: TenantFold, { header, fields }: LeafLine) {
  tenant.edge = appendLeaf(sha256, tenant.edge, leafHash(sha256, utf8(header)))
  tenant.counts.leaves += 1
  const leaf = JSON.parse(header) as Leaf
  if (leaf.v !== 'selvedge/record/1' || leaf.kind !== 'Run') return
  const isBare = leaf.action !== 'retire' && leaf.body !== EMPTY_BODY && fields === undefined
  if (isBare || (leaf.action === 'erase' && leaf.body === EMPTY_BODY)) tenant.bareRuns.add(leaf.id)
  else if (fields !== undefined) tenant.bareRuns.delete(leaf.id)
}
