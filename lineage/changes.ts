import { type Ask, query } from './graph.ts'
import { inIndexOrder } from './index-order.ts'
import type { Kind } from './kinds.ts'
import { AT_POSITION, LOG_STATE, type LogState, stateOf } from './position.ts'

/** A record of the log with the name that its entity has now. */
export interface ChangeRow {
  seq: number
  /** The leaf itself: canonical JSON. */
  header: string
  /** Empty, as is the name, where they are erased. */
  namespace: string
  name: string
  /** By which record its body is gone; `null` while it is there. */
  erased: number | null
  /** In a record that erases: the entity that says on what ground. */
  erasure: string | null
}

/** Some of the records of a stretch, in the order of the log. */
export interface ChangeRows extends LogState {
  rows: ChangeRow[]
  /** The size of the log that it was read at. */
  n: number
}

const CHANGES = query<
  LogState & {
    n: number
    seqs: number[]
    headers: string[]
    namespaces: string[]
    names: string[]
    eraseds: (number | null)[]
    erasures: (string | null)[]
  }
>(`
  // records of a stretch of the log
  ${AT_POSITION}
  CALL (n) {
    MATCH (record:Record {tenant: $tenant})
    WHERE record.seq >= $from AND record.seq < $to AND record.seq < n
      AND record.type = 'record' AND ($kinds IS NULL OR record.kind IN $kinds)
    WITH record ${inIndexOrder('record', ['tenant', 'seq'], 'ASC')} LIMIT toInteger($first)
    MATCH (e:Entity {tenant: $tenant, id: record.id})
    WITH record, e ORDER BY record.seq
    RETURN collect(record) AS records, collect(e) AS entities
  }
  RETURN ${LOG_STATE}, [r IN records | r.seq] AS seqs, [r IN records | r.header] AS headers,
    [e IN entities | e.namespace] AS namespaces, [e IN entities | e.name] AS names,
    [r IN records | r.erased] AS eraseds, [r IN records | r.erasure] AS erasures`)

/**
 * The first records of entities in `[from, to)`, as far as the log may be read now; leaves of other
 * types are passed over. `undefined` where there is no such tenant.
 */
export async function changeRows(
  ask: Ask,
  asked: { from: number; to: number; kinds: readonly Kind[] | null; first: number },
): Promise<ChangeRows | undefined> {
  const [row] = await ask(CHANGES, { ...asked, n: null })
  if (!row) return undefined
  const rows = row.seqs.map((seq, i) => ({
    seq,
    header: row.headers[i]!,
    namespace: row.namespaces[i]!,
    name: row.names[i]!,
    erased: row.eraseds[i] ?? null,
    erasure: row.erasures[i] ?? null,
  }))
  return { ...stateOf(row), n: row.n, rows }
}
