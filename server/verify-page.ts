import { readFile } from 'node:fs/promises'
import { pagePolicy, styleHashes } from './page-policy.ts'
import { verifyPageNotBuilt } from './problems.ts'

const PAGE = new URL('../dist/verify.html', import.meta.url)

/**
 * Answers `GET /verify.html` with the page that verifies bundles, where it was built. It is the same
 * file that anyone can build from the source; whoever does not trust this server takes that one.
 *
 * @throws {Problem} `VERIFY_PAGE_NOT_BUILT`
 */
export async function serveVerifyPage(at: URL = PAGE): Promise<Response> {
  const page = await readFile(at).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw verifyPageNotBuilt()
    throw error
  })
  const html = page.toString()
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': pagePolicy(html, [
        `style-src ${styleHashes(html)}`,
        'img-src data:',
      ]),
    },
  })
}
