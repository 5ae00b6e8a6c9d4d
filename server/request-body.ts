import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import {
  bodyTooLarge,
  bodyUnreadable,
  contentEncodingUnsupported,
  contentTypeUnsupported,
} from '../domains/openlineage/problems.ts'
import { bodyChunks } from './body-chunks.ts'

const inflate = promisify(gunzip)

/**
 * Reads a JSON body as bytes, inflated where it came with gzip, and never more of it than `most`:
 * neither a long body nor a small one that inflates to a huge one takes memory beyond that.
 *
 * @throws {Problem} `OPENLINEAGE_CONTENT_TYPE`, `OPENLINEAGE_CONTENT_ENCODING`,
 *   `OPENLINEAGE_BODY_TOO_LARGE`, `OPENLINEAGE_BODY_UNREADABLE`
 */
export async function readJsonBody(request: Request, most: number): Promise<Uint8Array> {
  checkType(request.headers.get('content-type') ?? '')
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding !== 'gzip' && encoding !== 'identity') throw contentEncodingUnsupported()
  if (Number(request.headers.get('content-length') ?? 0) > most) throw bodyTooLarge(most)
  const bytes = await readAtMost(request, most)
  return encoding === 'gzip' ? inflateAtMost(bytes, most) : bytes
}

/** JSON is UTF-8 (RFC 8259); a `charset` that says so is let pass. */
function checkType(header: string) {
  const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (type !== 'application/json' || !/^(charset="?utf-?8"?)?$/.test(charset ?? '')) {
    throw contentTypeUnsupported()
  }
}

async function readAtMost(request: Request, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of bodyChunks(request)) {
    length += chunk.length
    if (length > most) throw bodyTooLarge(most)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

async function inflateAtMost(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  try {
    return await inflate(bytes, { maxOutputLength: most })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(most)
    throw bodyUnreadable('it is not gzip', error)
  }
}
