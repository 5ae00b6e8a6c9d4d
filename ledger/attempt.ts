import { randomBytes } from 'node:crypto'
import { Problem } from '../core/problem.ts'
import { sha256 } from '../core/sha256.ts'
import { type CommandRow, findCommands, saveCommands } from '../lineage/commands.ts'
import type { Ask } from '../lineage/graph.ts'
import { type LogHead, lockLog, readTiles } from '../lineage/log.ts'
import { openMerges, saveMerges } from '../lineage/merges.ts'
import { policiesState, policiesVersion } from '../lineage/policies.ts'
import { readActors, saveActors } from '../lineage/tenants.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import { ProofError } from '../proofs/error.ts'
import { edgeRoot } from '../proofs/merkle.ts'
import { edgeTiles } from '../proofs/tiles.ts'
import { type Batch, openBatch } from './batch.ts'
import type { Draft, Name, Outcome } from './draft.ts'
import { MOST_LEAVES, openDraft } from './drafting.ts'
import { type Erasing, journalEntries } from './erasures.ts'
import {
  headerTooLarge,
  keyReused,
  logBehindRegister,
  policiesChanged,
  recordInvalid,
  tenantUnknown,
} from './problems.ts'
import { storedRoots } from './stored-roots.ts'
import { writeBatch } from './write-batch.ts'

/** What a caller wants done, fixed before the first attempt. */
export interface Task {
  subject: string
  key: string
  /** The hash of the request, to tell another one under the same key. */
  request: string
  /** How long the request is: what waiting for it costs. */
  text: number
  /** What the command is known to touch: read for the whole batch at once. */
  names: readonly Name[]
  ids: readonly string[]
  /** The version of the policies by which this was permitted; refused where others are in force. */
  policies?: string
  /** Whether it is only to be decided: nothing of it is written, and its key is not kept. */
  dry?: boolean
  run(draft: Draft): Promise<readonly Outcome[]>
}

/** A log position: the epoch of the log, and how many leaves a read at this position sees. */
export interface Position {
  epoch: number
  seq: number
}

export interface Receipt {
  position: Position
  outcomes: Outcome[]
  /** Whether this had been carried out before, under the same key. */
  replayed: boolean
}

/** How one command of a transaction ended. `later`: the transaction was full; it goes into the next. */
export type Settled =
  | { end: 'done'; receipt: Receipt }
  | { end: 'refused'; problem: Problem }
  | { end: 'later' }

/** A state of the log that this process knows to be committed: its size and its right edge. */
export interface Seen {
  epoch: number
  size: number
  edge: readonly string[]
}

/** The log is in another epoch than the one that was checked; nothing was done. */
export class EpochMoved extends Error {}

export interface Attempted {
  settled: Settled[]
  /** The log after this transaction. */
  seen: Seen
  appended: boolean
}

/**
 * One attempt at one transaction: locks the log, then reads, decides, hashes and writes everything
 * anew, so that it can be repeated after any failure (docs/specs/log.md, "Writing").
 *
 * @param expected The log as it was seen before: one that does not begin with it was set back since,
 *   unless a restore has opened another epoch; and the epoch that was checked, where one was. And where
 *   erasures are journalled before they can be committed; `null` refuses them.
 * @throws {EpochMoved} Where the log is in another epoch than that.
 */
