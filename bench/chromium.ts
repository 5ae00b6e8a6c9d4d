import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { formatTrust, type Trust } from '../proofs/trust.ts'
import { CHROMIUM_FLAGS, findChromium } from '../tests/setup/find-chromium.ts'
import { buildVerifyPage } from '../verify-page/build.ts'

/**
 * Milliseconds that `verify.html` takes for a bundle in a real Chromium, from the file read to the
 * report written, once for each round; `null` where there is no Chromium.
 */
export async function timeInChromium(
  { bytes, trust }: { bytes: Uint8Array; trust: Trust },
  rounds: number,
): Promise<number[] | null> {
  const executablePath = findChromium()
  if (executablePath === null) return null
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-bench-page-'))
  const file = join(folder, 'verify.html')
  writeFileSync(file, await buildVerifyPage())
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
  try {
    const page = await browser.newPage()
    await page.goto(pathToFileURL(file).href)
    const asFile = (name: string, content: Uint8Array | string) => ({
      ...{ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) },
    })
    await page.locator('#trust').setInputFiles(asFile('trust.json', formatTrust(trust)))
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      await page.locator('#bundle').setInputFiles(asFile(`${round}.zip`, bytes))
      const done = page.locator(`#report[data-state=done][data-of="${round}.zip trust.json"]`)
      await done.waitFor({ state: 'attached' })
      if ((await page.locator('#outcome.pass').count()) !== 1) throw new Error('not genuine')
      times.push(Number(await done.getAttribute('data-milliseconds')))
    }
    return times
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true })
  }
}
