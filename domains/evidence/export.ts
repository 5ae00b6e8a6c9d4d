import { v7 as uuidv7 } from 'uuid'
import type { Objects } from '../../core/objects.ts'
import type { Problem } from '../../core/problem.ts'
import { sha256 } from '../../core/sha256.ts'
import { exportId, fileClaim } from '../../ledger/claims.ts'
import type { Ledger, Receipt, SignedCheckpoint } from '../../ledger/ledger.ts'
import type { Database } from '../../lineage/graph.ts'
import type { Direction } from '../../lineage/traversal-texts.ts'
import { unb64 } from '../../proofs/base64.ts'
import { buildBundle, provenPlaces } from '../../proofs/bundle.ts'
import type { Json } from '../../proofs/json.ts'
import type { RecordHeader, StateLeaf } from '../../proofs/leaf.ts'
import { indexEntry } from '../../proofs/page/index-html.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import type { ReplayedState } from '../../proofs/replay-note.ts'
import { type AskedState, askedState, otherEnd } from './asked-state.ts'
import { readBeside } from './beside.ts'
import { coveringCheckpoint } from './covering-checkpoint.ts'
import { batchProof } from './inclusion.ts'
import { exportOvertaken } from './problems.ts'
import { readErasures, shownRecord } from './shown.ts'
import { readSlice, type TellExport } from './slice.ts'
import { readStatePart } from './state.ts'
import { readTermsPart } from './terms.ts'
import { readWithholding, withholdFrom } from './withhold.ts'

/** What the exporting of bundles needs of the service. */
export interface Exporting {
  database: Database
  ledger: Ledger
  objects: Objects
  /** How long an export waits for its checkpoint to be witnessed; not at all where nobody is asked. */
  witnessWaitMs?: number
  /** Asks for a replayer's note on a state; nothing where none is configured. */
  askReplayer?(state: ReplayedState): Promise<string | null>
  /** The time in milliseconds, by which terms are stated for a day. */
  now?(): number
}

/** What the weaving alone needs of it: without a store no text of a licence is at hand. */
export type Weaving = Omit<Exporting, 'objects'> & Partial<Pick<Exporting, 'objects'>>

/** What is to be exported, and who asks. */
export interface ExportRequest {
  tenant: string
  subject: string
  /** The caller's Idempotency-Key: the same key gets the same export. */
  key?: string
  root: string
  direction: Direction
  depth: number
  /** The position to answer at: by the last state record at or before it. Now, where there is none. */
  asOf?: number | null
  /** Which fields are kept back, by pattern (docs/specs/bundle.md, "Withheld fields"). */
  withhold?: readonly string[]
  /** Told how far the work is. */
  tell?: TellExport
}

/** A lineage question's answer as a bundle, ready to be handed on. */
export interface WovenBundle {
  bytes: Uint8Array
  root: string
  asOf: number
  /** The position of the state record that it rests on; `null` where the log had none then. */
  stateSize: number | null
  size: number
  records: number
  /** The records of which it shows something of the body. */
  holds: number[]
}

/** What a state is shown for. */
type StateShown = Parameters<typeof readStatePart>[2] & {
  leaf: StateLeaf | null
  checkpoint: SignedCheckpoint
}

/**
 * Answers a lineage question as a stitched bundle: the records that it holds, one proof for them all
 * against a signed checkpoint, and a signed manifest (docs/specs/bundle.md).
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `EXPORT_TOO_LARGE`, `LINEAGE_DEPTH_OUT_OF_RANGE`,
 *   `EXPORT_WITHHOLD_INVALID`, `EXPORT_WITHHOLD_UNMATCHED`, `CHECKPOINT_NOT_READY`,
 *   `KEY_NONE_STANDS`, `KEY_NOT_HELD`, `KEY_COMPROMISED`, `POSITION_NOT_REACHED`, `STATE_TOO_OLD`.
 */
