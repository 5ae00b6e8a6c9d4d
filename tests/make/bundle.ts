import { sha256 } from '../../core/sha256.ts'
import { type AnchorProof, anchorsBytes } from '../../proofs/anchors.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { type Batch, batchRanges } from '../../proofs/batch.ts'
import { canonicalBytes } from '../../proofs/canonical.ts'
import { type Checkpoint, formatCheckpoint } from '../../proofs/checkpoint.ts'
import { erasuresBytes } from '../../proofs/erasures.ts'
import { emptyHash, leafHash } from '../../proofs/hash.ts'
import { hex } from '../../proofs/hex.ts'
import type { Json } from '../../proofs/json.ts'
import { keyRecordsBytes } from '../../proofs/key-records.ts'
import type { KeyLeaf, Leaf, RecordHeader, StateLeaf } from '../../proofs/leaf.ts'
import {
  ANCHORS,
  CHECKPOINT,
  ERASURES,
  jwsHeader,
  KEYS,
  MANIFEST,
  MANIFEST_JWS,
  type Manifest,
  PREDICATES,
  PROOF,
  type Predicate,
  type Question,
  RECORDS,
  REPLAY,
  STATEMENT,
  TERMS,
} from '../../proofs/manifest.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatNote, type NoteSignature, noteSignature } from '../../proofs/note.ts'
import { proofBytes } from '../../proofs/proof.ts'
import { placesOf } from '../../proofs/proven.ts'
import { recordsBytes, type ShownRecord } from '../../proofs/records.ts'
import { isDesign } from '../../proofs/relations.ts'
import { replayText } from '../../proofs/replay-note.ts'
import { type StatePart, stateLeaves, statePartJson } from '../../proofs/state-part.ts'
import { stitchRoot } from '../../proofs/stitch.ts'
import {
  licensePath,
  type StatedTerms,
  stateTerms,
  termsBytes,
  termsFollowing,
} from '../../proofs/terms/stated.ts'
import type { Trust, TrustKey } from '../../proofs/trust.ts'
import { compareUtf16, text, utf8 } from '../../proofs/utf8.ts'
import { writeZip, type ZipEntry } from '../../proofs/zip.ts'
import type { TestKey } from './keys.ts'
import type { TestLog } from './log.ts'
import type { TestReplayer } from './replayer.ts'
import { partOf, rootOfStates, statesOf, type TestStates } from './state.ts'
import { policyOf, type TestWitness } from './witness.ts'

/** What is asked of a log, and what goes beside the answer. */
export interface Asked {
  question: Question
  asOf?: number
  attachments?: ZipEntry[]
  /** Who cosigns the checkpoint; the trust root asks for all of them. */
  witnesses?: readonly TestWitness[]
  /** Key records to be shown and proven. */
  keys?: readonly KeyLeaf[]
  anchors?: readonly AnchorProof[]
  /** Those who have replayed the log, whose word the trust root takes. */
  replayers?: readonly TestReplayer[]
  /** A log with state records is shown without a state proof, as one before them would be. */
  stateless?: boolean
  /** The day for which terms are stated, and the texts of licences at hand; without it none are stated. */
  terms?: { day: string; texts?: readonly string[] }
}

/**
 * Changes to single layers of a bundle. Each gets what the genuine builder made of the (changed)
 * layers below, and everything above is computed and signed anew, with the genuine keys.
 */
export interface Changes {
  /** The log's entries as bytes, before the tree is built. */
  entries?(entries: Uint8Array[]): Uint8Array[]
  /** The records shown, in any order; a changed header is also changed in the log. */
  records?(records: ShownRecord[]): ShownRecord[]
  /** The records shown, while the log stays as it is. */
  shown?(records: ShownRecord[]): ShownRecord[]
  /** The key records shown; a changed one is also changed in the log. */
  keys?(keys: KeyLeaf[]): KeyLeaf[]
  /** What the operator's state tree holds instead of what the log's headers make. */
  states?(states: TestStates): TestStates
  /** The state records, in the log too: the one used, then, where it is another, the last. */
  stateLeaf?(leaf: StateLeaf, which: 'used' | 'last'): StateLeaf
  /** The state part, while log and tree stay as they are. */
  state?(part: StatePart): StatePart
  /** The replay note. */
  replay?(note: string): string
  /** The records that erase brought along; a changed header is also changed in the log. */
  erasures?(headers: RecordHeader[]): RecordHeader[]
  /** By the records' order: where in the log each stands, where its header says otherwise. */
  seqs?(seqs: number[]): number[]
  /** The terms, while the records stay as they are. */
  terms?(stated: StatedTerms): StatedTerms
  proof?(proof: Batch): Batch
  checkpoint?(checkpoint: Checkpoint): Checkpoint
  checkpointText?(text: string): string
  note?(note: string): string
  /** The lines of the witnesses; `text` is what they are over. */
  cosignatures?(lines: NoteSignature[], text: string): NoteSignature[]
  checkpointKey?: TestKey
  /** Any subject's bytes, by path. */
  subjects?: Record<string, (text: string) => string>
  /** All subjects at once, in path order. */
  replace?(subjects: ZipEntry[]): ZipEntry[]
  manifest?(manifest: Manifest): Manifest
  manifestText?(text: string): string
  manifestKey?: TestKey
  jwsHeader?(text: string): string
  jwsPayload?(manifest: string): string
  jws?(text: string): string
  files?(entries: ZipEntry[]): ZipEntry[]
  zip?(zip: Uint8Array): Uint8Array
  trust?(trust: Trust): Trust
}

