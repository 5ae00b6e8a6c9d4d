import type { EntityAt } from '../lineage/entities.ts'
import type { Context } from './context.ts'
import { fieldsOf } from './facet.ts'

/** What an attachment's body says of its file. */
interface AttachmentBody {
  sha256: string
  size: number
  mediaType: string
}

/** Where the file of an attachment is, on this server. */
export const attachmentUrl = (id: string) => `/attachments/${id}`

/** What there is of it: nothing where it is erased or retired. */
export const attachmentBody = async (
  entity: EntityAt,
  context: Context,
): Promise<Partial<AttachmentBody>> => (await fieldsOf(entity, context)) as Partial<AttachmentBody>
