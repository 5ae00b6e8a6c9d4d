import { readCursor, writeCursor } from '../lineage/cursor.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Kind } from '../lineage/kinds.ts'
import { ownedEntities } from '../lineage/owned.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { type Connection, checkId, connectionOf, spendPage } from './entity.ts'

/** What must hold of a thing that is asked for, all of it. */
export interface OwnedThat {
  hasNoLicence?: boolean | null
  hasNoAssessment?: boolean | null
  assessmentExpiredBy?: string | null
}

export interface OwnedArguments {
  by: string
  that?: OwnedThat | null
  kinds?: readonly Kind[] | null
  first: number
  after?: string | null
  asOf?: AsOf | null
}

/**
 * Lists what a principal answers for; later pages are read at the position of the first.
 *
 * @throws {Problem} `ENTITY_ID_INVALID`, `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_CURSOR_INVALID`; as
 *   `readAsOf`.
 */
export async function listOwned(
  { by, that, kinds, first, after, asOf }: OwnedArguments,
  context: Context,
): Promise<Connection<EntityAt>> {
  checkId(by)
  spendPage(first, context)
  const asked = {
    owner: by,
    kinds: kinds ? [...new Set(kinds)].sort() : null,
    noLicence: that?.hasNoLicence ?? false,
    noAssessment: that?.hasNoAssessment ?? false,
    expiredBy: that?.assessmentExpiredBy ?? null,
  }
  const question = ['owned', context.tenant, asked]
  const cursor = after == null ? undefined : readCursor(question, ['string'], after)
  const from = (cursor?.place[0] as string | undefined) ?? ''
  const { entities, epoch } = await readAsOf(context, { asOf, cursor }, (n) =>
    ownedEntities(context.graph.read, { ...asked, first: first + 1, after: from }, n),
  )
  return connectionOf(entities.slice(0, first), entities.length > first, ({ at, id }) =>
    writeCursor(question, { position: { epoch, seq: at }, place: [id] }),
  )
}
