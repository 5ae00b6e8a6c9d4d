import { type Ask, query } from './graph.ts'
import { OPEN } from './kinds.ts'

/** An attachment that documents a licence: the place of its record, and its body as JSON text. */
export interface LicenceText {
  id: string
  seq: number
  fields: string
}

const LICENCE_TEXTS = query<LicenceText>(`
  // attachments of licences
  UNWIND $ids AS id
  MATCH (licence:Entity {tenant: $tenant, id: id})
  CALL (licence) {
    MATCH (licence)<-[r:BASED_ON]-(a)
    WHERE r.until = ${OPEN} AND a.tenant = $tenant AND a.kind = 'Attachment'
    MATCH (record:Record {tenant: $tenant, seq: a.seq})
    WHERE record.fields IS NOT NULL
    RETURN record LIMIT toInteger($most)
  }
  RETURN id, record.seq AS seq, record.fields AS fields`)

/** What is attached to licences now, up to `most` files each. */
export const licenceTexts = (ask: Ask, ids: readonly string[], most: number) =>
  ids.length === 0 ? Promise.resolve([]) : ask(LICENCE_TEXTS, { ids, most })
