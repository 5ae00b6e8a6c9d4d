import type { AnchorProof } from './anchors.ts'
import { b64 } from './base64.ts'
import { boundedText } from './bounded-text.ts'
import { verifyCheckpoint } from './checkpoint.ts'
import { consistencyRanges } from './consistency.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { parseVkey } from './note.ts'
import { openReplay, type Replay } from './replay.ts'
import type { Group } from './report.ts'
import { hashOfRange, TILE_WIDTH, tilePath } from './tiles.ts'
import type { Trust } from './trust.ts'
import { checkTenantOfOrigin } from './verify/authenticity.ts'
import { absent, Checks, derived, type Known, known } from './verify/checks.ts'
import { openCheckpoint, type ReadCheckpoint } from './verify/log.ts'
import {
  auditLog,
  type LogAudit,
  type OwnRule,
  orThrow,
  type ReadFile,
} from './verify/log-audit.ts'
import {
  checkSigner,
  type FormReport,
  type FormVerdict,
  judgeForm,
  type Ruling,
  SIGNER_CHECKS,
} from './verify/signer.ts'

/** The checks of a whole log, in the order of the report; docs/specs/log.md has a step for each. */
export const LOG_CHECKS = {
  'checkpoint-form': 'log',
  'log-files': 'log',
  'log-vkey': 'log',
  'leaf-rules': 'records',
  'checkpoint-end': 'records',
  replay: 'records',
  'origin-tenant': 'authenticity',
  ...SIGNER_CHECKS,
} as const satisfies Record<string, Group>

/** What need not be there for a log to be whole: another's mirror has no vkey beside it. */
const OPTIONAL = new Set(['log-vkey', 'replay'])

/** What a verifier is given. */
export interface LogInput {
  sha256: Sha256
  read: ReadFile
  trust?: Trust | null
  /** Whether to replay all headers too: what takes other leaves to see, and the root of every state. */
  state?: boolean
}

/** What a verifier found out about a whole log. */
export type LogReport = FormReport<FormVerdict & { replayed: Ruling }>

/**
 * Verifies a whole log by its files (C2SP tlog-tiles): every entry, every tile, the root, who signed
 * it, and the rules of every leaf. The order in which the files are read is that of the log.
 */
export async function verifyLog({
  sha256,
  read,
  trust = null,
  state = false,
}: LogInput): Promise<LogReport> {
  const checks = new Checks(LOG_CHECKS)
  const checkpoint = await checks.find('checkpoint-form', [], () => {
    return openCheckpoint(boundedText(orMissing(read('checkpoint'), 'checkpoint')))
  })
  const audit = derived(checkpoint, (c) => {
    const own = state ? replayRule(sha256, c) : undefined
    return auditLog(sha256, read, { checkpoint: c, own })
  })
  const files = await checks.find('log-files', [audit], ({ files }) => {
    const { size } = orThrow(files)
    return { value: size, detail: `${size} entries make every tile, and the root` }
  })
  const vkey = read('log.vkey')
  const given = vkey === null ? absent('there is no log.vkey') : known(vkey)
  await checks.judge('log-vkey', [checkpoint, given], (c, v) => checkVkey(sha256, c, v))
  // What a rule says of a file that is not the log's is no finding about the log.
  const sound = derived(files, () => null)
  await checks.judge('leaf-rules', [audit, sound], ({ rules }) => {
    return `${orThrow(rules)} leaves, each sound in its place`
  })
  await checks.judge('checkpoint-end', [audit, checkpoint, sound], checkEnd)
  const asked = state ? known(null) : absent('it was not asked for (--state)')
  await checks.judge('replay', [audit, asked, sound], ({ own, rules }) => {
    orThrow(rules)
    return `${orThrow(own)} leaves follow from those before, and every state from them`
  })
  await checks.judge('origin-tenant', [audit, checkpoint, sound], checkOrigin)
  const keys = derived(files, () => (audit.found ? audit.value.keys : []))
  const anchors = anchorProofs(sha256, { read, trust, checkpoint, files })
  await checkSigner(sha256, checks, { trust, checkpoint, keys, anchors, nameOf: (step) => step })
  const all = checks.all()
  const { result, detail } = all.find(({ name }) => name === 'replay')!
  return {
    checks: all,
    verdict: { ...judgeForm(all, OPTIONAL), replayed: { result, detail } },
    about: aboutOf(checkpoint, audit),
  }
}

