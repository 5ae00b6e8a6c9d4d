import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { ROUTES } from '../../server/routes.ts'
import { serveVerifyPage } from '../../server/verify-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-serve-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('serves the verifying page where it was built', async () => {
  const file = join(folder, 'verify.html')
  writeFileSync(file, '<!doctype html>')
  const response = await serveVerifyPage(pathToFileURL(file))
  expect([response.status, await response.text()]).toEqual([200, '<!doctype html>'])
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
})

it('says how to build it where it was not', async () => {
  await expect(serveVerifyPage(pathToFileURL(join(folder, 'nowhere')))).rejects.toMatchObject({
    code: 'VERIFY_PAGE_NOT_BUILT',
  })
})

it('has a route', () => expect(ROUTES.map(({ path }) => path)).toContain('/verify.html'))
