import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { Question } from '../../proofs/manifest.ts'
import { shown } from '../../proofs/page/escape.ts'
import { type IndexSource, indexHtml, PAGE_LIMITS } from '../../proofs/page/index-html.ts'
import { DRAWN_LIMITS } from '../../proofs/page/picture.ts'
import { sceneOf } from '../../proofs/page/scene.ts'
import { text } from '../../proofs/utf8.ts'
import { parseWithholding, withheldNames, withholdFields } from '../../proofs/withhold.ts'
import { answer } from '../make/bundle.ts'
import { makeLog, type TestLink, type TestLog } from '../make/log.ts'
import { smallLog } from '../make/small-log.ts'
import { openChromium, withChromium } from '../setup/chromium.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-index-'))
afterAll(() => rmSync(folder, { recursive: true }))

function sourceOf(log: TestLog, question: Question, more: Partial<IndexSource> = {}): IndexSource {
  const size = log.leaves.length
  return {
    ...{ tenant: log.tenant, origin: log.origin, question, asOf: size, size },
    records: answer(log, question, size),
    checkpoint: `${log.origin}\n${size}\nroot\n\n— ${log.origin} signature\n`,
    ...more,
  }
}

const page = (source: IndexSource) => text(indexHtml(sha256, source))
const { log, report, reporting, raw, clean, rates, cleaning } = smallLog()
const upstream = { root: report, direction: 'UPSTREAM', depth: 5 } as const
const source = sourceOf(log, upstream)

it('tells the question, the answer, the checkpoint, and how to verify', () => {
  const told = page(source)
  expect(told).toContain('<h1>Where report came from</h1>')
  for (const { header } of source.records) {
    expect(told).toContain(header.id)
    expect(told).toContain(`<td>${header.at}</td>`)
  }
  expect(told).toContain(source.checkpoint)
  expect(told).toContain('prov-verifier bundle.zip --trust trust.json')
  expect(told).toContain('states no licence terms')
})

it('is the same bytes for the same source', () => {
  expect(indexHtml(sha256, source)).toEqual(indexHtml(sha256, structuredClone(source)))
})

it('sets things by their distance, sources first, and knows what reads itself', () => {
  const { things, arrows } = sceneOf(source)
  expect(things.map(({ id, distance, loops }) => [id, distance, loops])).toEqual(
    [
      [raw, -3, false],
      [cleaning, -3, false],
      [clean, -2, false],
      [rates, -2, false],
      [reporting, -1, true],
      [report, 0, false],
    ].sort((a, b) => (a[1] as number) - (b[1] as number)),
  )
  expect(arrows).toContainEqual({ from: raw, to: clean, rel: 'WAS_DERIVED_FROM' })
  const both = sceneOf(sourceOf(log, { root: clean, direction: 'BOTH', depth: 1 }))
  expect(both.things.map(({ distance }) => distance)).toEqual([-1, -1, 0, 1])
})

it('shows what is withheld, not shown, retired and erased for what it is, and no trace of it', () => {
  const withholding = parseWithholding(['name', 'format'])
  const records = source.records.map((record, i) => {
    const names = record.fields!.map(({ name }) => name)
    const kept = withheldNames(withholding, record.header.kind, names)
    return {
      ...record,
      fields: i === 2 ? null : withholdFields(sha256, record.fields!, kept),
    }
  })
  const erased = new Set([records[1]!.header.seq])
  const told = page({ ...source, records, erased, withhold: withholding.patterns })
  expect(told).toContain('<span class="kept">withheld</span>')
  expect(told).toContain('<code>format</code>, <code>name</code>')
  expect(told).toContain('<td>partly withheld</td>')
  expect(told).toContain('<td>not shown</td>')
  expect(told).toContain('<td>erased</td>')
  for (const kept of ['csv', '>raw<', '>report<', 'Where report']) expect(told).not.toContain(kept)
})

