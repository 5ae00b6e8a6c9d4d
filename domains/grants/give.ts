import { v7 as uuidv7 } from 'uuid'
import type { Draft } from '../../ledger/draft.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import { entityUnknown } from '../../ledger/problems.ts'
import { type GrantAsked, type GrantBody, readAsked, readTimes } from './grant.ts'

/** Who changes a grant, and under which Idempotency-Key. */
export interface By {
  tenant: string
  subject: string
  key?: string
}

/** The name that a grant's record has: the same on both logs, as its id is. */
const nameOf = (id: string) => ({
  kind: 'Grant' as const,
  id,
  namespace: 'grant',
  name: id.slice(id.lastIndexOf(':') + 1),
})

/** What the receiver's log refers to: the record in force of the giver's. */
export const referenceTo = (draft: Draft, id: string) => {
  const { seq, leaf } = draft.get(id)!
  return { seq, leaf }
}

/**
 * Gives another tenant a grant: a record on both logs, in one transaction.
 *
 * @returns The receipt of the giver's log; its outcome is the grant.
 * @throws {Problem} `GRANT_INVALID`, `ENTITY_UNKNOWN` for a root that is not there, `TENANT_UNKNOWN`,
 *   and what the ledger refuses.
 */
export function giveGrant(
  ledger: Ledger,
  given: GrantAsked,
  { tenant, subject, key }: By,
): Promise<Receipt> {
  const asked = readAsked(given, tenant)
  const { to, root, direction, depth, kinds, fields, begins = null, until } = asked
  const id = `urn:selvedge:grant:${uuidv7()}`
  let told: Omit<GrantBody, 'side'>
  return ledger.submitAcross({
    tenant,
    subject,
    key,
    request: JSON.stringify([
      'grantCreate',
      { to, root, direction, depth, kinds, fields, begins, until },
    ]),
    ids: [id, root],
    run: async (draft) => {
      const meant = draft.resolve(root)
      if (!draft.get(meant)) throw entityUnknown(root)
      const terms = { root: meant, direction, depth, kinds: [...kinds], fields: [...fields] }
      // Not by the log, whose time never falls: where the clock was ahead, it would begin late by that.
      const now = Math.min(Date.now(), Date.parse(draft.at))
      const times = readTimes({ begins, until }, new Date(now).toISOString())
      const body = { from: tenant, to, ...terms, ...times }
      const outcome = draft.assert({ ...nameOf(id), fields: { ...body, side: 'given' } })
      told = { ...body, reference: referenceTo(draft, id) }
      return [outcome]
    },
    other: to,
    mirror: {
      ids: [id],
      run: async (draft) => [
        draft.assert({ ...nameOf(id), fields: { ...told, side: 'received' } }),
      ],
    },
  })
}
