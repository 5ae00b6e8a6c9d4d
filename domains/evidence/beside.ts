import type { Ask } from '../../lineage/graph.ts'
import { kindOfUrn } from '../../lineage/kinds.ts'
import { type RecordSlice, recordsAsOf } from '../../lineage/record-slice.ts'
import type { Question } from '../../proofs/manifest.ts'
import { isDesign } from '../../proofs/relations.ts'
import { RECORDS_A_READ, type Slice } from './slice.ts'

/**
 * What a bundle holds at most beside the answer, of what says its terms: records, their steps from the
 * answer, and characters of their bodies. What is beyond it is stated as not shown.
 */
export const BESIDE_LIMITS = { records: 1_000, steps: 20, text: 4_000_000 }

const SAYING = new Set(['Source', 'License', 'Clause', 'Transformation'])

/**
 * Reads what says terms where an answer ends: sources, licences, clauses and transformations that are
 * reached from the root, or from what the answer has upstream of it, through their like alone.
 */
export async function readBeside(
  ask: Ask,
  { question, slice, at }: { question: Omit<Question, 'root'>; slice: Slice; at: number },
  limits = BESIDE_LIMITS,
): Promise<RecordSlice[]> {
  const byId = new Map(slice.records.map((record) => [record.id, record]))
  const beside: RecordSlice[] = []
  const seen = new Set<string>()
  let near: string[] = [...upstreamOf(slice.root, question, byId)]
  let text = 0
  for (let step = 0; step < limits.steps && near.length > 0; ) {
    const next = near.flatMap((id) => designOf(byId.get(id)))
    const saying = [...new Set(next)].filter((id) => SAYING.has(kindOfUrn(id) ?? '')).sort()
    const fresh = saying.filter((id) => !seen.has(id))
    for (const id of fresh) seen.add(id)
    const missing = fresh.filter((id) => !byId.has(id))
    const read = await readSome(ask, missing.slice(0, limits.records - beside.length), at)
    text += read.reduce((sum, { fields }) => sum + (fields?.length ?? 0), 0)
    if (text > limits.text) break
    for (const record of read) byId.set(record.id, record)
    beside.push(...read)
    near = fresh
    if (missing.length > 0) step++
  }
  return beside
}

async function readSome(ask: Ask, ids: readonly string[], at: number) {
  const records: RecordSlice[] = []
  for (let from = 0; from < ids.length; from += RECORDS_A_READ) {
    records.push(...(await recordsAsOf(ask, ids.slice(from, from + RECORDS_A_READ), at)))
  }
  return records
}

const designOf = (record: RecordSlice | undefined) =>
  (record?.out ?? []).filter(([rel]) => isDesign(rel)).map(([, id]) => id)

function upstreamOf(
  root: string,
  { direction, depth }: Omit<Question, 'root'>,
  byId: ReadonlyMap<string, RecordSlice>,
) {
  const distances = new Map([[root, 0]])
  // A Map goes on over what is added while it is walked, in order: it is its own queue.
  for (const [id, distance] of distances) {
    if (direction === 'DOWNSTREAM' || distance === depth) continue
    for (const to of designOf(byId.get(id))) {
      if (byId.has(to) && !distances.has(to)) distances.set(to, distance + 1)
    }
  }
  return distances.keys()
}