describe('limits', () => {
  /** One job that reads `count` datasets. */
  const star = (count: number) => {
    const wide = makeLog()
    const links = Array.from(
      { length: count },
      (_, i): TestLink => ['USED', wide.assert('Dataset', `d${i}`, {}).id],
    )
    const root = wide.assert('Job', 'job', {}, links).id
    return sourceOf(wide, { root, direction: 'UPSTREAM', depth: 1 })
  }

  it(`draws ${DRAWN_LIMITS.things} things, and lists one more instead`, () => {
    const [most, more] = [page(star(DRAWN_LIMITS.things - 1)), page(star(DRAWN_LIMITS.things))]
    expect(most.match(/<rect /g)).toHaveLength(DRAWN_LIMITS.things)
    expect(most).not.toContain('too many to be drawn')
    expect(more).not.toContain('<svg')
    expect(more).toContain(
      `${DRAWN_LIMITS.things + 1} things and ${DRAWN_LIMITS.things} edges are too many`,
    )
    expect(more.match(/<tr><td>/g)!.length).toBeGreaterThan(DRAWN_LIMITS.things)
  })

  it('shows so many records in full, each value up to a length, and says what is left', () => {
    const many = page(star(PAGE_LIMITS.records))
    expect(many.match(/<details>/g)).toHaveLength(PAGE_LIMITS.records)
    expect(many).toContain('<p>1 more records are in')
    const long = makeLog()
    const root = long.assert('Dataset', 'long', { text: 'x'.repeat(10_000) }).id
    const told = page(sourceOf(long, { root, direction: 'UPSTREAM', depth: 0 }))
    expect(told.match(/x{100,}/g)!.map(({ length }) => length)).toEqual([PAGE_LIMITS.value - 1])
  })
})

/** Names that would run, load, break out or turn the text, in every place where a name can stand. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=http://evil.test/a onerror=alert(2)>',
  "'><svg onload=alert(3)><style>@import 'http://evil.test/b'</style>",
  '</title></style><iframe src="javascript:alert(4)"></iframe>',
  '--><a href="javascript:alert(5)" autofocus onfocus=alert(6)>x</a>',
  '&lt;script&gt;alert(7)&lt;/script&gt;',
  '\u202egnp.exe\u0000\u200b\u2028]]><![CDATA[',
  '</text></g></svg><meta http-equiv="refresh" content="0;url=http://evil.test/c">',
  '<base href="http://evil.test/"><link rel=stylesheet href=d>',
  `javascript:/*--></title></style></textarea></script><svg/onload='+/"/+/onmouseover=1/+/[*/[]/+alert(8)//'>`,
]

function hostileSource() {
  const hostile = makeLog()
  const ids = HOSTILE.map(
    (name) => hostile.assert('Dataset', name, { [name]: [name, { [name]: 1 }] }).id,
  )
  const root = hostile.assert(
    'Job',
    HOSTILE.join(''),
    { owner: HOSTILE.join('') },
    ids.map((id): TestLink => ['USED', id]),
  ).id
  const whole = sourceOf(hostile, { root, direction: 'UPSTREAM', depth: 2 })
  return { ...whole, origin: HOSTILE[0]!, checkpoint: HOSTILE.join('\n'), withhold: HOSTILE }
}

it('escapes every character that is markup, and writes out what would not be seen', () => {
  expect(shown(`<a b="c" d='e'>&amp;\u202e\u0000\u{e0041}`)).toBe(
    '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;\\u{202e}\\u{0}\\u{e0041}',
  )
  const told = page(hostileSource())
  const tags = new Set([...told.matchAll(/<\/?([a-zA-Z!][a-zA-Z0-9]*)/g)].map(([, tag]) => tag))
  expect([...tags].sort()).toEqual(
    [
      ...['!doctype', 'a', 'bdi', 'body', 'code', 'dd', 'defs', 'details', 'dl', 'dt', 'figure'],
      ...['g', 'h1', 'h2', 'head', 'html', 'link', 'main', 'marker', 'meta', 'p', 'path', 'pre'],
      ...['rect', 'style', 'summary', 'svg', 'table', 'tbody', 'td', 'text', 'th', 'thead'],
      ...['title', 'tr', 'span'].filter((tag) => tags.has(tag)),
    ].sort(),
  )
})

describe.runIf(withChromium())('in a real Chromium', () => {
  it('runs nothing, asks for nothing, and shows hostile names as text', async () => {
    const { newPage } = await openChromium()
    const file = join(folder, 'index.html')
    writeFileSync(file, indexHtml(sha256, hostileSource()))
    const url = pathToFileURL(file).href
    const { page, requests, said, alarms } = await newPage()
    await page.goto(url)
    for (const details of await page.locator('summary').all()) await details.click()
    await page.waitForTimeout(200)
    expect({ requests, said, alarms }).toEqual({ requests: [url], said: [], alarms: [] })
    expect(page.url()).toBe(url)
    const seen = await page.locator('body').textContent()
    for (const name of HOSTILE.slice(0, 6)) expect(seen).toContain(name)
    expect(await page.locator('script, iframe, img, object, embed, form, base').count()).toBe(0)
    expect(await page.locator('svg rect').count()).toBe(HOSTILE.length + 1)
    // A script put in by hand is what the policy is for: it must not run either.
    const ran = await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'document.title = "ran"'
      document.body.append(script)
      return document.title
    })
    expect(ran).not.toBe('ran')
  })
})
