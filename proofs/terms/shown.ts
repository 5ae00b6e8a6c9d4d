import type { Json } from '../json.ts'
import type { ShownRecord } from '../records.ts'
import { isDesign } from '../relations.ts'
import { compareUtf16 } from '../utf8.ts'
import { closureOf } from './closure.ts'
import { openTerms, type Terms } from './effective.ts'
import { RULE_FIELDS, type Said } from './statement.ts'

/** What a bundle shows, as far as terms follow from it. */
export interface ShownTerms {
  root: string
  records: readonly ShownRecord[]
  /** The places of records whose bodies are erased. */
  erased: ReadonlySet<number>
  /** The day on which terms are to hold, `YYYY-MM-DD`. */
  day: string
}

/** Terms are lifted in more different sets of places than are looked through. */
export class CutTooOften extends Error {}

/**
 * Opens the terms of what a bundle shows. An edge that leads to what is not shown, and a body or a field
 * that is not, make something unknown (docs/specs/terms.md, "What is shown").
 *
 * @throws {CutTooOften} Here, or where ways are asked for.
 */
export function openShown({ root, records, erased, day }: ShownTerms): Terms {
  const byId = new Map(records.map((record) => [record.header.id, record]))
  const links = new Map(
    records.map(({ header, out }) => [header.id, (out ?? []).filter(({ rel }) => isDesign(rel))]),
  )
  const near = [...links.values()].flat().map(({ id }) => id)
  const ids = [...new Set([root, ...byId.keys(), ...near])].sort(compareUtf16)
  const places = new Map(ids.map((id, place) => [id, place]))
  const out = ids.map((id) => [
    ...new Set((links.get(id) ?? []).map((link) => places.get(link.id)!)),
  ])
  const closure = closureOf(
    { ids, root: places.get(root)!, out },
    (place) => (byId.get(ids[place]!)?.out ?? null) === null,
  )
  return openTerms(closure, {
    said: (place) => saidBy(byId.get(ids[place]!), erased),
    day,
    tooMany: () => new CutTooOften(),
  })
}

const UNSEEN: Said = { action: 'assert', fields: {}, hidden: 'all' }

/** What a record says, as far as it is shown; what is not of the form of its kind says nothing that is known. */
function saidBy(record: ShownRecord | undefined, erased: ReadonlySet<number>): Said {
  if (record === undefined) return UNSEEN
  const { header, fields } = record
  const { action } = header
  if (erased.has(header.seq)) return { action, fields: null }
  if (action === 'retire') return { action, fields: {} }
  if (fields === null) return UNSEEN
  const shown: Record<string, Json> = {}
  const hidden = new Set<string>()
  for (const field of fields) {
    if ('c' in field) hidden.add(field.name)
    else if (FORMS[field.name]?.(field.value) === false) return UNSEEN
    else if (READ.has(field.name)) shown[field.name] = field.value
  }
  return { action, fields: shown, ...(hidden.size > 0 && { hidden }) }
}

const isText = (value: Json | undefined) => typeof value === 'string'
const isDay = (value: Json) => isText(value) && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value as string)
const isTexts = (value: Json) => Array.isArray(value) && value.every(isText)
const isType = (value: Json | undefined) =>
  value === 'permission' || value === 'prohibition' || value === 'duty'

const isLift = (value: Json) => {
  const { type, action, from = '' } = Object(value) as Record<string, Json>
  return isType(type) && isText(action) && isText(from)
}

/** The forms of what terms follow from, as bodies of licences, clauses and transformations have them. */
const FORMS: Readonly<Record<string, ((value: Json) => boolean) | undefined>> = Object.assign(
  Object.create(null),
  {
    ...{ spdx: isText, type: isType, action: isText, validFrom: isDay, validUntil: isDay },
    ...{ upon: isTexts, purposes: isTexts, recipients: isTexts, jurisdictions: isTexts },
    lifts: (value: Json) => Array.isArray(value) && value.every(isLift),
    appliesTo: isTexts,
  },
)
const READ = new Set(['title', 'rule', 'text', ...RULE_FIELDS, ...Object.keys(FORMS)])
