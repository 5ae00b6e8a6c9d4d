import { findExport } from '../domains/evidence/find-export.ts'
import { exportUnknown } from '../domains/evidence/problems.ts'
import { isUrn } from '../proofs/ids.ts'
import type { Context } from '../resolvers/context.ts'

/** The media type of a stitched bundle (docs/specs/bundle.md). */
const BUNDLE = 'application/vnd.selvedge.bundle+zip'

/**
 * Answers `GET /exports/<id>` with the bundle's file, streamed. What is at an id never changes, so
 * its hash is the ETag.
 *
 * @throws {Problem} `EXPORT_UNKNOWN`, `EXPORT_LOST`, and what the context refuses.
 */
export async function serveExport(
  request: Request,
  id: string,
  context: Context,
): Promise<Response> {
  if (!isUrn(id)) throw exportUnknown()
  const file = await findExport(context.graph.read, context.services.objects, id)
  const headers = {
    'content-type': BUNDLE,
    'content-length': String(file.size),
    'content-disposition': `attachment; filename="${id.split(':').at(-1)}.zip"`,
    'cache-control': 'private, max-age=31536000, immutable',
    etag: `"${file.sha256}"`,
  }
  if (request.headers.get('if-none-match') === headers.etag) {
    await file.stream.cancel()
    return new Response(null, { status: 304, headers: { etag: headers.etag } })
  }
  if (request.method === 'HEAD') {
    await file.stream.cancel()
    return new Response(null, { headers })
  }
  return new Response(file.stream, { headers })
}
