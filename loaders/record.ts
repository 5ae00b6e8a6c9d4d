import DataLoader from 'dataloader'
import { type Body, bodies, type RecordNote, recordNotes } from '../lineage/bodies.ts'
import { type ErasedBy, erasuresOf } from '../lineage/erasures.ts'
import type { Ask } from '../lineage/graph.ts'
import { bodiesTooLarge } from '../lineage/problems.ts'
import type { Json } from '../proofs/json.ts'
import { inOrderOf } from './batch.ts'

/** The fields of a body by name. */
export type Fields = Readonly<Record<string, Json>>

/** When each record was appended, in one read for all of the same tick. A record never changes. */
export const recordNoteLoader = (ask: Ask) =>
  new DataLoader<number, RecordNote | null>(
    async (seqs) => inOrderOf(seqs, await recordNotes(ask, seqs), ({ seq }) => seq),
    { name: 'record note', maxBatchSize: 1_000 },
  )

/** By what the body of each record was erased: a fact that holds whatever the position asked. */
export const erasureLoader = (ask: Ask) =>
  new DataLoader<number, ErasedBy | null>(
    async (seqs) => inOrderOf(seqs, await erasuresOf(ask, seqs), ({ seq }) => seq),
    { name: 'erasure', maxBatchSize: 1_000 },
  )

/** The most characters of bodies that one request may have read, so that memory stays flat. */
const MOST_BODIES = 48_000_000

/**
 * The body of each record, read only where a field needs it: bodies are large. One batch is read
 * after the other, so that no more than the limit and a batch is ever held.
 *
 * @throws {Problem} `LINEAGE_BODIES_TOO_LARGE`
 */
export const bodyLoader = (ask: Ask, most = MOST_BODIES) =>
  openBodyLoader((seqs) => bodies(ask, seqs), most)

/** The same for whoever reads bodies in another way. */
export function openBodyLoader(
  readBodies: (seqs: readonly number[]) => Promise<Body[]>,
  most = MOST_BODIES,
) {
  let read = 0
  let turn: Promise<unknown> = Promise.resolve()
  const readBatch = async (seqs: readonly number[]) => {
    if (read > most) throw bodiesTooLarge(most)
    const rows = inOrderOf(seqs, await readBodies(seqs), ({ seq }) => seq)
    for (const row of rows) read += row?.fields?.length ?? 0
    if (read > most) throw bodiesTooLarge(most)
    return rows.map((row) => JSON.parse(row?.fields ?? '{}') as Fields)
  }
  const load = (seqs: readonly number[]) => {
    const batch = turn.then(() => readBatch(seqs))
    turn = batch.catch(() => {})
    return batch
  }
  return new DataLoader<number, Fields>(load, { name: 'body', maxBatchSize: 20 })
}
