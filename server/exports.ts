import { findExport } from '../domains/evidence/find-export.ts'
import { exportUnknown } from '../domains/evidence/problems.ts'
import { isUrn } from '../proofs/ids.ts'
import type { Context } from '../resolvers/context.ts'
import type { Report } from './problems.ts'
import { answerFile } from './stored-file.ts'

/** The media type of a stitched bundle (docs/specs/bundle.md). */
const BUNDLE = 'application/vnd.selvedge.bundle+zip'

/**
 * Answers `GET /exports/<id>` with the bundle's file.
 *
 * @throws {Problem} `EXPORT_UNKNOWN`, `EXPORT_LOST`, `EXPORT_ERASED`, and what the context refuses.
 */
export async function serveExport(
  request: Request,
  id: string,
  context: Context,
  report: Report,
): Promise<Response> {
  if (!isUrn(id)) throw exportUnknown()
  const file = await findExport(context.graph.read, context.services.objects, id)
  const headers = {
    'content-type': BUNDLE,
    'content-disposition': `attachment; filename="${id.split(':').at(-1)}.zip"`,
    'cache-control': 'private, max-age=31536000, immutable',
  }
  return answerFile(request, file, { headers, report })
}
