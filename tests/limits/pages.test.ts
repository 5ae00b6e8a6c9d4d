import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { listen } from '../../server/listen.ts'
import { serveVerifyPage } from '../../server/verify-page.ts'
import { buildVerifyPage } from '../../verify-page/build.ts'
import { openChromium, withChromium } from '../setup/chromium.ts'

/** Opens a page as anyone would, and tells what the browser had to say. */
async function open(browser: Browser, url: string) {
  const context = await browser.newContext()
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => said.push(`error: ${error.message}`))
  await page.goto(url, { waitUntil: 'load', timeout: 60_000 })
  const refusals = () => said.filter((text) => /Content Security Policy|^error/.test(text))
  return { page, refusals }
}

describe.runIf(withChromium())('in a browser', async () => {
  const { browser } = withChromium() ? await openChromium() : ({} as never)

  it('GraphiQL asks the server under its own policy', { timeout: 180_000 }, async () => {
    const none = undefined as never
    const app = createApp({ database: none, ledger: none, objects: none })
    const { url, close } = await listen(app, { host: '127.0.0.1', port: 0 })
    afterAll(close)
    const { page, refusals } = await open(browser, `${url}/graphql?query={__typename}`)
    await page.locator('.graphiql-execute-button').click({ timeout: 120_000 })
    await page
      .locator('.graphiql-response', { hasText: '"__typename": "Query"' })
      .waitFor({ timeout: 60_000 })
    expect(refusals()).toEqual([])
  })

  it('the page that verifies bundles runs under its own policy', { timeout: 180_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'selvedge-pages-'))
    afterAll(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'verify.html')
    writeFileSync(file, await buildVerifyPage())
    const server = createServer(async (_incoming, outgoing) => {
      const response = await serveVerifyPage(pathToFileURL(file))
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(await response.text())
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    afterAll(() => server.close())
    const { port } = server.address() as AddressInfo
    const { page, refusals } = await open(browser, `http://127.0.0.1:${port}/verify.html`)
    await page.locator('#bundle').setInputFiles({
      ...{ name: 'none.zip', mimeType: 'application/zip', buffer: Buffer.from('no bundle') },
    })
    await page.locator('#report[data-state=done]').waitFor({ state: 'attached', timeout: 60_000 })
    expect(refusals()).toEqual([])
  })
})
