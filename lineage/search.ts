import { firstFitting } from '../core/first-fitting.ts'
import { type EntityAt, type EntityColumns, entitiesAt, entityColumns } from './entities.ts'
import { type Ask, query } from './graph.ts'
import type { Kind } from './kinds.ts'
import { AT_POSITION, inForce, LOG_STATE, type LogState, stateOf } from './position.ts'
import { cursorInvalid, pageOutOfRange, searchTextInvalid } from './problems.ts'
import { queriesFor, type WordsAsked } from './search-query.ts'
import { wordsAsked } from './words.ts'

/** What is searched for. */
export interface SearchAsked {
  text: string
  kinds: readonly Kind[]
}

/** The most hits on a page; the most characters and words of a text; the most hits that are looked at. */
export const MOST_HITS = 200
export const MOST_TEXT = 1_000
export const MOST_ASKED = 8
export const MOST_LOOKED_AT = 2_000

/** How many values of one sort are told, those with the most hits first. */
export const MOST_VALUES = 50

/** Where a page ended: at a hit of this rank and id, among those of one of the queries. */
export interface SearchPlace {
  query: number
  rank: number
  id: string
}

/** A page of hits, best first. */
export interface SearchPage extends LogState {
  n: number
  entities: EntityAt[]
  /** Their ranks: 0 where the whole name is what was asked, 1 where it begins so, then by the words that it lacks. */
  ranks: number[]
  /** How many hits were looked at, and whether there are more than that. */
  total: number
  more: boolean
  hasNextPage: boolean
  /** Whether all that is recorded can be found, or some of it is still to be put into the index. */
  complete: boolean
  /** Which of the queries it is of, and that query. */
  query: number
  lucene: string
}

interface PageRow extends EntityColumns, LogState {
  n: number
  total: number
  ranks: number[]
  complete: boolean
}

/**
 * The hits of a tenant. Only its own tokens can match; that the tenant is its own is looked at as well.
 * One more is asked for than is looked at: where that comes, there are too many, and none is read.
 */
const HITS = `CALL (n) {
    CALL db.index.fulltext.queryNodes('entity_words', $query, {limit: toInteger($most) + 1})
    YIELD node AS e
    WITH collect(e) AS found
    RETURN CASE WHEN size(found) > $most THEN found
      ELSE [e IN found WHERE e.tenant = $tenant AND e.first < n] END AS hits
  }`

const PAGE = query<PageRow>(`
  // hits of a search in order
  ${AT_POSITION}
  ${HITS}
  CALL (hits) {
    UNWIND CASE WHEN size(hits) > $most THEN [] ELSE hits END AS e
    WITH e, toLower(coalesce(e.name, '')) AS name
    WITH e, CASE WHEN name = $whole THEN 0 WHEN name STARTS WITH $whole THEN 1
      ELSE 2 + size([word IN $words WHERE NOT name CONTAINS word]) END AS rank
    WHERE rank > $rank OR (rank = $rank AND e.id > $after)
    WITH e, rank ORDER BY rank, e.id LIMIT toInteger($first)
    RETURN collect(e) AS found, collect(rank) AS ranks
  }
  RETURN ${LOG_STATE}, size(hits) AS total, ranks, ${entityColumns('found')},
    log.searched IS NOT NULL AND log.searched = log.size AS complete`)

/** A value, and how many of the hits have it. */
export interface ValueCount {
  value: string
  count: number
}

/** How many of the hits are of which kind, and so on; an entity may have several owners, licences and risks. */
export interface SearchFacets {
  kinds: ValueCount[]
  owners: ValueCount[]
  /** By the id of the principal that answers for them. */
  principals: ValueCount[]
  /** By the id of the licence. */
  licences: ValueCount[]
  risks: ValueCount[]
}

/** The values with the most hits first, those with as many in their own order. */
const counted = (hit: string) => `WITH value, count(DISTINCT ${hit}) AS count
      ORDER BY count DESC, value LIMIT toInteger($values)
      RETURN collect({value: value, count: count})`

