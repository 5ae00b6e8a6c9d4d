import { findExport } from '../domains/evidence/find-export.ts'
import { exportUnknown } from '../domains/evidence/problems.ts'
import { isUrn } from '../proofs/ids.ts'
import type { Context } from '../resolvers/context.ts'
import { breakingOff } from './break-off.ts'
import { isKnown, rangeOf } from './conditional.ts'
import { problemResponse, type Report, rangeNotSatisfiable } from './problems.ts'

/** The media type of a stitched bundle (docs/specs/bundle.md). */
const BUNDLE = 'application/vnd.selvedge.bundle+zip'

/**
 * Answers `GET /exports/<id>` with the bundle's file, streamed, in whole or in part. What is at an id
 * never changes, so its hash is the ETag, and a download that broke off can be gone on with.
 *
 * @throws {Problem} `EXPORT_UNKNOWN`, `EXPORT_LOST`, and what the context refuses.
 */
export async function serveExport(
  request: Request,
  id: string,
  context: Context,
  report: Report,
): Promise<Response> {
  if (!isUrn(id)) throw exportUnknown()
  const file = await findExport(context.graph.read, context.services.objects, id)
  const etag = `"${file.sha256}"`
  const caching = {
    etag,
    'cache-control': 'private, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
    vary: 'authorization, x-selvedge-tenant',
  }
  if (isKnown(request, etag)) return new Response(null, { status: 304, headers: caching })
  const range = rangeOf(request, { size: file.size, etag })
  if (range === 'unsatisfiable') {
    const refusal = problemResponse(rangeNotSatisfiable(file.size))
    refusal.headers.set('content-range', `bytes */${file.size}`)
    return refusal
  }
  const { start, end } = range ?? { start: 0, end: file.size }
  const headers = {
    ...caching,
    'content-type': BUNDLE,
    'content-length': String(end - start),
    'content-disposition': `attachment; filename="${id.split(':').at(-1)}.zip"`,
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${file.size}` }),
  }
  const body = request.method === 'HEAD' ? null : breakingOff(file.read({ start, end }), report)
  return new Response(body, { status: range ? 206 : 200, headers })
}
