import { type Ask, query } from './graph.ts'
import { inIndexOrder } from './index-order.ts'
import { OPEN } from './kinds.ts'

/** Where a page stands: in which tree (`STATE_TREE`, or one of in-edges), and under which bits of its keys. */
export interface PagePlace {
  tree: string
  prefix: string
}

/** A part of a sparse tree as it was in force at a position, in base64url. */
export interface PageRow extends PagePlace {
  bytes: string
}

/** A page as it is from now on; `bytes` is `null` where there is none any more. */
export interface PageChange extends PagePlace {
  bytes: string | null
  /** The root of the tree, where the page is its first one. */
  hash: string | null
}

/** The state to read pages at that are in force: those that have not ended yet. */
export const NEWEST = OPEN - 1

/** The tree over all entities; those of in-edges are named by their entity. */
export const STATE_TREE = ''

/** The in-edges of one entity at one level: a tree of its own. */
export const inTree = (id: string, level: 'design' | 'run') => `${id}/${level}`

/**
 * The newest version that began at `n` or before, if it goes on. A page is found by where it begins,
 * which never changes: one found by where it ends would be out of sight for the moment in which
 * another server ends it.
 */
const PAGE_AT = `CALL (place, n) {
    MATCH (page:Page {tenant: $tenant, tree: place.tree, prefix: place.prefix}) WHERE page.since <= n
    RETURN page ${inIndexOrder('page', ['tenant', 'tree', 'prefix', 'since'], 'DESC')} LIMIT 1
  }
  WITH page, n WHERE page.until > n`

const PAGES = query<PageRow>(`
  // pages at a state
  WITH toInteger($state) AS n
  UNWIND $places AS place
  ${PAGE_AT}
  RETURN page.tree AS tree, page.prefix AS prefix, page.bytes AS bytes`)

const TREE_ROOTS = query<{ tree: string; hash: string }>(`
  // roots of trees at a state
  WITH toInteger($state) AS n
  UNWIND $trees AS tree
  WITH {tree: tree, prefix: ''} AS place, n
  ${PAGE_AT}
  RETURN page.tree AS tree, page.hash AS hash`)

/** Only the newest version of a place can be open, and is looked up as such: a root has one for every state. */
const END_PAGES = query(`
  // end pages
  UNWIND $places AS place
  WITH place, toInteger($n) AS n
  ${PAGE_AT}
  SET page.until = n`)

const CREATE_PAGES = query(`
  // create pages
  UNWIND $pages AS row
  CREATE (page:Page {tenant: $tenant, tree: row.tree, prefix: row.prefix, since: $n, until: ${OPEN},
    hash: row.hash, bytes: row.bytes})`)

const FORGET_PAGES = query<{ forgotten: number }>(`
  // forget old pages
  MATCH (page:Page {tenant: $tenant}) WHERE page.until <= $before
  WITH page LIMIT 2000 DELETE page
  RETURN count(*) AS forgotten`)

/** Those of the pages that were there at state `n`, in no particular order. */
export const readPages = (ask: Ask, places: readonly PagePlace[], n: number) =>
  places.length === 0 ? Promise.resolve([]) : ask(PAGES, { places, state: n })

/** The roots in base64url, by tree; a tree without keys has none. */
export const readTreeRoots = async (ask: Ask, trees: readonly string[], n: number) => {
  const rows = trees.length === 0 ? [] : await ask(TREE_ROOTS, { trees, state: n })
  return new Map(rows.map(({ tree, hash }) => [tree, hash]))
}

/** Copy-on-write: what was there ends at state `n`, and what is new begins there. */
export async function writePages(ask: Ask, changes: readonly PageChange[], n: number) {
  if (changes.length === 0) return
  const places = changes.map(({ tree, prefix }) => ({ tree, prefix }))
  const pages = changes.filter(({ bytes }) => bytes !== null)
  await Promise.all([ask(END_PAGES, { places, n }), ask(CREATE_PAGES, { pages, n })])
}

/** Deletes pages that no state from position `before` on has, at most 2,000 at a time; says how many. */
export const forgetPages = async (ask: Ask, before: number) =>
  (await ask(FORGET_PAGES, { before }))[0]?.forgotten ?? 0
