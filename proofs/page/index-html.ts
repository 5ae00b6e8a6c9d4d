import { std64 } from '../base64.ts'
import { canonical } from '../canonical.ts'
import type { Sha256 } from '../hash.ts'
import type { StatedTerms } from '../terms/stated.ts'
import { compareUtf16, utf8 } from '../utf8.ts'
import { cut, shown, visible } from './escape.ts'
import { drawScene, isDrawable } from './picture.ts'
import { labelOf, type Scene, type SceneSource, sceneOf } from './scene.ts'
import { STYLE } from './style.ts'
import { termsSection } from './terms.ts'

/** Where a bundle keeps its page. */
export const INDEX = 'index.html'

/** How much of the records the page shows; the rest is in `records.ndjson`, and the page says so. */
export const PAGE_LIMITS = { records: 300, value: 400, characters: 1_000_000 } as const

/** What a bundle's page is made of: what the bundle shows, and nothing else. */
export interface IndexSource extends SceneSource {
  tenant: string
  origin: string
  asOf: number
  size: number
  /** The checkpoint as a signed note. */
  checkpoint: string
  withhold?: readonly string[]
  /** The terms that the bundle states; none in one of the first form. */
  terms?: StatedTerms
}

/**
 * Makes a bundle's page for a person: the graph drawn, what is shown of each record and what is not,
 * and how to verify. It needs no script, asks nobody for anything, and holds nothing but what the
 * bundle shows. The same source gives the same bytes.
 *
 * A verifier checks its hash, and does not vouch for what it says.
 */
export function indexHtml(sha256: Sha256, source: IndexSource): Uint8Array {
  const scene = sceneOf(source)
  const style = `'sha256-${std64(sha256(utf8(STYLE)))}'`
  const page = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${shown(style)}; img-src data:; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">',
    `<title>${shown(titleOf(source))}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${shown(titleOf(source))}</h1>`,
    '<p class="note">This page is for reading. It came with a bundle, and a verifier can tell whether it was changed since; it cannot tell whether what stands here is so. What is proven is what a verifier says of the records: see <a href="#verify">how to verify</a>.</p>',
    ...question(source),
    ...picture(scene, titleOf(source)),
    '<h2>What belongs to the answer</h2>',
    ...thingsTable(scene, source.records),
    '<h2>Terms</h2>',
    ...(source.terms
      ? termsSection(source.terms, source.records)
      : ['<p>This bundle states no licence terms.</p>']),
    ...keptBack(source),
    '<h2>Records</h2>',
    ...recordDetails(source.records, source.erased),
    ...proof(source),
    '</main></body></html>',
  ]
  return utf8(`${page.join('\n')}\n`)
}

function titleOf({ question: { root, direction }, records }: IndexSource) {
  const record = records.find(({ header }) => header.id === root)
  const name = cut(record ? labelOf(record) : root, 120)
  if (direction === 'UPSTREAM') return `Where ${name} came from`
  if (direction === 'DOWNSTREAM') return `What was made from ${name}`
  return `Where ${name} came from, and what was made from it`
}

const row = (term: string, text: string | number) => `<dt>${term}</dt><dd>${shown(`${text}`)}</dd>`

const question = ({ question, tenant, origin, asOf, size, records }: IndexSource) => [
  '<h2>The question</h2><dl>',
  row('Asked of', question.root),
  row('Direction', question.direction),
  row('Depth', `${question.depth} hops`),
  row('Tenant', tenant),
  row('Log', origin),
  row('As of', `position ${asOf}, under a checkpoint of size ${size}`),
  row('Answer', `${records.length} records`),
  '</dl>',
]

function picture(scene: Scene, title: string) {
  if (!isDrawable(scene)) {
    const { things, arrows } = scene
    return [
      `<h2>The picture</h2><p>${things.length} things and ${arrows.length} edges are too many to be drawn so that a person can read them; they are listed below.</p>`,
    ]
  }
  return [
    '<h2>The picture</h2><p>Data flows from left to right. What was asked about has a heavy frame; a broken frame means that something is not shown.</p>',
    `<figure>${drawScene(scene, title)}</figure>`,
  ]
}