const FACETS = query<LogState & SearchFacets>(`
  // hits of a search by kind, owner, licence and risk
  ${AT_POSITION}
  ${HITS}
  CALL (hits) {
    UNWIND hits AS e
    WITH e, e.kind AS value
    ${counted('e')} AS kinds
  }
  CALL (hits) {
    UNWIND hits AS e
    UNWIND e.owners AS value
    ${counted('e')} AS owners
  }
  CALL (hits, n) {
    UNWIND hits AS e
    MATCH (e)-[x:WAS_ATTRIBUTED_TO]->(far) WHERE ${inForce('x')} AND far.tenant = $tenant
    WITH e, far.id AS value
    ${counted('e')} AS principals
  }
  CALL (hits, n) {
    UNWIND hits AS e
    MATCH (e)-[x:LICENSED_UNDER]->(far) WHERE ${inForce('x')} AND far.tenant = $tenant
    WITH e, far.id AS value
    ${counted('e')} AS licences
  }
  CALL (hits, n) {
    UNWIND hits AS e
    MATCH (e)-[x:ASSESSED_BY]->(far) WHERE ${inForce('x')} AND far.tenant = $tenant
      AND far.risk IS NOT NULL
    WITH e, far.risk AS value
    ${counted('e')} AS risks
  }
  RETURN ${LOG_STATE}, kinds, owners, principals, licences, risks`)

/** @throws {Problem} `LINEAGE_PAGE_OUT_OF_RANGE`, `SEARCH_TEXT_INVALID`. */
export function checkSearch({ text, kinds }: SearchAsked, first: number): WordsAsked {
  if (!Number.isInteger(first) || first < 1 || first > MOST_HITS) {
    throw pageOutOfRange(first, MOST_HITS)
  }
  const words = text.length > MOST_TEXT ? [] : wordsAsked(text)
  if (words.length === 0 || words.length > MOST_ASKED) {
    throw searchTextInvalid(
      { characters: text.length, words: words.length },
      { characters: MOST_TEXT, words: MOST_ASKED },
    )
  }
  return { text, words, kinds: [...new Set(kinds)].sort() }
}

/**
 * Reads one page of hits: the whole name first, then names that begin so, then those with the most of
 * the words in their name, then by id. Where more are found than are looked at, the first narrower query
 * is that finds no more.
 *
 * @param n The size of the log to read at; `null` reads what is there now. What is found follows from
 *   what is said now.
 * @throws {Problem} `LINEAGE_CURSOR_INVALID` where `after` names no query.
 * @returns `undefined` where there is no such tenant.
 */
export async function readSearch(
  ask: Ask,
  tenant: string,
  asked: WordsAsked & { first: number; after?: SearchPlace },
  n: number | null,
): Promise<SearchPage | undefined> {
  const { text, words, first, after } = asked
  const params = {
    n,
    most: MOST_LOOKED_AT,
    first: first + 1,
    whole: text.trim().toLowerCase(),
    words,
    rank: after?.rank ?? -1,
    after: after?.id ?? '',
  }
  const queries = queriesFor(tenant, asked)
  let place = after?.query ?? 0
  if (place >= queries.length) throw cursorInvalid()
  const hitsOf = async (place: number, n: number | null) =>
    (await ask(PAGE, { ...params, n, query: queries[place] }))[0]
  let row = await hitsOf(place, n)
  if (!row) return undefined
  if (isTooMany(row) && place < queries.length - 1) {
    const { n: at } = row
    const narrower = { from: place + 1, to: queries.length - 1 }
    const found = await firstFitting(narrower, async (one) => {
      const hits = (await hitsOf(one, at))!
      return { found: hits, fits: !isTooMany(hits) }
    })
    ;[place, row] = [found.place, found.found]
  }
  const entities = await entitiesAt(ask, row, row.n)
  return {
    ...stateOf(row),
    n: row.n,
    entities: entities.slice(0, first),
    ranks: row.ranks.slice(0, first),
    total: Math.min(row.total, MOST_LOOKED_AT),
    more: place > 0 || isTooMany(row),
    hasNextPage: entities.length > first,
    complete: row.complete,
    query: place,
    lucene: queries[place]!,
  }
}

const isTooMany = ({ total }: { total: number }) => total > MOST_LOOKED_AT

/** Counts the hits that one of the queries finds, at `n`; `undefined` where there is no such tenant. */
export async function readSearchFacets(
  ask: Ask,
  lucene: string,
  n: number | null,
): Promise<(LogState & SearchFacets) | undefined> {
  const [row] = await ask(FACETS, { query: lucene, most: MOST_LOOKED_AT, values: MOST_VALUES, n })
  return row
}