export async function weaveBundle(
  exporting: Weaving,
  {
    tenant,
    root,
    direction,
    depth,
    asOf = null,
    withhold = [],
    tell = () => {},
  }: Omit<ExportRequest, 'subject' | 'key'>,
): Promise<WovenBundle> {
  const { database, ledger } = exporting
  const withholding = readWithholding(withhold)
  const { read } = database.graph(tenant)
  const asked = await askedState(exporting, tenant, { asked: asOf })
  const at = asked.leaf?.size ?? asked.asOf
  const slice = await readSlice(read, { tenant, root, direction, depth }, at, tell)
  const beside = await readBeside(read, { question: { direction, depth }, slice, at })
  const all = [...slice.records, ...beside].sort((a, b) => a.seq - b.seq)
  const records = withholdFrom(withholding, all.map(shownRecord))
  tell({ stage: 'proof', done: 0, of: 1 })
  const erasures = await readErasures(
    read,
    all.filter((_, i) => records[i]!.fields === null),
  )
  const checkpoint = await checkpointOver(exporting, tenant, asked, erasures)
  const { size } = checkpoint
  const question = { root: slice.root, direction, depth }
  const [signer, keys, state, replay] = await Promise.all([
    ledger.keys.signerOf(tenant, { use: 'manifest', size }),
    ledger.keys.recordsOf(tenant, size),
    stateOf(exporting, tenant, { leaf: asked.leaf, checkpoint, question, records }),
    replayNote(exporting, asked),
  ])
  const erased = erasedPlaces(records, erasures)
  const day = dayOf(exporting, asked.leaf, records)
  const { stated, texts, holds } = await readTermsPart(
    { ask: read, tenant, objects: exporting.objects },
    { root: slice.root, records, erased, day },
  )
  const shown = { records, keys, erasures, ...(state && { state }) }
  const { hashes } = await batchProof(read, size, provenPlaces(shown))
  tell({ stage: 'bundle', done: 0, of: 1 })
  const parts = {
    tenant,
    origin: asked.origin,
    question,
    asOf: asked.asOf,
    size,
    ...shown,
    hashes,
    checkpoint: checkpoint.note,
    ...(withholding && { withhold: withholding.patterns }),
    ...(replay && { replay }),
    terms: { stated, texts },
  }
  const attachments = [indexEntry(sha256, { ...parts, terms: stated, erased })]
  const bytes = await buildBundle(sha256, { ...parts, attachments }, signer)
  return {
    bytes,
    root: slice.root,
    asOf: asked.asOf,
    stateSize: asked.leaf?.size ?? null,
    size,
    records: records.length,
    holds: [
      ...records.flatMap(({ header: { seq }, fields }) => (fields?.length ? [seq] : [])),
      ...holds,
    ],
  }
}

/** The places of the records whose bodies are erased, or that say that they have none any more. */
const erasedPlaces = (records: readonly ShownRecord[], erasures: readonly RecordHeader[]) =>
  new Set([
    ...erasures.flatMap(({ targets }) => targets!),
    ...records.flatMap(({ header: { action, seq }, fields }) =>
      action === 'erase' && fields?.length === 0 ? [seq] : [],
    ),
  ])

/** Today in UTC; by no clock a day before that of what the terms rest on. */
function dayOf(
  { now = Date.now }: Pick<Exporting, 'now'>,
  leaf: StateLeaf | null,
  records: readonly ShownRecord[],
) {
  const today = new Date(now()).toISOString().slice(0, 10)
  const rest = (leaf?.at ?? records.at(-1)!.header.at).slice(0, 10)
  return [today, rest].sort().at(-1)!
}

/** Whoever reads the bundle decides whether the replayer's word counts: here it is only brought along. */
async function replayNote(
  { askReplayer }: Pick<Exporting, 'askReplayer'>,
  { origin, leaf }: AskedState,
) {
  if (!leaf || !askReplayer) return null
  return askReplayer({ origin, size: leaf.size, root: unb64(leaf.root) })
}

