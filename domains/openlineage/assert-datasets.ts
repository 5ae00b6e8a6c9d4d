import type { Assertion, Draft, Outcome } from '../../ledger/draft.ts'
import type { DatasetMention } from './event.ts'
import type { Identities } from './identity.ts'
import type { Stamp } from './stamp.ts'
import { StampedBody } from './stamped-body.ts'

/**
 * Asserts datasets in the order in which the event names them, each once, with the facets that it
 * carries there.
 *
 * @param edges The edges to change with them, by the dataset's id.
 */
export function assertDatasets(
  draft: Draft,
  { identities, stamp }: { identities: Identities; stamp: Stamp },
  mentions: readonly DatasetMention[],
  edges: (id: string) => Pick<Assertion, 'link' | 'unlink'> = () => ({}),
): Outcome[] {
  const byId = Map.groupBy(mentions, ({ name }) => identities.idOf(name))
  return [...byId].map(([id, same]) => {
    const body = new StampedBody(draft.get(id)?.fields)
    for (const { facets } of same) for (const facet of facets) body.write({ ...facet, stamp })
    const { namespace, name } = identities.nameOf(id)
    const fields = body.patch()
    return draft.assert({ kind: 'Dataset', id, namespace, name, fields, ...edges(id) })
  })
}
