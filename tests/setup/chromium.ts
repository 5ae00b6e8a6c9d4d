import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll } from 'vitest'
import { CHROMIUM_FLAGS, findChromium } from './find-chromium.ts'

/** Whatever a page asked for, itself included, and whatever it said. */
export interface Watched {
  page: Page
  requests: string[]
  said: string[]
  /** Dialogs, pop-ups and errors: what a page that does nothing wrong has none of. */
  alarms: string[]
}

/** A real browser that ends with the test file, and pages in it that are cut off and watched. */
export async function openChromium() {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('no Chromium on the PATH')
  const browser: Browser = await chromium.launch({
    executablePath,
    headless: true,
    args: CHROMIUM_FLAGS,
  })
  afterAll(() => browser.close())
  return {
    browser,
    version: browser.version(),
    async newPage(): Promise<Watched> {
      const context = await browser.newContext({ offline: true })
      const page = await context.newPage()
      const watched: Watched = { page, requests: [], said: [], alarms: [] }
      page.on('request', (request) => watched.requests.push(request.url()))
      page.on('console', (message) => watched.said.push(`${message.type()}: ${message.text()}`))
      page.on('dialog', async (dialog) => {
        watched.alarms.push(`dialog: ${dialog.message()}`)
        await dialog.dismiss()
      })
      page.on('popup', () => watched.alarms.push('popup'))
      page.on('pageerror', (error) => watched.alarms.push(`error: ${error.message}`))
      return watched
    },
  }
}

/** Says aloud, once a file, that tests are left out for want of a browser; the runner counts them. */
export function withChromium(): boolean {
  const found = findChromium() !== null
  if (!found) {
    process.stderr.write(
      '\n  No Chromium on the PATH: the tests in a real browser are SKIPPED.\n\n',
    )
  }
  return found
}