/** What was erased since the state must be covered too: that it was is part of what is shown. */
async function checkpointOver(
  exporting: Omit<Exporting, 'objects'>,
  tenant: string,
  { checkpoint }: AskedState,
  erasures: readonly RecordHeader[],
) {
  const atLeast = (erasures.at(-1)?.seq ?? -1) + 1
  return checkpoint.size >= atLeast ? checkpoint : coveringCheckpoint(exporting, tenant, atLeast)
}

async function stateOf(
  { database }: Pick<Exporting, 'database'>,
  tenant: string,
  { leaf, checkpoint, ...shown }: StateShown,
) {
  if (leaf === null) return null
  const last = await otherEnd({ database }, tenant, { leaf, checkpoint })
  return readStatePart(database.graph(tenant).read, { leaf, last }, shown)
}

/**
 * Exports a bundle: weaves it, keeps its file, and records the export, so that the graph says what
 * was handed out. The file comes before the record: an export that is recorded can be fetched.
 * Nothing is woven where the same key had made the export before.
 *
 * @throws {Problem} As `weaveBundle` and `Ledger.submit` do; `EXPORT_OVERTAKEN` where something in it
 *   was erased meanwhile.
 */
export async function exportBundle(
  exporting: Exporting,
  request: ExportRequest,
): Promise<Receipt & { id: string; woven: WovenBundle | null }> {
  const { tenant, subject, key } = request
  const asked = { tenant, subject, key, request: exportText(request) }
  const made = await exporting.ledger.find(asked)
  if (made) return { ...made, id: made.outcomes[0]!.id, woven: null }
  const woven = await weaveBundle(exporting, request)
  const name = uuidv7()
  // What dies between this and the record leaves a claim, by which the file is found and deleted.
  const by = fileClaim(tenant, name)
  const file = await exporting.objects.put(woven.bytes, by)
  const id = exportId(name)
  const receipt = await exporting.ledger
    .submit({
      ...asked,
      ids: [woven.root, id],
      run: async (draft) => {
        const [erased] = await draft.erasedAmong(woven.holds)
        if (erased) throw exportOvertaken(erased.by)
        const fields = exportFields(woven, file, request)
        const link = [{ rel: 'BASED_ON', id: woven.root }] as const
        return [draft.assert({ kind: 'Export', id, namespace: 'export', name, fields, link })]
      },
    })
    .catch(async (error: Problem) => {
      // No export will ever lead to this file, and it holds what is erased.
      if (error.code === 'EXPORT_OVERTAKEN') await exporting.objects.delete(file)
      throw error
    })
  // Of two that were asked for under one key at once, one is recorded, and the other's file is nobody's.
  if (receipt.outcomes[0]!.id === id) {
    // It is recorded, whatever has become of the store: a claim that stays is settled by who finds it.
    await exporting.objects.settle({ address: file, by }).catch(() => {})
  }
  return { ...receipt, id: receipt.outcomes[0]!.id, woven }
}

/** What is left out is left out here too: a key that was used before there was more to ask stays good. */
const exportText = ({ root, direction, depth, withhold = [], asOf = null }: ExportRequest) =>
  JSON.stringify([
    'exportBundle',
    root,
    direction,
    depth,
    ...(withhold.length > 0 || asOf !== null ? [withhold] : []),
    ...(asOf === null ? [] : [asOf]),
  ])

const exportFields = (
  { root, asOf, stateSize, size, records, bytes, holds }: WovenBundle,
  file: string,
  { direction, depth, withhold = [] }: ExportRequest,
): Record<string, Json> => ({
  question: { root, direction, depth },
  asOf,
  ...(stateSize !== null && { stateSize }),
  size,
  records,
  // By this an erasure finds the exports that it must delete.
  holds,
  file: { sha256: file, bytes: bytes.length },
  ...(withhold.length > 0 && { withhold: [...withhold] }),
})
