import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { nobleSha256 } from '../../proofs/noble-sha256.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { withholdFields } from '../../proofs/withhold.ts'
import { buildVerifyPage } from '../../verify-page/build.ts'
import { makeBundle } from '../make/bundle.ts'
import { makeLog, type TestLink } from '../make/log.ts'
import { smallLog } from '../make/small-log.ts'
import { erasedGenuine } from '../proofs/mutants/erasure-mutants.ts'
import { openChromium, withChromium } from '../setup/chromium.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-verify-page-'))
afterAll(() => rmSync(folder, { recursive: true }))
const page = await buildVerifyPage()
const file = join(folder, 'verify.html')
writeFileSync(file, page)
const url = pathToFileURL(file).href

const { log, report, raw } = smallLog()
const question = { root: report, direction: 'UPSTREAM', depth: 5 } as const

it('is one file below 250 kB gzipped', () => {
  expect(gzipSync(page).length).toBeLessThan(250_000)
  expect(gzipSync(page).length).toBeGreaterThan(10_000)
})

it('is the same bytes at every build', async () => expect(await buildVerifyPage()).toBe(page))

it('names nothing that could be fetched, and forbids fetching', () => {
  const attributes = [...page.matchAll(/<(?:script|link|img|iframe|form|base)\b[^>]*>/g)]
  expect(attributes.map(([tag]) => tag)).toEqual([
    '<link rel="icon" href="data:,">',
    '<form id="files">',
    '<script>',
  ])
  expect(page).toMatch(
    /content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'"/,
  )
  expect(page).not.toMatch(/\b(?:fetch|XMLHttpRequest|WebSocket|sendBeacon|importScripts)\(/)
})

it('hashes as the platform does, whatever the parts', () => {
  for (const parts of [[], ['a'], ['a', ''], ['ab', 'c', 'x'.repeat(200)]]) {
    expect(nobleSha256(...parts.map(utf8))).toEqual(sha256(...parts.map(utf8)))
  }
})

const asFile = (name: string, content: Uint8Array | string) => ({
  ...{ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) },
})

