import { canonicalBytes } from '../canonical.ts'
import { ProofError } from '../error.ts'
import type { Json } from '../json.ts'
import { LICENSES } from '../manifest.ts'
import {
  type Check,
  closed,
  count,
  id,
  listOf,
  object,
  oneOf,
  orNull,
  parseCanonical,
  pattern,
} from '../members.ts'
import { type Term, type Terms, termsOf } from './effective.ts'
import type { Rule } from './rule.ts'
import { CutTooOften, openShown, type ShownTerms } from './shown.ts'
import { RULE_FIELDS, type RuleField, type Unknown } from './statement.ts'

/** How many terms a bundle states at most; it always says how many there are. */
export const MOST_STATED = 1_000

/** Where a term is said, and by which way it reaches the root. */
interface Saying {
  license: string | null
  clause: string | null
  spdx: string | null
  /** Whether the SPDX expression leaves another licence to choose in its place. */
  choice: boolean
  /** Ids: from the root to the licence, and to the clause; or to what has none or is not shown. */
  path: readonly string[]
}

/** A rule that reaches the root, with nothing of its clause but what makes the rule. */
export type StatedRule = Saying & { rule: Rule }

/** Something that nobody knows. */
export type StatedUnknown = Saying & { unknown: Unknown }

/** A licence's text by its hash, and whether the bundle has it. */
export interface StatedText {
  sha256: string
  licenses: readonly string[]
  held: boolean
}

/** What a bundle states of the terms of its root (`docs/specs/terms.md`, "terms.json"). */
export interface StatedTerms {
  v: 'selvedge/terms/1'
  day: string
  /** How many terms there are; the first `MOST_STATED` are listed. */
  total: number
  unknowns: readonly StatedUnknown[]
  prohibitions: readonly StatedRule[]
  duties: readonly StatedRule[]
  permissions: readonly StatedRule[]
  /** What lifts something on that day. */
  transformations: readonly string[]
  texts: readonly StatedText[]
}

/** The lists of a statement, in the order of terms. */
export const LISTS = ['unknowns', 'prohibitions', 'duties', 'permissions'] as const
export type List = (typeof LISTS)[number]

const LIST_OF = { prohibition: 'prohibitions', duty: 'duties', permission: 'permissions' } as const
const listOfTerm = ({ says }: Term): List => ('unknown' in says ? 'unknowns' : LIST_OF[says.type])

/** The terms that follow from what is shown; each writes itself when it is asked to, for its way may be long. */
export interface FollowingTerms {
  total: number
  terms: readonly { list: List; write(): StatedRule | StatedUnknown }[]
  transformations: readonly string[]
  /** Of each text that a licence names by its hash: the licences, ascending. */
  texts: ReadonlyMap<string, readonly string[]>
}

/** Works out the terms of what is shown: the one rule by which bundles state them, and are verified. */
export function termsFollowing(shown: ShownTerms): FollowingTerms {
  const terms = openShown(shown)
  const { ids } = terms.closure
  const texts = textsOf(terms, shown)
  try {
    const all = termsOf(terms)
    return {
      total: all.length,
      terms: all
        .slice(0, MOST_STATED)
        .map((term) => ({ list: listOfTerm(term), write: () => written(term, ids) })),
      transformations: terms.transformations.map((place) => ids[place]!),
      texts,
    }
  } catch (error) {
    if (!(error instanceof CutTooOften)) throw error
    const write = (): StatedUnknown => ({
      unknown: 'CUT_TOO_OFTEN',
      ...{ license: null, clause: null, spdx: null, choice: false, path: [shown.root] },
    })
    return { total: 1, terms: [{ list: 'unknowns', write }], transformations: [], texts }
  }
}

function written(term: Term, ids: readonly string[]): StatedRule | StatedUnknown {
  const { says, licence, clause, spdx, isChoice, way } = term
  const idAt = (place: number | null) => (place === null ? null : ids[place]!)
  const saying = {
    ...{ license: idAt(licence), clause: idAt(clause), spdx, choice: isChoice },
    path: way().map((place) => ids[place]!),
  }
  if ('unknown' in says) return { unknown: says.unknown, ...saying }
  const fields = RULE_FIELDS.filter((field) => says[field] !== undefined)
  const rule = Object.fromEntries(fields.map((field) => [field, says[field]])) as unknown as Rule
  return { rule, ...saying }
}

const SHA256 = /^[0-9a-f]{64}$/

function textsOf({ licences }: Terms, { records, erased }: ShownTerms) {
  const byId = new Map(records.map((record) => [record.header.id, record]))
  const named = licences.flatMap(({ id }) => {
    const record = byId.get(id)
    const field = record?.fields?.find(({ name }) => name === 'text')
    if (!record || erased.has(record.header.seq) || !field || !('value' in field)) return []
    const { sha256 } = Object(field.value) as { sha256?: Json }
    return typeof sha256 === 'string' && SHA256.test(sha256) ? [{ sha256, id }] : []
  })
  const texts = new Map<string, string[]>()
  for (const { sha256, id } of named.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))) {
    texts.set(sha256, [...(texts.get(sha256) ?? []), id])
  }
  return texts
}