/** The things of a scene as a table, nearest upstream last; every text in it is escaped. */
export function thingsTable({ things }: Scene, records: SceneSource['records']) {
  const byId = new Map(records.map((record) => [record.header.id, record.header]))
  const lines = things.map(({ id, kind, label, distance, state }) => {
    const { seq, version, at } = byId.get(id)!
    const hops = distance === null ? '–' : Math.abs(distance)
    const way = !distance ? '' : distance < 0 ? ' up' : ' down'
    return `<tr><td>${hops}${way}</td><td>${shown(kind)}</td><td><bdi>${shown(cut(label, 200))}</bdi></td><td>${seq}</td><td>${version}</td><td>${shown(at)}</td><td>${state}</td></tr>`
  })
  return [
    '<table><thead><tr><th>Hops</th><th>Kind</th><th>Name</th><th>Position</th><th>Version</th><th>Recorded</th><th>Body</th></tr></thead><tbody>',
    ...lines,
    '</tbody></table>',
  ]
}

function keptBack({ records, withhold }: IndexSource) {
  const kept = records.filter(({ fields }) => fields?.some((field) => 'c' in field))
  if (kept.length === 0 && withhold === undefined) return []
  const fields = kept.flatMap((record) => (record.fields ?? []).filter((field) => 'c' in field))
  const rule = withhold
    ? `<p>The rule: <code>${withhold.map(shown).join('</code>, <code>')}</code></p>`
    : ''
  return [
    '<h2>What is kept back</h2>',
    `<p>${fields.length} fields in ${kept.length} records are withheld. Their names and commitments are in the bundle, so nothing can be hidden beside them.</p>${rule}`,
  ]
}

/** What is shown of each record, up to `PAGE_LIMITS`; every text in it is escaped. */
export function recordDetails(
  records: SceneSource['records'],
  erased: ReadonlySet<number> = new Set(),
) {
  const lines: string[] = []
  let characters = 0
  for (const record of records.slice(0, PAGE_LIMITS.records)) {
    const line = detail(record, erased.has(record.header.seq))
    characters += line.length
    if (characters > PAGE_LIMITS.characters) break
    lines.push(line)
  }
  const left = records.length - lines.length
  const more = left > 0 ? `<p>${left} more records are in <code>records.ndjson</code>.</p>` : ''
  return [...lines, more]
}

function detail(record: IndexSource['records'][number], isErased: boolean) {
  const { header, fields } = record
  const rows = (fields ?? []).map((field) => {
    const value =
      'c' in field
        ? '<span class="kept">withheld</span>'
        : `<bdi class="value">${shown(cut(canonical(field.value), PAGE_LIMITS.value))}</bdi>`
    return `<tr><td><bdi>${shown(cut(field.name, 200))}</bdi></td><td>${value}</td></tr>`
  })
  const body =
    fields === null
      ? `<p class="kept">The body is ${isErased ? 'erased, as the log says' : 'not shown'}.</p>`
      : `<table><thead><tr><th>Field</th><th>Value</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
  return `<details><summary>${header.seq}: ${shown(header.kind)} <bdi>${shown(cut(labelOf(record), 200))}</bdi></summary><p><code>${shown(header.id)}</code>, version ${header.version}, ${shown(header.action)}</p>${body}</details>`
}

const proof = ({ checkpoint }: IndexSource) => [
  '<h2>Checkpoint</h2><p>The log’s size and root, as its operator signed them:</p>',
  `<pre>${checkpoint.split('\n').map(visible).map(shown).join('\n')}</pre>`,
  '<h2 id="verify">How to verify</h2>',
  '<p>Take the whole bundle, the file that this page lay in, and a trust root that you got by a way that you trust. It says whose keys may speak for the log; what a bundle says of its own keys counts for nothing.</p>',
  '<pre>prov-verifier bundle.zip --trust trust.json</pre>',
  '<p>The verifier reads these two files and nothing else. <code>verify.html</code> does the same in a browser, with the network cable pulled.</p>',
]

/** The page as an entry of the bundle. */
export const indexEntry = (sha256: Sha256, source: IndexSource) => ({
  path: INDEX,
  bytes: indexHtml(sha256, {
    ...source,
    records: [...source.records].sort((a, b) => a.header.seq - b.header.seq),
    ...(source.withhold && { withhold: [...source.withhold].sort(compareUtf16) }),
  }),
})
