import {
  bodyTooLarge,
  bodyUnreadable,
  contentEncodingUnsupported,
  contentTypeUnsupported,
} from '../domains/openlineage/problems.ts'
import { readWhole } from './body-chunks.ts'
import { inflated, isGzipSent, type SentBody } from './inflate.ts'

/**
 * Takes a JSON body as it comes, and never more of it than `most`.
 *
 * @param hold Told what is held of it in memory.
 * @throws {Problem} `OPENLINEAGE_CONTENT_TYPE`, `OPENLINEAGE_CONTENT_ENCODING`,
 *   `OPENLINEAGE_BODY_TOO_LARGE`, and what `hold` throws.
 */
export async function takeJsonBody(
  request: Request,
  most: number,
  hold: (bytes: number) => void,
): Promise<SentBody> {
  checkType(request.headers.get('content-type') ?? '')
  const isGzip = isGzipSent(request.headers)
  if (isGzip === undefined) throw contentEncodingUnsupported()
  const bytes = await readWhole(request, { most, tooLarge: bodyTooLarge, hold })
  return { bytes, isGzip }
}

/**
 * The bytes of a body, inflated where it came with gzip: never more than `most`.
 *
 * @param hold Told what it takes beside what was sent.
 * @throws {Problem} `OPENLINEAGE_BODY_TOO_LARGE`, `OPENLINEAGE_BODY_UNREADABLE`, and what `hold` throws.
 */
export const inflatedJson = (body: SentBody, most: number, hold: (bytes: number) => void) =>
  inflated(body, { most, tooLarge: bodyTooLarge, unreadable: bodyUnreadable, hold })

/** JSON is UTF-8 (RFC 8259); a `charset` that says so is let pass. */
function checkType(header: string) {
  const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (type !== 'application/json' || !/^(charset="?utf-?8"?)?$/.test(charset ?? '')) {
    throw contentTypeUnsupported()
  }
}
