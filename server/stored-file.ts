import type { StoredObject } from '../core/objects.ts'
import { breakingOff } from './break-off.ts'
import { isKnown, rangeOf } from './conditional.ts'
import { problemResponse, type Report, rangeNotSatisfiable } from './problems.ts'

/**
 * Answers with a stored file, streamed, in whole or in part. What is at an address never changes, so its
 * hash is the ETag, and a download that broke off can be gone on with.
 *
 * @param headers What else is said of it; `cache-control` among them.
 */
export function answerFile(
  request: Request,
  file: StoredObject & { sha256: string },
  { headers, report }: { headers: Record<string, string>; report: Report },
): Response {
  const etag = `"${file.sha256}"`
  const caching = {
    etag,
    'cache-control': headers['cache-control'] ?? 'no-store',
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
  const told = {
    ...caching,
    ...headers,
    'content-length': String(end - start),
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${file.size}` }),
  }
  const body = request.method === 'HEAD' ? null : breakingOff(file.read({ start, end }), report)
  return new Response(body, { status: range ? 206 : 200, headers: told })
}
