import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll } from 'vitest'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Where a Chromium is on the PATH; `null` where there is none. */
export function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return NAMES.flatMap((name) => folders.map((at) => join(at, name))).find(isExecutable) ?? null
}

function isExecutable(path: string) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** No background talk of the browser's own, so that every request seen is a page's. */
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

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
  const browser: Browser = await chromium.launch({ executablePath, headless: true, args: FLAGS })
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