/** Where a bundle keeps the text with this hash. */
export const licensePath = (sha256: string) => `${LICENSES}${sha256}.txt`

/** States the terms of what is shown. @param held The hashes of the texts that the bundle has. */
export function stateTerms(shown: ShownTerms, held: ReadonlySet<string>): StatedTerms {
  const { total, terms, transformations, texts } = termsFollowing(shown)
  const of = <T>(list: List) =>
    terms.filter((term) => term.list === list).map((term) => term.write() as T)
  return {
    ...{ v: 'selvedge/terms/1', day: shown.day, total },
    unknowns: of('unknowns'),
    prohibitions: of('prohibitions'),
    duties: of('duties'),
    permissions: of('permissions'),
    transformations,
    texts: [...texts].map(([sha256, licenses]) => ({
      ...{ sha256, licenses, held: held.has(sha256) },
    })),
  }
}

/** Gives the bytes of `terms.json`. */
export const termsBytes = (terms: StatedTerms) => canonicalBytes(terms as unknown as Json)

/**
 * Reads `terms.json`.
 *
 * @throws {ProofError} `PROOF_TERMS_FORM` for more terms than are counted, and texts out of order;
 *   `PROOF_JSON_*`, `PROOF_MEMBERS`, `PROOF_VALUE`.
 */
export function parseTerms(text: string): StatedTerms {
  const value = parseCanonical(text)
  const stated = closed(value, 'the terms', [
    'v',
    'day',
    'total',
    ...LISTS,
    'transformations',
    'texts',
  ])
  oneOf('selvedge/terms/1')(stated.v, 'v')
  day(stated.day, 'day')
  const total = count(stated.total, 'total')
  const lists = LISTS.map((list) => {
    const says = list === 'unknowns' ? saying('unknown', unknownSaid) : saying('rule', ruleSaid)
    return listOf(says)(stated[list], list)
  })
  const listed = lists.flat().length
  if (listed !== Math.min(total, MOST_STATED)) {
    throw new ProofError('PROOF_TERMS_FORM', `${listed} terms are listed, and ${total} counted`)
  }
  listOf(id)(stated.transformations, 'transformations')
  const named = listOf(statedText)(stated.texts, 'texts')
  if (named.some(({ sha256 }, i) => i > 0 && named[i - 1]!.sha256 >= sha256)) {
    throw new ProofError('PROOF_TERMS_FORM', 'the texts are out of order')
  }
  return value as unknown as StatedTerms
}

const anyText = pattern('text', /^/)
const unknownSaid: Check<string> = pattern('a word', /^[A-Z][A-Z_]{0,62}$/)
const day = pattern('a day', /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/)
const texts = listOf(anyText)
const RULE_FORMS: Record<RuleField, Check<Json>> = {
  type: oneOf('permission', 'prohibition', 'duty'),
  action: anyText,
  ...{ upon: texts, purposes: texts, recipients: texts, jurisdictions: texts },
  ...{ validFrom: day, validUntil: day },
}
const ruleSaid: Check<Json> = (value, what) => {
  const more = RULE_FIELDS.filter((field) => Object.hasOwn(object(value, what), field))
  const members = closed(value, what, [...new Set(['type', 'action', ...more])])
  for (const field of more) RULE_FORMS[field](members[field], `${what}.${field}`)
  return members
}
const flag: Check<boolean> = (value, what) => {
  if (typeof value !== 'boolean')
    throw new ProofError('PROOF_VALUE', `${what} is not true or false`)
  return value
}

const saying =
  (says: 'rule' | 'unknown', check: Check<Json>): Check<Json> =>
  (value, what) => {
    const members = closed(value, what, [says, 'license', 'clause', 'spdx', 'choice', 'path'])
    check(members[says], `${what}.${says}`)
    orNull(id)(members.license, `${what}.license`)
    orNull(id)(members.clause, `${what}.clause`)
    orNull(anyText)(members.spdx, `${what}.spdx`)
    flag(members.choice, `${what}.choice`)
    listOf(id)(members.path, `${what}.path`)
    return members
  }

const statedText: Check<StatedText> = (value, what) => {
  const members = closed(value, what, ['sha256', 'licenses', 'held'])
  return {
    sha256: pattern('SHA-256 in lower-case hex', SHA256)(members.sha256, `${what}.sha256`),
    licenses: listOf(id)(members.licenses, `${what}.licenses`),
    held: flag(members.held, `${what}.held`),
  }
}