export async function attempt(
  ask: Ask,
  tenant: string,
  tasks: readonly Task[],
  { seen, epoch, erasing }: { seen: Seen | null; epoch: number | null; erasing: Erasing | null },
): Promise<Attempted> {
  const head = await lockLog(ask)
  if (!head) throw tenantUnknown(tenant)
  if (epoch !== null && head.epoch !== epoch) throw new EpochMoved(`${tenant} is at ${head.epoch}`)
  const merging = head.merges > 0 ? await openMerges(ask) : []
  const batch = openBatch(ask, {
    tenant,
    at: laterOf(new Date().toISOString(), head.at),
    size: head.size,
    namingKey: unb64(head.namingKey),
    pendingMs: erasing?.pendingMs,
    merging,
  })
  // Sent without waiting for each other, so that all of it takes one round trip.
  const [done, named, tiles, policies] = await Promise.all([
    findCommands(
      ask,
      tasks.map(({ subject, key }) => ({ principal: subject, key })),
    ),
    readActors(
      ask,
      tasks.map(({ subject }) => subject),
    ),
    readTiles(ask, edgeTiles(head.size)),
    tasks.some((task) => task.policies !== undefined) ? policiesState(ask) : undefined,
    // What an alias on its way leads to is followed from anywhere, so it is always at hand.
    batch.load([
      ...merging.map(({ canonical }) => canonical),
      ...tasks.flatMap((task) => touched(batch, task)),
    ]),
    seen && seen.epoch >= head.epoch && requireGrown(ask, head, seen),
  ])
  const known = new Map(done.map((row) => [commandKey(row.principal, row.key), row]))
  const proposed = new Map(tasks.map(({ subject }) => [subject, newActor()]))
  const actors = new Map([...proposed, ...named])
  const { settled, kept } = await settleAll(batch, tasks, {
    known,
    actors,
    epoch: head.epoch,
    policies: policies && policiesVersion(policies),
  })
  // A refused command leaves nothing, not even a name for who asked.
  const fresh = kept.filter(({ principal }) => !named.has(principal))
  await saveActors(ask, new Map(fresh.map(({ principal: who }) => [who, actors.get(who)!])))
  if (kept.length > 0) await saveCommands(ask, kept)
  const erasures = journalEntries(tenant, batch)
  if (erasures.length > 0) await erasing!.journal.begin(erasures)
  await saveMerges(ask, batch.merges)
  const after = await writeBatch(ask, batch, head, tiles)
  const { epoch: now } = head
  return { settled, seen: { epoch: now, ...after }, appended: batch.records.length > 0 }
}

/** Refuses a log that does not begin with what this process has seen of it. */
async function requireGrown(ask: Ask, head: LogHead, seen: Seen) {
  const behind = { origin: head.origin, size: head.size, seen: seen.size }
  if (head.epoch < seen.epoch || head.size < seen.size) throw logBehindRegister(behind)
  const hashes = seen.edge.map((hash) => unb64(hash))
  const [then] =
    head.size === seen.size
      ? [b64(edgeRoot(sha256, { size: head.size, hashes: head.edge.map((hash) => unb64(hash)) }))]
      : await storedRoots(ask, [seen.size])
  if (then !== b64(edgeRoot(sha256, { size: seen.size, hashes }))) throw logBehindRegister(behind)
}

/** Carries the tasks out in their order; once one must wait, so must all after it. */
async function settleAll(
  batch: Batch,
  tasks: readonly Task[],
  of: {
    known: Map<string, CommandRow>
    actors: ReadonlyMap<string, string>
    epoch: number
    policies: string | undefined
  },
) {
  const settled: Settled[] = []
  const kept: CommandRow[] = []
  for (const task of tasks) {
    const key = commandKey(task.subject, task.key)
    const row = of.known.get(key)
    const end: Settled =
      settled.at(-1)?.end === 'later'
        ? { end: 'later' }
        : row
          ? replay(row, task, of.epoch)
          : isPermittedStill(batch, task, of.policies)
            ? await carryOut(batch, task, of.actors.get(task.subject)!, of.epoch)
            : { end: 'refused', problem: policiesChanged() }
    settled.push(end)
    if (row || task.dry || end.end !== 'done') continue
    const fresh = commandRow(task, end.receipt, batch.at)
    of.known.set(key, fresh)
    kept.push(fresh)
  }
  return { settled, kept }
}

/**
 * Whether the policies by which a task was permitted are those under the lock, also where an earlier
 * task of this transaction changes some: a policy holds for every record after its own.
 */