/** A bundle and the trust root that vouches for it. */
export interface TestBundle {
  bytes: Uint8Array
  trust: Trust
}

const same = <T>(value: T) => value

/** Makes a genuine bundle, or one that differs from it in the layers named; it never reads a clock or a random number. */
export function makeBundle(log: TestLog, asked: Asked, changes: Changes = {}): TestBundle {
  const asOf = asked.asOf ?? log.leaves.length
  const used = asked.stateless ? undefined : usedState(log, asOf)
  const at = used?.leaf.size ?? asOf
  const genuine = asked.terms ? withTerms(log, asked.question, at) : answer(log, asked.question, at)
  const placed = (changes.records ?? same)(genuine).sort((a, b) => a.header.seq - b.header.seq)
  const state = used && stateOf(log, { asked, used, placed, changes })
  const keys = (changes.keys ?? same)([...(asked.keys ?? [])])
  const seqs = (changes.seqs ?? same)(placed.map(({ header }) => header.seq))
  const erasures = (changes.erasures ?? same)(log.erasures(genuine))
  const shown: Placed[] = [
    ...placed.map(({ header }, i) => ({ seq: seqs[i]!, leaf: header })),
    ...[...keys, ...erasures].map((leaf) => ({ seq: leaf.seq, leaf })),
    ...(state ? stateLeaves(state) : []).map((leaf) => ({ seq: leaf.seq, leaf })),
  ].sort((a, b) => a.seq - b.seq)
  const hashes = treeOf(log, shown, changes.entries ?? same)
  const checkpoint = (changes.checkpoint ?? same)({
    origin: log.origin,
    size: hashes.length,
    root: rootOf(sha256, hashes),
  })
  const proof = (changes.proof ?? same)(prove(hashes, placesOf([shown])))
  const visible = (changes.shown ?? same)(placed)
  const made = [
    {
      path: CHECKPOINT,
      bytes: utf8(signCheckpoint(log, checkpoint, { ...changes, witnesses: asked.witnesses })),
    },
    { path: PROOF, bytes: proofBytes({ ...proof, ...(state && { state: statePartJson(state) }) }) },
    ...replayOf(log, state, { asked, changes }),
    { path: RECORDS, bytes: recordsBytes(visible) },
    ...(keys.length > 0 ? [{ path: KEYS, bytes: keyRecordsBytes(keys) }] : []),
    ...(asked.anchors ? [{ path: ANCHORS, bytes: anchorsBytes(asked.anchors) }] : []),
    ...(erasures.length > 0 ? [{ path: ERASURES, bytes: erasuresBytes(erasures) }] : []),
    ...termsOf({ asked, records: visible, erasures, changes }),
    ...(asked.attachments ?? []),
  ]
    .map((entry) => rewrite(entry, changes))
    .sort((a, b) => compareUtf16(a.path, b.path))
  const subjects = (changes.replace ?? same)(made)
  const size = hashes.length
  const manifest = stateManifest(log, subjects, {
    ...{ ...asked, asOf, size, records: placed.length },
    stateSize: state?.leaf.size ?? null,
  })
  const files = signManifest(log, (changes.manifest ?? same)(manifest), changes)
  const zip = writeZip((changes.files ?? same)([...files, ...subjects]))
  return {
    bytes: (changes.zip ?? same)(zip),
    trust: (changes.trust ?? same)(trustIn(log, asked.witnesses, asked.replayers)),
  }
}

/** The trust root that lists a log's two keys, and asks for the cosignatures of all these witnesses. */
export const trustIn = (
  { origin, keys }: TestLog,
  witnesses: readonly TestWitness[] = [],
  replayers: readonly TestReplayer[] = [],
): Trust => ({
  v: 'selvedge/trust/1',
  logs: [
    {
      origin,
      keys: [trustKey('checkpoint', keys.checkpoint), trustKey('manifest', keys.manifest)],
      anchors: [],
    },
  ],
  witnessPolicy: witnesses.length === 0 ? '' : policyOf(witnesses, 'all'),
  replayers: replayers.map(({ vkey }) => vkey),
})

