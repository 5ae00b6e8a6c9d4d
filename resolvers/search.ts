import { sha256 } from '../core/sha256.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Kind } from '../lineage/kinds.ts'
import {
  checkSearch,
  readSearch,
  readSearchFacets,
  type SearchFacets,
  type SearchPage,
  type SearchPlace,
} from '../lineage/search.ts'
import { b64 } from '../proofs/base64.ts'
import { utf8 } from '../proofs/utf8.ts'
import { readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import type { PageInfo } from './entity.ts'

export interface SearchArguments {
  text: string
  kinds?: readonly Kind[] | null
  first: number
  after?: string | null
}

/** A page of hits, with the question that it answers. */
export interface Search extends SearchPage {
  key: readonly unknown[]
}

/**
 * Finds entities by words of what they say now, best first. Later pages show them at the position of the
 * first.
 *
 * @throws {Problem} `SEARCH_TEXT_INVALID`, `LINEAGE_PAGE_OUT_OF_RANGE`, `LINEAGE_CURSOR_INVALID`; as
 *   `readAsOf`.
 */
export async function findByWords(
  { text, kinds, first, after }: SearchArguments,
  context: Context,
): Promise<Search> {
  const { tenant, graph } = context
  const asked = checkSearch({ text, kinds: kinds ?? [] }, first)
  context.spend(first)
  // A text may be longer than a cursor.
  const question = b64(sha256(utf8(JSON.stringify([asked.text, asked.kinds]))))
  const key = ['search', tenant, question]
  const cursor = after == null ? undefined : readCursor(key, ['number', 'number', 'string'], after)
  const from = cursor && placeIn(cursor.place as [number, number, string])
  const page = await readAsOf(context, { cursor }, (n) =>
    readSearch(graph.read, tenant, { ...asked, first, after: from }, n),
  )
  return { ...page, key }
}

const placeIn = ([query, rank, id]: [number, number, string]): SearchPlace => ({ query, rank, id })

/** How many of the hits that were looked at are of which kind, and so on, at the position of the page. */
export const facetsOfSearch = (
  { lucene, n, epoch }: Search,
  context: Context,
): Promise<SearchFacets> =>
  context.pin.readAt({ epoch, seq: n }, (at) => readSearchFacets(context.graph.read, lucene, at))

export const searchPosition = ({ epoch, n }: SearchPage) => ({ epoch, seq: n })

export function searchPageInfo(page: Search): PageInfo {
  const last = page.entities.at(-1)
  const place = last && [page.query, page.ranks.at(-1)!, last.id]
  return {
    hasNextPage: page.hasNextPage,
    endCursor: place ? writeCursor(page.key, { position: searchPosition(page), place }) : null,
  }
}

/** The entity that a value of a facet is the id of, at the position of the page. */
export const entityCounted = (
  id: string,
  at: number,
  { loaders }: Context,
): Promise<EntityAt | null> => loaders.at(at).entity.load(id)