describe.runIf(withChromium())(
  'in a real Chromium, from a file, cut off from everything',
  async () => {
    const { newPage } = withChromium() ? await openChromium() : ({} as never)

    /** Opens the page anew and gives it files. */
    async function given(bundle: Uint8Array, trust?: string) {
      const watched = await newPage()
      await watched.page.goto(url)
      if (trust !== undefined) {
        await watched.page.locator('#trust').setInputFiles(asFile('trust.json', trust))
      }
      await watched.page.locator('#bundle').setInputFiles(asFile('bundle.zip', bundle))
      await watched.page.locator('#report[data-state=done]').waitFor()
      const line = (name: string) =>
        watched.page.locator(`tr[data-line=${name}]`).getAttribute('data-result')
      return { ...watched, line, outcome: await watched.page.locator('#outcome').textContent() }
    }

    it('says in plain words that a bundle is genuine, and draws the graph', async () => {
      const { bytes, trust } = makeBundle(log, { question })
      const { page, line, outcome, requests, said, alarms } = await given(bytes, formatTrust(trust))
      expect(outcome).toBe(
        'Genuine: it is whole, and signed by someone whom your trust root names.',
      )
      expect([await line('intact'), await line('authentic')]).toEqual(['pass', 'pass'])
      expect(await page.locator('svg .thing').count()).toBe(6)
      expect(await page.locator('svg .thing.root .name').textContent()).toBe('report')
      expect(await page.locator('tr[data-check=manifest-signature]').textContent()).toContain(
        'That signature holds.',
      )
      expect({ requests, said, alarms }).toEqual({ requests: [url], said: [], alarms: [] })
    })

    it('says that nobody vouches for a bundle without a trust root', async () => {
      const { bytes } = makeBundle(log, { question })
      const { line, outcome } = await given(bytes)
      expect(outcome).toMatch(/^Whole, but nobody vouches/)
      expect([await line('intact'), await line('authentic')]).toEqual(['pass', 'not evaluated'])
    })

    it.each([
      ['a changed byte', (bytes: Uint8Array) => bytes.with(900, bytes[900]! ^ 1), /^Refused: /],
      ['a file that is no bundle', () => utf8('a letter'), /^Unreadable: /],
      ['an empty file', () => new Uint8Array(), /^Unreadable: /],
    ])('refuses %s', async (_what, change, says) => {
      const { bytes, trust } = makeBundle(log, { question })
      const { outcome, alarms } = await given(change(bytes), formatTrust(trust))
      expect(outcome).toMatch(says)
      expect(alarms).toEqual([])
    })

    it('refuses a trust root that it does not understand, and evaluates nothing', async () => {
      const { bytes } = makeBundle(log, { question })
      const { page, outcome } = await given(bytes, '{"v":"selvedge/trust/2"}')
      expect(outcome).toMatch(/^trust\.json is not a trust root: .*\(PROOF_MEMBERS\)$/)
      expect(await page.locator('tr[data-line]').count()).toBe(0)
    })

    it('shows withheld fields as withheld, and nothing of them', async () => {
      const { bytes, trust } = makeBundle(
        log,
        { question },
        {
          shown: (records) =>
            records.map((record) =>
              record.header.id === raw
                ? { ...record, fields: withholdFields(sha256, record.fields!, new Set(['format'])) }
                : record,
            ),
        },
      )
      const { page, line } = await given(bytes, formatTrust(trust))
      expect(await line('intact')).toBe('pass')
      expect(await page.locator('#report').textContent()).toContain(
        '1 fields in 1 records are not shown',
      )
      expect(await page.locator('td.kept').textContent()).toBe('format')
      expect(await page.locator('.state-partly-withheld').count()).toBe(1)
      expect(await page.locator('body').textContent()).not.toContain('csv')
    })

    it('shows what is erased as erased, and not as withheld', async () => {
      const { bytes, trust } = erasedGenuine()
      const { page, line } = await given(bytes, formatTrust(trust))
      expect(await line('intact')).toBe('pass')
      const text = await page.locator('#report').textContent()
      expect(text).toContain('The bodies of 2 records are erased, and the log says when.')
      expect(await page.locator('h2', { hasText: 'What is withheld' }).count()).toBe(0)
      expect(await page.locator('.state-erased').count()).toBe(2)
    })

    it('takes files that are dropped, in any order, and follows when one is changed', async () => {
      const { bytes, trust } = makeBundle(log, { question })
      const { page } = await newPage()
      await page.goto(url)
      const drop = (name: string, content: number[]) =>
        page.evaluate(
          ([name, content]) => {
            const data = new DataTransfer()
            data.items.add(new File([Uint8Array.from(content as number[])], name as string))
            document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }))
          },
          [name, content] as const,
        )
      await drop('bundle.zip', [...bytes])
      await page.locator('#outcome.open').waitFor()
      await drop('trust.json', [...utf8(formatTrust(trust))])
      await page.locator('#outcome.pass').waitFor()
      await page.locator('#trust').setInputFiles([])
      await page.locator('#outcome.open').waitFor()
    })

    it('runs nothing that a bundle says, and asks for nothing', async () => {
      const evil = makeLog()
      const names = [
        '<img src=x onerror=alert(1)>',
        '"><script>alert(2)</script>',
        "'><svg/onload=alert(3)>",
      ]
      const ids = names.map((name) => evil.assert('Dataset', name, { [name]: name }).id)
      const links = ids.map((id): TestLink => ['USED', id])
      const root = evil.assert('Job', names.join(''), {}, links).id
      const { bytes, trust } = makeBundle(
        evil,
        { question: { root, direction: 'UPSTREAM', depth: 2 } },
        { manifest: (m) => ({ ...m, predicate: { ...m.predicate, withhold: names.toSorted() } }) },
      )
      const { page, requests, said, alarms } = await given(bytes, formatTrust(trust))
      for (const details of await page.locator('summary').all()) await details.click()
      await page.waitForTimeout(200)
      expect({ requests, said, alarms }).toEqual({ requests: [url], said: [], alarms: [] })
      expect(await page.locator('#report img, #report script, #report iframe').count()).toBe(0)
      expect(await page.locator('body').textContent()).toContain(names[0])
    })
  },
)
