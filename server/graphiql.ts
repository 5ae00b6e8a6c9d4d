import { createHash } from 'node:crypto'
import { shouldRenderGraphiQL } from 'graphql-yoga'
import { isKnown } from './conditional.ts'
import type { Identity } from './identity/identity.ts'
import { pagePolicy } from './page-policy.ts'

/** A page that is finished: 9 MB, which are made and hashed once. */
interface Page {
  bytes: Uint8Array<ArrayBuffer>
  headers: Record<string, string>
}

/**
 * GraphiQL for a browser that opens the path. The page says nothing about any tenant, and holds its
 * scripts (18 MB of package, hence loaded on demand), so that it works without a network. Anybody may
 * ask for it, so it is not made for each, and is not sent to who has it already.
 */
export function graphiql(
  request: Request,
  { isDevelopment }: Pick<Identity, 'isDevelopment'>,
): Promise<Response> | undefined {
  if (request.method !== 'GET' || !shouldRenderGraphiQL(request)) return undefined
  return answerPage(request, graphiqlPage(isDevelopment))
}

async function answerPage(request: Request, page: Promise<Page>) {
  const { bytes, headers } = await page
  return isKnown(request, headers.etag!)
    ? new Response(null, { status: 304, headers })
    : new Response(bytes, { headers })
}

const pages = new Map<boolean, Promise<Page>>()

/** The page of each kind of server, the same for all who ask. */
export function graphiqlPage(isDevelopment: boolean): Promise<Page> {
  let page = pages.get(isDevelopment)
  if (!page) {
    page = renderPage(
      isDevelopment ? { 'x-selvedge-tenant': 'demo' } : { authorization: 'Bearer ' },
    )
    pages.set(isDevelopment, page)
  }
  return page
}

async function renderPage(sent: Record<string, string>): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = String(renderGraphiQL({ title: 'Selvedge', headers: JSON.stringify(sent) }))
  const bytes = new TextEncoder().encode(html)
  const sha256 = createHash('sha256').update(bytes).digest('base64url')
  return {
    bytes,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy(html, GRAPHIQL_MAY),
      'cache-control': 'private, no-cache',
      etag: `"${sha256}"`,
      vary: 'accept',
    },
  }
}

/** The page asks us, and nobody else; its editor writes its own styles. */
const GRAPHIQL_MAY = [
  ...["connect-src 'self'", "style-src 'unsafe-inline'", 'font-src data:', 'img-src data:'],
  'worker-src blob: data:',
]