export const trustKey = (use: TrustKey['use'], { kid, x }: TestKey): TrustKey => ({
  use,
  kid,
  x,
  from: 0,
  until: null,
  compromised: false,
})

/** The records that answer the question, in log order: by a search that is as plain as can be, and not the verifier's. */
export function answer(log: TestLog, { root, direction, depth }: Question, asOf: number) {
  const edges = log.ids().flatMap((id) => {
    const links = log.shown(id, asOf)?.out ?? []
    return links.filter(({ rel }) => isDesign(rel)).map((link) => ({ from: id, to: link.id }))
  })
  const spread = (step: (reached: ReadonlySet<string>) => string[]) => {
    let reached = new Set([root])
    for (let hop = 0; hop < depth; hop++) reached = new Set([...reached, ...step(reached)])
    return reached
  }
  const up = spread((reached) => edges.filter((e) => reached.has(e.from)).map((e) => e.to))
  const down = spread((reached) => edges.filter((e) => reached.has(e.to)).map((e) => e.from))
  const ids = new Set([
    ...(direction === 'DOWNSTREAM' ? [] : up),
    ...(direction === 'UPSTREAM' ? [] : down),
  ])
  return [...ids].map((id) => log.shown(id, asOf)!).sort((a, b) => a.header.seq - b.header.seq)
}

const SAYING = /^(?:Source|License|Clause|Transformation)$/

/** The answer, and what says terms at its edge: reached from the root, or what is upstream, through its like alone. */
function withTerms(log: TestLog, question: Question, asOf: number) {
  const { root, depth, direction } = question
  const up = { root, depth: direction === 'DOWNSTREAM' ? 0 : depth, direction: 'UPSTREAM' } as const
  const ids = new Set(answer(log, up, asOf).map(({ header }) => header.id))
  for (const id of ids) {
    const near = log.shown(id, asOf)!.out!.filter(({ rel }) => isDesign(rel))
    for (const { id: to } of near) {
      if (SAYING.test(log.shown(to, asOf)?.header.kind ?? '')) ids.add(to)
    }
  }
  for (const { header } of answer(log, question, asOf)) ids.add(header.id)
  return [...ids].map((id) => log.shown(id, asOf)!).sort((a, b) => a.header.seq - b.header.seq)
}

function termsOf({
  asked: { question, terms },
  records,
  erasures,
  changes,
}: {
  asked: Asked
  records: readonly ShownRecord[]
  erasures: readonly RecordHeader[]
  changes: Changes
}): ZipEntry[] {
  if (!terms) return []
  const gone = records.filter(
    ({ header: { action, body } }) => action === 'erase' && body === NO_BODY,
  )
  const erased = new Set([
    ...erasures.flatMap(({ targets }) => targets!),
    ...gone.map(({ header }) => header.seq),
  ])
  const shown = { root: question.root, records, erased, day: terms.day }
  const { texts: named } = termsFollowing(shown)
  const texts = (terms.texts ?? [])
    .map((one) => ({ bytes: utf8(one), hash: hex(sha256(utf8(one))) }))
    .filter(({ hash }) => named.has(hash))
  const stated = stateTerms(shown, new Set(texts.map(({ hash }) => hash)))
  return [
    { path: TERMS, bytes: termsBytes((changes.terms ?? same)(stated)) },
    ...texts.map(({ hash, bytes }) => ({ path: licensePath(hash), bytes })),
  ]
}

const NO_BODY = b64(emptyHash(sha256))

/** The state that an answer rests on: the last at or before the position asked; none where the log ends otherwise. */
function usedState(log: TestLog, asOf: number) {
  const states = log.leaves.filter((leaf) => leaf.v === 'selvedge/state/1')
  const last = log.leaves.at(-1)!
  const leaf = states.findLast(({ size }) => size <= asOf)
  if (last.v !== 'selvedge/state/1' || leaf === undefined) return undefined
  return { leaf, last: last === leaf ? null : last }
}

