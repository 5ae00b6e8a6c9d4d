import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { failureJson, reportJson } from '../../cli/prov-verifier/json.ts'
import { sha256 } from '../../core/sha256.ts'
import { verifyEd25519 } from '../../proofs/ed25519.ts'
import { ProofError } from '../../proofs/error.ts'
import { CHECKS, EXIT, exitCode } from '../../proofs/report.ts'
import { formatTrust, parseTrust } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { buildVerifyPage } from '../../verify-page/build.ts'
import { corpus } from '../make/corpus.ts'
import { fromHex, vectorText } from '../proofs/support.ts'
import { openChromium, withChromium } from '../setup/chromium.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-agreement-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What `prov-verifier --json` prints for the bundle and a file of the trust root. */
async function inNode(bytes: Uint8Array, trust: { name: string; text: string } | null) {
  try {
    const root = trust && parseTrust(sha256, trust.text)
    const report = await verifyBundle({ sha256, bytes, trust: root })
    return {
      checks: report.checks,
      exit: exitCode(report),
      json: reportJson(report, exitCode(report)),
    }
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    const message = `${trust!.name} is not a trust root: ${error.message} (${error.code})`
    return {
      checks: [],
      exit: EXIT.unreadable,
      json: failureJson(new Error(message), EXIT.unreadable),
    }
  }
}

/** A trust root whose policy cannot be read is refused before any bundle is looked at. */
const REFUSED_AT_THE_DOOR = 'witness-policy'

const asFile = (name: string, bytes: Uint8Array) => ({
  ...{ name, mimeType: 'application/octet-stream' },
  buffer: Buffer.from(bytes),
})

/** Gives the page files as a person would, and reads what it shows for machines. */
async function inBrowser(
  page: Page,
  {
    name,
    bytes,
    trust,
  }: { name: string; bytes: Uint8Array; trust: { name: string; text: string } | null },
) {
  const root = trust && asFile(trust.name, utf8(trust.text))
  await page.locator('#trust').setInputFiles(root ?? [])
  await page.locator('#bundle').setInputFiles(asFile(name, bytes))
  await page
    .locator(`#report[data-state=done][data-of="${name} ${root?.name ?? ''}"]`)
    .waitFor({ state: 'attached' })
  return page.locator('#report').evaluate(({ dataset }) => dataset.json!)
}

describe.runIf(withChromium())('Node and Chromium', async () => {
  const specimens = await corpus()
  const { newPage } = withChromium() ? await openChromium() : ({} as never)
  const url = pathToFileURL(join(folder, 'verify.html')).href

  it('give every bundle of the corpus the same report, word for word', {
    timeout: 300_000,
  }, async () => {
    expect(specimens.length).toBeGreaterThanOrEqual(300)
    writeFileSync(join(folder, 'verify.html'), await buildVerifyPage())
    const { page, requests, said, alarms } = await newPage()
    await page.goto(url)
    const differing: string[] = []
    const exits = new Set<number>()
    const seen = new Set<string>()
    for (const [number, { what, bytes, trust }] of specimens.entries()) {
      const root = trust && { name: `${number}.json`, text: formatTrust(trust) }
      const { checks, exit, json } = await inNode(bytes, root)
      const shown = await inBrowser(page, { name: `${number}.zip`, bytes, trust: root })
      if (shown !== json) differing.push(`${what}\n  Node:     ${json}\n  Chromium: ${shown}`)
      exits.add(exit)
      for (const { name, result } of checks) seen.add(`${name} ${result}`)
    }
    expect(differing).toEqual([])
    // A corpus that says the same of everything would show nothing.
    expect([...exits].sort()).toEqual([0, 1, 3, 4])
    const names = Object.keys(CHECKS).filter((name) => name !== REFUSED_AT_THE_DOOR)
    const never = names.flatMap((name) =>
      ['pass', 'fail']
        .filter((result) => !seen.has(`${name} ${result}`))
        .map((r) => `${name} ${r}`),
    )
    expect(never).toEqual([])
    expect({ requests, said, alarms }).toEqual({ requests: [url], said: [], alarms: [] })
  })

  it('give every CCTV Ed25519 edge case one verdict', { timeout: 120_000 }, async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { verifyEd25519 } from './proofs/ed25519.ts'
          globalThis.strict = verifyEd25519
          globalThis.platform = ${platform}`,
        resolveDir: process.cwd(),
      },
      ...{ bundle: true, write: false, format: 'iife', platform: 'browser' },
    })
    const blank = join(folder, 'blank.html')
    writeFileSync(blank, '<!doctype html><title>blank</title>')
    const { page } = await newPage()
    await page.goto(pathToFileURL(blank).href)
    await page.evaluate(outputFiles[0]!.text)
    const vectors: { key: string; sig: string; msg: string }[] = JSON.parse(
      vectorText('cctv-ed25519/ed25519vectors.json'),
    )
    const cases = vectors.map(({ key, sig, msg }) =>
      [fromHex(key), utf8(msg), fromHex(sig)].map((bytes) => [...bytes]),
    )
    const browser = await page.evaluate(judgeAll, cases)
    const node = await judgeHere(cases)
    expect(cases).toHaveLength(914)
    expect(browser.map(({ strict }) => strict)).toEqual(node.map(({ strict }) => strict))
    // What a manifest's signature goes by: both must accept, so a platform's own view decides nothing.
    const both = ({ strict, platform }: Judgement) => strict && platform
    expect(browser.map(both)).toEqual(node.map(both))
    expect(node.map(both)).toEqual(node.map(({ strict }) => strict))
  })
})

interface Judgement {
  strict: boolean
  platform: boolean
}

/** What the platform's own WebCrypto says, a key that it refuses included. */
async function platform(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) {
  try {
    const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, signature, message)
  } catch {
    return false
  }
}

const judgeAll = async (cases: number[][][]) => {
  const { strict, platform } = globalThis as unknown as {
    strict(...parts: Uint8Array[]): boolean
    platform(...parts: Uint8Array[]): Promise<boolean>
  }
  const judged: { strict: boolean; platform: boolean }[] = []
  for (const parts of cases) {
    const bytes = parts.map((part) => Uint8Array.from(part))
    judged.push({ strict: strict(...bytes), platform: await platform(...bytes) })
  }
  return judged
}

const judgeHere = (cases: number[][][]) => {
  Object.assign(globalThis, { strict: verifyEd25519, platform })
  return judgeAll(cases)
}
