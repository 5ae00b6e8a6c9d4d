import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import {
  bodyTooLarge,
  bodyUnreadable,
  contentEncodingUnsupported,
  contentTypeUnsupported,
} from '../domains/openlineage/problems.ts'
import { readWhole } from './body-chunks.ts'

const inflate = promisify(gunzip)

/** A body as it was sent: small ones may inflate to huge ones, which is left for when they are read. */
export interface JsonBody {
  bytes: Uint8Array
  isGzip: boolean
}

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
): Promise<JsonBody> {
  checkType(request.headers.get('content-type') ?? '')
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding !== 'gzip' && encoding !== 'identity') throw contentEncodingUnsupported()
  const bytes = await readWhole(request, { most, tooLarge: bodyTooLarge, hold })
  return { bytes, isGzip: encoding === 'gzip' }
}

/**
 * The bytes of a body, inflated where it came with gzip: never more than `most`.
 *
 * @param hold Told what it takes beside what was sent.
 * @throws {Problem} `OPENLINEAGE_BODY_TOO_LARGE`, `OPENLINEAGE_BODY_UNREADABLE`, and what `hold` throws.
 */
export async function inflated(
  { bytes, isGzip }: JsonBody,
  most: number,
  hold: (bytes: number) => void,
): Promise<Uint8Array> {
  if (!isGzip) return bytes
  const whole = await inflateAtMost(bytes, most)
  hold(whole.length)
  return whole
}

/** JSON is UTF-8 (RFC 8259); a `charset` that says so is let pass. */
function checkType(header: string) {
  const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (type !== 'application/json' || !/^(charset="?utf-?8"?)?$/.test(charset ?? '')) {
    throw contentTypeUnsupported()
  }
}

async function inflateAtMost(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  try {
    return await inflate(bytes, { maxOutputLength: most })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(most)
    throw bodyUnreadable('it is not gzip', error)
  }
}
