import { sha256 } from '../core/sha256.ts'
import { type Kind, kindInUrn } from './kinds.ts'
import { cutTo, wordsAsked, wordsIn } from './words.ts'

/** By what an entity is found and counted, which follows from its body: `null` where it is not found. */
export interface Findable {
  /** Its tokens, parted by spaces; the full-text index has this property alone. */
  words: string | null
  /** Whom the facet `ownership` names. */
  owners: string[] | null
  /** Of an assessment: the risk that is left. */
  risk: string | null
}

/** What a findable follows from: an entity's body, and whether it stands. */
export interface Said {
  id: string
  kind: Kind
  action: 'assert' | 'retire'
  fields: Readonly<Record<string, unknown>>
}

/** The most words of one entity that are kept: its names come first, its descriptions last. */
export const MOST_WORDS = 2_000
/** The most of them that are owners. */
export const MOST_OWNERS = 20
/** How much of one text is looked through. */
const MOST_TEXT = 100_000
/** The most characters of a whole name that are compared. */
const LONGEST_NAME = 100

/**
 * Sorts of token. Two signs each, so that one wrong letter never makes one sort of another: what is
 * asked with one letter wrong is a word.
 */
export const SORTS = { word: 'ww', ofName: 'nn', name: 'ee', kind: 'kk', part: 'bb' } as const

/**
 * What every token of a tenant opens with: 80 bits of a hash of its name. An index holds the tokens of
 * all tenants; no text that is asked, with or without a wrong letter, is another tenant's token.
 */
export const markOf = (tenant: string) => hex(tenant).slice(0, 20)

/** The name as one token: how it is written does not matter, nor what stands between its words. */
export const nameToken = (name: string) => cutTo(wordsAsked(name).join('_'), LONGEST_NAME)

/** Parts the entities of a tenant by their ids into 16, 256 or 4,096 shares of one size. */
const partOf = (id: string) => hex(id).slice(0, 3)

const hex = (text: string) => Buffer.from(sha256(Buffer.from(text))).toString('hex')

export const NOT_FINDABLE: Findable = { words: null, owners: null, risk: null }

/** Runs are found through their jobs, and by their ids: years of them would crowd out all else. */
export const isFindable = (kind: Kind) => kind !== 'Run'

/** Derives by what an entity is found. A pure function of its body: fsck, restores and upgrades derive it anew. */
export function findableOf(tenant: string, { id, kind, action, fields }: Said): Findable {
  if (!isFindable(kind) || action === 'retire' || Object.keys(fields).length === 0) {
    return NOT_FINDABLE
  }
  const mark = markOf(tenant)
  const name = textOf(fields.name)
  const ofName = name === '' ? [] : wordsIn(cutTo(name, MOST_TEXT))
  const tokens = [
    SORTS.kind + kindInUrn(kind),
    SORTS.part + partOf(id),
    ...(ofName.length === 0 ? [] : [SORTS.name + nameToken(name)]),
    ...ofName.map((word) => SORTS.ofName + word),
    ...wordsOf(ofName, fields).map((word) => SORTS.word + word),
  ]
  const owners = ownersIn(fields)
  const risk = kind === 'DpiaPacket' ? textOf(fields.residualRisk) : ''
  return {
    words: tokens.map((token) => mark + token).join(' '),
    owners: owners.length === 0 ? null : owners,
    risk: risk || null,
  }
}

function wordsOf(ofName: readonly string[], fields: Said['fields']): string[] {
  const words = new Set(ofName)
  for (const text of textsIn(fields)) {
    for (const word of wordsIn(text.slice(0, MOST_TEXT))) {
      if (words.size >= MOST_WORDS) return [...words]
      words.add(word)
    }
  }
  return [...words]
}

const DOCUMENTATION = ['facet:dataset:documentation', 'facet:job:documentation']
const OWNERSHIP = ['facet:dataset:ownership', 'facet:job:ownership']

/** What an entity is found by beside its name, the shorter and more telling first. */
function* textsIn(fields: Said['fields']): Generator<string> {
  yield textOf(fields.namespace)
  yield textOf(fields.title)
  for (const keyword of listOf(fields.keywords)) yield textOf(keyword)
  yield* columnsIn(memberOf(fields['facet:dataset:schema'], 'fields'))
  yield textOf(fields.description)
  for (const facet of DOCUMENTATION) yield textOf(memberOf(fields[facet], 'description'))
}

/** The names of columns, and of columns within them. */
function* columnsIn(columns: unknown): Generator<string> {
  for (const column of listOf(columns)) {
    yield textOf(memberOf(column, 'name'))
    yield* columnsIn(memberOf(column, 'fields'))
  }
}

function ownersIn(fields: Said['fields']): string[] {
  const named = OWNERSHIP.flatMap((facet) =>
    listOf(memberOf(fields[facet], 'owners')).map((owner) => textOf(memberOf(owner, 'name'))),
  )
  return [...new Set(named.filter((name) => name !== ''))].sort().slice(0, MOST_OWNERS)
}

/** Facets are others' words: what is not of the form that is expected is passed over. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
