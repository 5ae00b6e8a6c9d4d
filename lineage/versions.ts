import { type Ask, query } from './graph.ts'
import { newestRecordFirst } from './index-order.ts'

/** One version of an entity, as it is stored. */
export interface VersionRow {
  seq: number
  /** The leaf itself: canonical JSON. */
  header: string
  /** By which record its body is gone, or that it has none any more; `null` while it has one. */
  erased: number | null
  /** In a record that erases: the entity that says on what ground. */
  erasure: string | null
}

const VERSIONS = query<VersionRow>(`
  // versions of an entity
  MATCH (record:Record {tenant: $tenant, id: $id}) WHERE record.seq < $to
  RETURN record.seq AS seq, record.header AS header, record.erased AS erased,
    record.erasure AS erasure
  ${newestRecordFirst('record')} LIMIT toInteger($first)`)

/** Up to `first` versions before a position, the newest first: a page costs what a page is. */
export const versionsOf = (ask: Ask, asked: { id: string; to: number; first: number }) =>
  ask(VERSIONS, asked)
