/// <reference lib="dom" />
import { cut, shown, visible } from '../proofs/page/escape.ts'
import { recordDetails, thingsTable } from '../proofs/page/index-html.ts'
import { drawScene, isDrawable } from '../proofs/page/picture.ts'
import { type SceneSource, sceneOf } from '../proofs/page/scene.ts'
import { termsSection } from '../proofs/page/terms.ts'
import { LINES, type Report, type Result } from '../proofs/report.ts'
import { outcomeOf } from './verdict.ts'
import { LINE_WORDS, RESULT_WORDS, wordsOf } from './words.ts'

/** A report, and the records that it is about, where they could be read. */
export interface Rendered {
  report: Report
  exit: number
  /** The report as `prov-verifier --json` prints it. */
  json: string
  source: SceneSource | null
}

/**
 * Writes a report as HTML text. Every text that came from a bundle goes through `shown`, and the page's
 * policy lets no script run but its own.
 */
export function renderReport({ report, exit, json, source }: Rendered): string {
  const { result, says } = outcomeOf(report, exit)
  return [
    `<p class="outcome ${result}" id="outcome">${shown(says)}</p>`,
    ...verdict(report),
    ...claims(report),
    ...(source ? answer(source) : []),
    ...terms(report),
    ...withheld(report),
    ...erased(report),
    ...checks(report),
    `<details><summary>The report for machines</summary><pre id="json">${shown(json.trimEnd())}</pre></details>`,
  ].join('\n')
}

const told = (result: Result) =>
  `<td class="result ${result === 'not evaluated' ? 'open' : result}">${RESULT_WORDS[result]}</td>`

const verdict = ({ verdict }: Report) => [
  '<h2>The verdict</h2><table><tbody>',
  ...LINES.map((line) => {
    const { result, detail } = verdict[line]
    const { name, asks } = LINE_WORDS[line] ?? { name: line, asks: '' }
    return `<tr data-line="${shown(line)}" data-result="${shown(result)}"><th>${shown(name)}</th>${told(result)}<td>${shown(asks)}<br><span class="soft">${shown(detail)}</span></td></tr>`
  }),
  '</tbody></table>',
]

function claims({ bundle }: Report) {
  if (bundle === null) return []
  const { root, direction, depth, tenant, origin, asOf, stateSize, size, records } = bundle
  const rows = [
    ['Asked of', root],
    ['Direction and depth', `${direction}, ${depth} hops`],
    ['Tenant and log', `${tenant}, ${origin}`],
    ['As of', `position ${asOf}, under a checkpoint of size ${size}`],
    ['Rests on', stateSize === null ? 'no state' : `the log’s state at position ${stateSize}`],
    ['Answer', `${records} records`],
  ]
  const lines = rows.map(([term, text]) => `<dt>${term}</dt><dd>${shown(text!)}</dd>`)
  const note = 'What the bundle says of itself is worth as much as the verdict above.'
  return ['<h2>What the bundle says</h2>', `<p class="soft">${note}</p><dl>`, ...lines, '</dl>']
}

function answer(source: SceneSource) {
  const scene = sceneOf(source)
  const { things, arrows } = scene
  const drawn = isDrawable(scene)
    ? `<figure>${drawScene(scene, 'The answer as a graph')}</figure>`
    : `<p>${things.length} things and ${arrows.length} edges are too many to be drawn; they are listed below.</p>`
  return [
    '<h2>The answer, drawn from the records</h2>',
    '<p class="soft">Data flows from left to right. What was asked about has a heavy frame; a broken frame means that something is not shown.</p>',
    drawn,
    ...thingsTable(scene, source.records),
    '<h2>Records</h2>',
    ...recordDetails(source.records, source.erased),
  ]
}

/** What the bundle states, once the verdict has said whether that is so. */
function terms({ terms: stated, verdict, records }: Report) {
  if (stated === null) return []
  const isSo = verdict.terms.result === 'pass'
  const doubt = '<p class="note">The check did not find these terms to be as stated.</p>'
  return ['<h2>The terms</h2>', ...(isSo ? [] : [doubt]), ...termsSection(stated, records)]
}

/** Of so many records the page names what they keep back. */
const MOST_NAMED = 200

function withheld({ withheld, bundle }: Report) {
  if (withheld.length === 0) return []
  const fields = withheld.flatMap(({ names }) => names).length
  const rule = bundle?.withhold.length
    ? `<p>The rule that it states: <code>${bundle.withhold.map(shown).join('</code>, <code>')}</code></p>`
    : ''
  const lines = withheld
    .slice(0, MOST_NAMED)
    .map(
      ({ seq, id, names }) =>
        `<tr><td>${seq}</td><td><code>${shown(id)}</code></td><td class="kept">${shown(cut(names.join(', '), 1_000))}</td></tr>`,
    )
  return [
    '<h2>What is withheld</h2>',
    `<p>${fields} fields in ${withheld.length} records are not shown. That they exist, and that nothing is hidden beside them, is checked.</p>${rule}`,
    '<table><thead><tr><th>Position</th><th>Record</th><th>Fields</th></tr></thead><tbody>',
    ...lines,
    '</tbody></table>',
    ...more(withheld),
  ]
}

/** Nobody is to take the records named for all. */
const more = (all: readonly unknown[]) =>
  all.length > MOST_NAMED
    ? [`<p>The other ${all.length - MOST_NAMED} records are in the report for machines.</p>`]
    : []

function erased({ erased }: Report) {
  if (erased.length === 0) return []
  const lines = erased
    .slice(0, MOST_NAMED)
    .map(
      ({ seq, id, by, at }) =>
        `<tr><td>${seq}</td><td><code>${shown(id)}</code></td><td>${shown(at)}, by the record at ${by}</td></tr>`,
    )
  const many =
    erased.length === 1 ? 'body of one record is' : `bodies of ${erased.length} records are`
  return [
    '<h2>What is erased</h2>',
    `<p>The ${many} erased, and the log says when. That is not withheld: whoever made this bundle says that nobody has it any more. What was handed out before, nobody calls back.</p>`,
    '<table><thead><tr><th>Position</th><th>Record</th><th>Erased</th></tr></thead><tbody>',
    ...lines,
    '</tbody></table>',
    ...more(erased),
  ]
}

function checks({ checks }: Report) {
  const groups = [...new Set(checks.map(({ group }) => group))]
  return [
    '<h2>Every check</h2>',
    ...groups.flatMap((group) => [
      `<h3>${shown(group[0]!.toUpperCase() + group.slice(1))}</h3><table><tbody>`,
      ...checks
        .filter((check) => check.group === group)
        .map(
          ({ name, result, detail, code }) =>
            `<tr data-check="${shown(name)}" data-result="${shown(result)}">${told(result)}<td>${shown(wordsOf(name))}<br><span class="soft"><code>${shown(name)}</code>: ${shown(visible(detail))}${code ? ` (${shown(code)})` : ''}</span></td></tr>`,
        ),
      '</tbody></table>',
    ]),
  ]
}
