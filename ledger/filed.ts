import { addressWithin } from '../core/objects.ts'
import type { FiledKind } from '../lineage/erasures.ts'

/** What a body may say of a file: exports of the bundle that they are, attachments of themselves. */
interface Said {
  file?: unknown
  sha256?: unknown
}

const HASH_IN: Record<FiledKind, (said: Said) => unknown> = {
  Export: ({ file }) => (file as { sha256?: unknown } | undefined)?.sha256,
  Attachment: ({ sha256 }) => sha256,
}
/** Whether a file is its tenant's own, or the same for all who have the same bytes. */
const IS_OWN: Record<FiledKind, boolean> = { Export: false, Attachment: true }

/** The address of the file that an entity's body leads to; `undefined` where it leads to none. */
export function fileOf(kind: FiledKind, tenant: string, said: object): string | undefined {
  const hash = HASH_IN[kind](said)
  if (typeof hash !== 'string') return undefined
  return IS_OWN[kind] ? addressWithin(tenant, hash) : hash
}