/** What is shown of the state; the roots are those of the (changed) tree, in the log too. */
function stateOf(
  log: TestLog,
  {
    asked: { question },
    used,
    placed,
    changes,
  }: {
    asked: Asked
    used: NonNullable<ReturnType<typeof usedState>>
    placed: readonly ShownRecord[]
    changes: Changes
  },
): StatePart {
  const inLog = [...log.leaves]
  for (const { header } of placed) inLog[header.seq] = header
  const at = (leaf: StateLeaf) => (changes.states ?? same)(statesOf(inLog.slice(0, leaf.size)))
  const remade = (leaf: StateLeaf, which: 'used' | 'last') => {
    const root = rootOfStates(at(leaf))
    return (changes.stateLeaf ?? same)({ ...leaf, root }, which)
  }
  const inner = { ...question, direction: 'DOWNSTREAM', depth: question.depth - 1 } as const
  const asksDown = question.direction !== 'UPSTREAM' && question.depth > 0
  const owing = asksDown ? answer(log, inner, used.leaf.size) : []
  const part = partOf(at(used.leaf), {
    leaf: remade(used.leaf, 'used'),
    last: used.last && remade(used.last, 'last'),
    ids: [...new Set(placed.map(({ header }) => header.id))],
    lists: new Set(owing.map(({ header }) => header.id)),
  })
  return (changes.state ?? same)(part)
}

function replayOf(
  { origin }: TestLog,
  state: StatePart | undefined,
  { asked: { replayers = [] }, changes }: { asked: Asked; changes: Changes },
): ZipEntry[] {
  if (state === undefined || replayers.length === 0) return []
  const { size, root } = state.leaf
  const signed = replayText({ origin, size, root: unb64(root) })
  const note = formatNote(
    signed,
    replayers.map(({ sign }) => sign(signed)),
  )
  return [{ path: REPLAY, bytes: utf8((changes.replay ?? same)(note)) }]
}

interface Placed {
  seq: number
  leaf: Leaf
}

function treeOf(
  log: TestLog,
  shown: readonly Placed[],
  change: (entries: Uint8Array[]) => Uint8Array[],
) {
  const entries = log.leaves.map((leaf) => canonicalBytes(leaf as unknown as Json))
  for (const { seq, leaf } of shown) entries[seq] = canonicalBytes(leaf as unknown as Json)
  return change(entries).map((entry) => leafHash(sha256, entry))
}

const prove = (hashes: readonly Uint8Array[], seqs: number[]): Batch => ({
  size: hashes.length,
  seqs,
  hashes: batchRanges(hashes.length, seqs).map(({ start, end }) =>
    rootOf(sha256, hashes.slice(start, end)),
  ),
})

function signCheckpoint(
  log: TestLog,
  checkpoint: Checkpoint,
  { witnesses = [], ...changes }: Changes & Pick<Asked, 'witnesses'>,
) {
  const signed = (changes.checkpointText ?? same)(formatCheckpoint(checkpoint))
  const key = changes.checkpointKey ?? log.keys.checkpoint
  const signature = key.sign(utf8(signed))
  const line = noteSignature(sha256, checkpoint.origin, keyBytes(key), signature)
  const cosigned = (changes.cosignatures ?? same)(
    witnesses.map((witness) => witness.cosign(signed)),
    signed,
  )
  return (changes.note ?? same)(formatNote(signed, [...cosigned, line]))
}

const keyBytes = ({ x }: TestKey) => new Uint8Array(Buffer.from(x, 'base64url'))

function rewrite({ path, bytes }: ZipEntry, { subjects }: Changes): ZipEntry {
  const change = subjects?.[path]
  return { path, bytes: change ? utf8(change(text(bytes))) : bytes }
}

function stateManifest(
  { tenant, origin }: TestLog,
  subjects: readonly ZipEntry[],
  {
    question,
    terms,
    asOf,
    stateSize,
    size,
    records,
  }: Pick<Asked, 'question' | 'terms'> & Pick<Predicate, 'asOf' | 'stateSize' | 'size' | 'records'>,
): Manifest {
  const v = terms ? 'selvedge/bundle/2' : 'selvedge/bundle/1'
  return {
    _type: STATEMENT,
    subject: subjects.map(({ path, bytes }) => ({
      name: path,
      digest: { sha256: hex(sha256(bytes)) },
    })),
    predicateType: PREDICATES[v],
    predicate: {
      v,
      ...{ tenant, origin, question, asOf, stateSize, size, records },
      stitch: b64(stitchRoot(sha256, subjects)),
    },
  }
}

/** The manifest and its JWS, put together by hand, so that the signer under test does not vouch for itself. */
function signManifest(log: TestLog, manifest: Manifest, changes: Changes): ZipEntry[] {
  const canonical = text(canonicalBytes(manifest as unknown as Json))
  const stated = (changes.manifestText ?? same)(canonical)
  const key = changes.manifestKey ?? log.keys.manifest
  const header = (changes.jwsHeader ?? same)(jwsHeader(key.kid))
  const payload = (changes.jwsPayload ?? same)(stated)
  const signed = `${b64(utf8(header))}.${b64(utf8(payload))}`
  const jws = `${signed}.${b64(key.sign(utf8(signed)))}`
  return [
    { path: MANIFEST, bytes: utf8(stated) },
    { path: MANIFEST_JWS, bytes: utf8((changes.jws ?? same)(jws)) },
  ]
}
