import { type Answer, mayUse, type Reason, type Use } from '../domains/terms/may-use.ts'
import { tooManyCuts, wordInvalid } from '../domains/terms/problems.ts'
import { readCursor, writeCursor } from '../lineage/cursor.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Position } from '../lineage/position.ts'
import { rootUnknown } from '../lineage/problems.ts'
import { MOST_HOPS } from '../lineage/traversal-texts.ts'
import { readUpstream } from '../lineage/upstream.ts'
import { closureOf } from '../proofs/terms/closure.ts'
import { openTerms, type Place, type Term, type Terms, termsOf } from '../proofs/terms/effective.ts'
import { type AsOf, readAsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { type EntityNamed, idOfNamed, type PageInfo, spendPage } from './entity.ts'
import type { PathOf } from './path.ts'
import { openSaid } from './said.ts'
import { readWays } from './ways.ts'

/** About what, and as of when: `at` is a moment of the world, `asOf` one of the log. */
interface Asked extends EntityNamed {
  at?: string | null
  asOf?: AsOf | null
}

/** What is upstream of an entity with what it says, as it was read. */
interface Opened {
  terms: Terms
  root: string
  n: number
  position: Position
  /** The hops to the furthest thing upstream; `null` where a bundle does not go that far. */
  depth: number | null
}

/** The most terms on a page, and the most reasons of an answer. */
export const MOST_TERMS = 500
export const MOST_REASONS = 100

async function openAt(
  { id, at, asOf }: Pick<Asked, 'at' | 'asOf'> & { id: string },
  context: Context,
  cursorOf?: (day: string) => { position: Position } | undefined,
): Promise<Opened> {
  const { read } = context.graph
  const now = () => new Date(context.services.now?.() ?? Date.now()).toISOString()
  const day = (at ?? now()).slice(0, 10)
  const row = await readAsOf(context, { asOf, cursor: cursorOf?.(day) }, (n) =>
    readUpstream(read, id, n),
  )
  const { ids, root, n, epoch, depth } = row
  if (root === null) throw rootUnknown(id)
  const closure = closureOf({ ids, root: ids.indexOf(root), out: row.out })
  const { licences, clauses, transformations } = closure
  const speaking = new Set([licences, clauses, transformations].flat(2))
  const said = openSaid(read, n)
  await said.load([...speaking].map((place) => ids[place]!))
  return {
    terms: openTerms(closure, {
      said: (place) => said.get(ids[place]!),
      ...{ day, tooMany: tooManyCuts },
    }),
    ...{ root, n, position: { epoch, seq: n } },
    depth: depth !== null && depth <= MOST_HOPS ? depth : null,
  }
}

/** Where a term is said, and the way that brings it: looked up for whoever asks for them. */
interface Told {
  license(): Promise<EntityAt | null>
  clause(): Promise<EntityAt | null>
  /** @throws {Problem} `REQUEST_ASKS_TOO_MUCH` */
  path(): Promise<PathOf>
  /** The ids along the way, from the root on. */
  along: readonly string[]
}

function tell<Item extends Place & { way(): number[] }>(
  items: readonly Item[],
  { terms: { closure }, n }: Opened,
  context: Context,
): (Item & Told)[] {
  const idOf = (place: number) => closure.ids[place]!
  const ways = items.map((item) => item.way().map(idOf))
  const entity = async (place: number | null) =>
    place === null ? null : context.loaders.at(n).entity.load(idOf(place))
  let read: ReturnType<typeof readWays> | undefined
  return items.map((item, i) => ({
    ...item,
    license: () => entity(item.licence),
    clause: () => entity(item.clause),
    path: async () => {
      read ??= readWays(ways, n, context)
      return (await read)(ways[i]!)
    },
    along: ways[i]!,
  }))
}

export interface TermsAsked extends Asked {
  first: number
  after?: string | null
}

/** A page of the terms of an entity. */
export interface TermsPage {
  day: string
  nodes: (Term & Told)[]
  total: number
  pageInfo: PageInfo
  position: Position
  /** The ids of what was asked about, and of what lifts something. */
  root: string
  transformations: string[]
}

/**
 * Finds the terms that reach an entity, a page at a time; later pages at the position of the first.
 *
 * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `ENTITY_ID_INVALID`, `ENTITY_NOT_NAMED`, `LINEAGE_UPSTREAM_TOO_WIDE`,
 *   `TERMS_CUT_TOO_OFTEN`, `LINEAGE_CURSOR_INVALID`, `LINEAGE_PAGE_OUT_OF_RANGE`; as `readAsOf`.
 */
export async function findTerms(asked: TermsAsked, context: Context): Promise<TermsPage> {
  const { at, asOf, first, after, ...named } = asked
  spendPage(first, context, MOST_TERMS)
  const id = await idOfNamed(named, context, asOf)
  const questionOf = (day: string) => ['terms', context.tenant, id, day]
  const cursorOf = (day: string) =>
    after == null ? undefined : readCursor(questionOf(day), ['number'], after)
  const opened = await openAt({ id, at, asOf }, context, cursorOf)
  const { terms, root, position } = opened
  const start = (cursorOf(terms.day)?.place[0] ?? 0) as number
  const all = termsOf(terms)
  const nodes = tell(all.slice(start, start + first), opened, context)
  const { ids } = terms.closure
  const next = start + nodes.length
  const hasNextPage = next < all.length
  return {
    ...{ nodes, root, position, day: terms.day, total: all.length },
    transformations: terms.transformations.map((place) => ids[place]!),
    pageInfo: {
      hasNextPage,
      endCursor: hasNextPage
        ? writeCursor(questionOf(terms.day), { position, place: [next] })
        : null,
    },
  }
}

/** A use as a caller names it. */
interface UseAsked {
  action: string
  purpose: string
  recipient?: string | null
  jurisdiction?: string | null
}

export interface MayUseAsked extends Asked, UseAsked {
  first: number
}

/** The answer to whether something may be used, and what it rests on. */
export interface MayUse {
  answer: Answer
  day: string
  reasons: (Reason & Told)[]
  total: number
  /** The ids of what it rests on: the root, what says the terms, and the ways of the reasons told. */
  evidence: string[]
  root: string
  depth: number | null
  position: Position
}

/**
 * Says whether an entity may be used in a way.
 *
 * @throws {Problem} As `findTerms`; `TERMS_WORD_INVALID`.
 */
export async function findMayUse(asked: MayUseAsked, context: Context): Promise<MayUse> {
  const { at, asOf, first, action, purpose, recipient, jurisdiction, ...named } = asked
  const use = useOf({ action, purpose, recipient, jurisdiction })
  spendPage(first, context, MOST_REASONS)
  const id = await idOfNamed(named, context, asOf)
  const opened = await openAt({ id, at, asOf }, context)
  const { terms, root, position, depth } = opened
  const { answer, reasons } = mayUse(terms, use)
  const told = tell(reasons.slice(0, first), opened, context)
  const { ids, clauses } = terms.closure
  const saying = terms.licences.flatMap(({ place }) => [place, ...clauses[place]!])
  const evidence = new Set([
    root,
    ...[...saying, ...terms.transformations].map((place) => ids[place]!),
    ...told.flatMap(({ along }) => along),
  ])
  return {
    ...{ answer, root, depth, position, day: terms.day, reasons: told, total: reasons.length },
    evidence: [...evidence].sort(),
  }
}

/** A word, with its prefix where it has one, or an address: as clauses have them. */
const WORD =
  /^(?:[A-Za-z][\w.-]{0,31}:)?[A-Za-z][\w.+-]{0,254}$|^https?:\/\/[^\s<>"{}|\\^`]{1,2000}$/
const PLACE = /^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$/

function useOf(given: UseAsked): Use {
  for (const [what, word] of Object.entries(given)) {
    const form = what === 'jurisdiction' ? PLACE : WORD
    if (word != null && !form.test(word)) throw wordInvalid(what, word)
  }
  const { action, purpose, recipient, jurisdiction } = given
  return {
    ...{ action, purpose },
    ...(recipient != null && { recipient }),
    ...(jurisdiction != null && { jurisdiction }),
  }
}
