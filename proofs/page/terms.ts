import type { ShownRecord } from '../records.ts'
import type { Rule } from '../terms/rule.ts'
import {
  LISTS,
  type List,
  type StatedRule,
  type StatedTerms,
  type StatedUnknown,
} from '../terms/stated.ts'
import { cut, shown } from './escape.ts'
import { labelOf } from './scene.ts'

/** How many terms of each sort a page lists; the rest is in `terms.json`, and the page says so. */
export const MOST_TERMS_SHOWN = 100

const HEADINGS: Record<List, string> = {
  unknowns: 'What nobody knows, which must be taken for a no',
  prohibitions: 'What must not be done',
  duties: 'What must be done by whoever makes use of it',
  permissions: 'What may be done, where nothing above is against it',
}

/** Why something is unknown, for a person. */
const WHY: Record<string, string> = {
  NO_LICENSE: 'nothing says under which licence it is',
  NOT_SHOWN: 'it is not shown in this bundle',
  LICENSE_RETIRED: 'the licence was retired',
  LICENSE_ERASED: 'what the licence said was erased',
  LICENSE_SAYS_NOTHING: 'the licence says nothing',
  LICENSE_NOT_IN_FORCE: 'the licence is not in force on that day',
  CLAUSE_RETIRED: 'the clause was retired',
  CLAUSE_ERASED: 'what the clause said was erased',
  CLAUSE_SAYS_NOTHING: 'the clause says nothing',
  SPDX_UNKNOWN: 'what this SPDX expression means is not known',
  CUT_TOO_OFTEN: 'terms are lifted in too many places',
}

/** The terms that a bundle states, by sort, each with the way that brings it; every text in it is escaped. */
export function termsSection(
  { day, total, transformations, texts, ...lists }: StatedTerms,
  records: readonly ShownRecord[],
): string[] {
  const labels = new Map(records.map((record) => [record.header.id, labelOf(record)]))
  const name = (id: string) => `<bdi>${shown(cut(labels.get(id) ?? `…${id.slice(-8)}`, 120))}</bdi>`
  const named = (ids: readonly string[]) => ids.map(name).join(', ')
  return [
    `<p>On ${shown(day)} these terms reach what was asked about, ${total} in all. They hold together.</p>`,
    ...LISTS.flatMap((list) => table(list, lists[list], name)),
    transformations.length > 0
      ? `<p>Some terms are lifted on the way, by ${named(transformations.slice(0, 20))}.</p>`
      : '',
    ...texts.slice(0, MOST_TERMS_SHOWN).map(({ sha256, licenses, held }) => {
      const where = held ? `<code>licenses/${shown(sha256)}.txt</code>` : 'not in the bundle'
      return `<p>The text of ${named(licenses.slice(0, 20))}: ${where}</p>`
    }),
  ]
}

function table(
  list: List,
  terms: readonly (StatedRule | StatedUnknown)[],
  name: (id: string) => string,
) {
  if (terms.length === 0) return []
  const rows = terms.slice(0, MOST_TERMS_SHOWN).map((term) => {
    const { license, clause, spdx, choice, path } = term
    const by = [license, clause].filter((id) => id !== null).map(name)
    const said = spdx === null ? [] : [`${shown(cut(spdx, 120))}${choice ? ', or another' : ''}`]
    return `<tr><td>${told(term)}</td><td>${[...by, ...said].join(', ')}</td><td>${wayOf(path, name)}</td></tr>`
  })
  const left = terms.length - rows.length
  return [
    `<h3>${HEADINGS[list]}</h3>`,
    '<table><thead><tr><th>Term</th><th>Said by</th><th>By way of</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table>',
    left > 0 ? `<p>${left} more are in <code>terms.json</code>.</p>` : '',
  ]
}

const MOST_STEPS = 30
const wayOf = (path: readonly string[], name: (id: string) => string) =>
  path.length > MOST_STEPS
    ? `${path.slice(0, MOST_STEPS).map(name).join(' ← ')} ← …`
    : path.map(name).join(' ← ')

function told(term: StatedRule | StatedUnknown) {
  if ('unknown' in term) return shown(WHY[term.unknown] ?? cut(term.unknown, 120))
  const { action, upon, purposes, recipients, jurisdictions, validFrom, validUntil } = term.rule
  const parts: [string, readonly string[] | undefined][] = [
    ['upon', upon],
    ['for', purposes],
    ['by', recipients],
    ['in', jurisdictions],
    ['from', validFrom === undefined ? undefined : [validFrom]],
    ['until', validUntil === undefined ? undefined : [validUntil]],
  ]
  const more = parts.flatMap(([word, said]) =>
    said ? [` ${word} ${shown(cut(said.join(', '), 300))}`] : [],
  )
  return `<bdi>${shown(cut(action satisfies Rule['action'], 300))}</bdi>${more.join('')}`
}
