import type { Draft, Outcome } from '../../ledger/draft.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import { SAVED_QUERY_LIMITS } from './limits.ts'
import { savedQueryNotFound, tooManySavedQueries } from './problems.ts'
import type { SavedQueryBody } from './saved-query.ts'

/** Who saves, and under which Idempotency-Key. */
export interface By {
  tenant: string
  subject: string
  key?: string
}

const KIND = 'SavedQuery'
const NAMESPACE = 'saved-query'

/** A saved query by its name, as every entity is named. */
export const savedQueryNamed = (name: string) =>
  ({ kind: KIND, namespace: NAMESPACE, name }) as const

/**
 * Saves a query under a name, or another in its place: what is left out is not kept. To save the same
 * again records nothing.
 *
 * @param standing How many the tenant has.
 * @throws {Problem} `SAVED_QUERY_TOO_MANY`, and what the ledger refuses.
 */
export function saveQuery(
  ledger: Pick<Ledger, 'submit'>,
  { name, body, standing }: { name: string; body: SavedQueryBody; standing: number },
  by: By,
): Promise<Receipt> {
  const named = savedQueryNamed(name)
  const { document, title, description, operationName, variables } = body
  return ledger.submit({
    ...by,
    request: JSON.stringify(['savedQuerySave', name, body]),
    names: [named],
    run: async (draft) => {
      const id = draft.urn(KIND, NAMESPACE, name)
      if (standing >= SAVED_QUERY_LIMITS.queries && !stands(draft, id)) {
        throw tooManySavedQueries(SAVED_QUERY_LIMITS.queries)
      }
      const fields = { document, title, description, operationName, variables }
      return [draft.assert({ ...named, id, fields })]
    },
  })
}

/**
 * Removes a saved query: its name is free again. Its records stay.
 *
 * @throws {Problem} `SAVED_QUERY_NOT_FOUND`, and what the ledger refuses.
 */
export const removeQuery = (
  ledger: Pick<Ledger, 'submit'>,
  name: string,
  by: By,
): Promise<Receipt> =>
  ledger.submit({
    ...by,
    request: JSON.stringify(['savedQueryRemove', name]),
    names: [savedQueryNamed(name)],
    run: async (draft): Promise<Outcome[]> => {
      const id = draft.urn(KIND, NAMESPACE, name)
      if (!stands(draft, id)) throw savedQueryNotFound(name)
      return [draft.retire(id)]
    },
  })

/** One whose body is erased is there no more than one that was removed. */
function stands(draft: Draft, id: string) {
  const found = draft.get(id)
  return found?.action === 'assert' && found.erased === null
}
