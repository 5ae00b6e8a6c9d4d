import { addressWithin, type Objects, type StoredObject } from '../../core/objects.ts'
import { type Graph, query } from '../../lineage/graph.ts'
import { attachmentErased, attachmentLost, attachmentUnknown } from './problems.ts'

const ATTACHMENT_FILE = query<{ fields: string | null; erased: number | null }>(`
  // file of an attachment
  MATCH (e:Entity:Attachment {tenant: $tenant, id: $id})
  MATCH (record:Record {tenant: $tenant, seq: e.seq})
  RETURN record.fields AS fields, record.erased AS erased`)

/** What an attachment's body says of its file. */
export interface AttachmentBody {
  name: string
  sha256: string
  size: number
  mediaType: string
}

/** An attachment's file, to be streamed. */
export type AttachmentFile = StoredObject & Pick<AttachmentBody, 'name' | 'sha256' | 'mediaType'>

/**
 * Finds the file of an attachment of this tenant.
 *
 * @throws {Problem} `ATTACHMENT_UNKNOWN`, also for another tenant's and for one that is retired;
 *   `ATTACHMENT_ERASED`; `ATTACHMENT_LOST` where the record is there and the file is not.
 */
export async function findAttachment(
  { read, tenant }: Pick<Graph, 'read' | 'tenant'>,
  objects: Objects,
  id: string,
): Promise<AttachmentFile> {
  const [row] = await read(ATTACHMENT_FILE, { id })
  if (row?.erased != null) throw attachmentErased(id, row.erased)
  const said = JSON.parse(row?.fields ?? '{}') as Partial<AttachmentBody>
  if (said.sha256 === undefined) throw attachmentUnknown()
  const found = await objects.get(addressWithin(tenant, said.sha256))
  if (!found) throw attachmentLost(id)
  const { name = '', sha256, mediaType = 'application/octet-stream' } = said
  return { name, sha256, mediaType, ...found }
}