const isPermittedStill = (batch: Batch, { policies }: Task, now: string | undefined) =>
  policies === undefined ||
  (policies === now && !batch.records.some(({ kind }) => kind === 'Policy'))

const commandKey = (principal: string, key: string) => JSON.stringify([principal, key])
/** The later of two times in one form. */
export const laterOf = (a: string, b: string) => (a > b ? a : b)

/** A pseudonym: headers are for ever, so they carry nothing that names a person (docs/specs/record.md). */
export const newActor = () => `p_${b64(new Uint8Array(randomBytes(16)))}`

const touched = (batch: Batch, { names, ids }: Task) => [
  ...ids,
  ...names.map(({ kind, namespace, name }) => batch.urn(kind, namespace, name)),
]

/** The answer of a command that was carried out before, or a refusal where the key meant another. */
export function replay(
  row: CommandRow,
  task: Pick<Task, 'key' | 'request'>,
  epoch: number,
): Exclude<Settled, { end: 'later' }> {
  if (row.request !== task.request) return { end: 'refused', problem: keyReused(task.key) }
  const outcomes = row.ids.map((id, i) => ({
    id,
    seq: row.seqs[i]!,
    version: row.versions[i]!,
    changed: row.changed[i]!,
  }))
  const position = { epoch, seq: row.size }
  return { end: 'done', receipt: { position, outcomes, replayed: true } }
}

/** What cannot become a leaf is refused like any other mistake, whichever door let it in. */
const unfit = (error: ProofError) =>
  error.code === 'PROOF_LEAF_TOO_LARGE' ? headerTooLarge(error) : recordInvalid(error)

/** What one transaction writes at most, in UTF-16 units of text, unless a command alone is larger. */
const MOST_TEXT = 16_000_000

const textOf = (records: Batch['records']) =>
  records.reduce((length, { header, fields }) => length + header.length + (fields?.length ?? 0), 0)

async function carryOut(batch: Batch, task: Task, actor: string, epoch: number): Promise<Settled> {
  if (batch.records.length >= MOST_LEAVES) return { end: 'later' }
  const { draft, changes } = openDraft(batch, actor)
  try {
    const outcomes = [...(await task.run(draft))]
    if (task.dry) {
      const position = { epoch, seq: batch.base + batch.records.length }
      return { end: 'done', receipt: { position, outcomes, replayed: false } }
    }
    const text = textOf(changes.records)
    if (batch.records.length > 0) {
      const leaves = batch.records.length + changes.records.length
      if (leaves > MOST_LEAVES || batch.text + text > MOST_TEXT) return { end: 'later' }
    }
    batch.text += text
    for (const [id, entity] of changes.entities) batch.entities.set(id, entity)
    batch.records.push(...changes.records)
    batch.edges.push(...changes.edges)
    batch.erased.push(...changes.erased)
    batch.actors.push(...changes.actors)
    const position = { epoch, seq: batch.base + batch.records.length }
    batch.merges.push(...changes.merges.map((step) => ({ ...step, at: position.seq - 1 })))
    return { end: 'done', receipt: { position, outcomes, replayed: false } }
  } catch (error) {
    if (error instanceof Problem) return { end: 'refused', problem: error }
    if (error instanceof ProofError) return { end: 'refused', problem: unfit(error) }
    throw error
  }
}

/** What is kept of a command, so that its key gets the same answer again. */
export const commandRow = (
  task: Pick<Task, 'subject' | 'key' | 'request'>,
  { outcomes, position }: Receipt,
  at: string,
): CommandRow => ({
  principal: task.subject,
  key: task.key,
  request: task.request,
  ids: outcomes.map(({ id }) => id),
  seqs: outcomes.map(({ seq }) => seq),
  versions: outcomes.map(({ version }) => version),
  changed: outcomes.map(({ changed }) => changed),
  size: position.seq,
  at,
})
