import type { Assertion, Draft, Outcome } from '../../ledger/draft.ts'
import type { DatasetMention } from './event.ts'
import type { Identities } from './identity.ts'
import type { Stamp } from './stamp.ts'
import { COLUMN_LINEAGE, StampedBody, statementOf } from './stamped-body.ts'

/** What is the same for all datasets that are asserted together. */
interface Asserting {
  identities: Identities
  stamp: Stamp
  /** The id of the job that the event is of; empty where it is of a dataset alone. */
  by: string
}

/**
 * Asserts datasets in the order in which the event names them, each once, with the facets that it
 * carries there. What a facet says their columns come from they are derived from: an edge that is added
 * and never dropped by an event, as those of runs are, so that it stays findable from its other end.
 *
 * @param edges The edges to change with them, by the dataset's id.
 */
export function assertDatasets(
  draft: Draft,
  { identities, stamp, by }: Asserting,
  mentions: readonly DatasetMention[],
  edges: (id: string) => Pick<Assertion, 'link' | 'unlink'> = () => ({}),
): Outcome[] {
  const byId = Map.groupBy(mentions, ({ name }) => identities.idOf(name))
  return [...byId].map(([id, same]) => {
    const body = new StampedBody(draft.get(id)?.fields)
    for (const { facets } of same) {
      for (const facet of facets) {
        body.write({ ...facet, stamp })
        if (facet.field === COLUMN_LINEAGE) {
          body.write({ ...facet, field: statementOf(by), stamp })
        }
      }
    }
    const { namespace, name } = identities.nameOf(id)
    const { link = [], unlink } = edges(id)
    return draft.assert({
      ...{ kind: 'Dataset', id, namespace, name, fields: body.patch(), unlink },
      link: [...link, ...derivedFrom(same, { id, identities })],
    })
  })
}

/** Where a dataset's columns come from each other, there is no edge to say so. */
function derivedFrom(
  mentions: readonly DatasetMention[],
  { id, identities }: { id: string; identities: Identities },
) {
  const inputs = mentions.flatMap(({ columnInputs }) => columnInputs.map(identities.idOf))
  return [...new Set(inputs)]
    .filter((input) => input !== id)
    .map((input) => ({ rel: 'WAS_DERIVED_FROM' as const, ...identities.targetOf(input) }))
}