/** The tenant is that of the first leaf; whose log the checkpoint says it is, `origin-tenant` checks. */
function replayRule(sha256: Sha256, { origin }: ReadCheckpoint): OwnRule {
  let replay: Replay | undefined
  return (leaf, hash) => {
    replay ??= openReplay(sha256, { tenant: leaf.tenant, origin })
    replay.addLeaf(leaf, hash)
  }
}

function orMissing(bytes: Uint8Array | null, path: string) {
  if (bytes === null) throw new ProofError('PROOF_LOG_FILE', `${path} is missing`)
  return bytes
}

/** The key beside the files vouches for nothing: it only shows that they belong together. */
function checkVkey(sha256: Sha256, { note, origin }: ReadCheckpoint, vkey: Uint8Array) {
  const { name, publicKey } = parseVkey(sha256, boundedText(vkey).trimEnd())
  if (name !== origin) throw new ProofError('PROOF_NOTE_KEY', `log.vkey is of ${name}`)
  verifyCheckpoint(sha256, note, { origin, x: b64(publicKey) })
  return `the checkpoint is signed by the key in log.vkey`
}

/** After its first state record, every checkpoint of a log ends in one (docs/specs/log.md). */
function checkEnd({ firstState, last }: LogAudit, { size }: ReadCheckpoint) {
  if (firstState === null) return 'the log has no state record yet'
  if (last?.v !== 'selvedge/state/1') {
    const message = `leaf ${size - 1} is no state record, and the log has had one since ${firstState}`
    throw new ProofError('PROOF_CHECKPOINT_END', message)
  }
  return `ends in the state record at ${last.seq}`
}

/** The origin is the tenant's, and that of the last epoch where the log was restored. */
function checkOrigin({ last, epochOrigin }: LogAudit, { origin }: ReadCheckpoint) {
  if (last === null) throw new ProofError('PROOF_LOG_FILE', 'the log has no leaf')
  const said = checkTenantOfOrigin({ predicate: { origin, tenant: last.tenant } })
  const fits = epochOrigin === null ? origin.endsWith(`/${last.tenant}`) : origin === epochOrigin
  if (!fits) {
    throw new ProofError('PROOF_ORIGIN_TENANT', `${origin} is not that of its last epoch`)
  }
  return said
}

/** The whole log is at hand, so it can be compared with every anchor that is not beyond it. */
function anchorProofs(
  sha256: Sha256,
  {
    read,
    trust,
    checkpoint,
    files,
  }: {
    read: ReadFile
    trust: Trust | null
    checkpoint: Known<ReadCheckpoint>
    files: Known<number>
  },
): Known<AnchorProof[]> {
  if (!checkpoint.found) return checkpoint
  if (!files.found) return files
  const { origin, size } = checkpoint.value
  const getTile = (level: number, index: number) => {
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH)
    return orMissing(read(tilePath(level, index, width)), 'a tile')
  }
  const anchors = trust?.logs.find((log) => log.origin === origin)?.anchors ?? []
  return known(
    anchors
      .filter((anchor) => 0 < anchor.size && anchor.size < size)
      .map((anchor) => ({
        size: anchor.size,
        path: consistencyRanges(anchor.size, size).map((range) =>
          hashOfRange(sha256, range, getTile),
        ),
      })),
  )
}

function aboutOf(checkpoint: Known<ReadCheckpoint>, audit: Known<LogAudit>): FormReport['about'] {
  if (!checkpoint.found) return null
  const { origin, size, root } = checkpoint.value
  const last = audit.found ? audit.value.last : null
  return { log: origin, size, root: b64(root), ...(last && { last: last.at }) }
}
