import type { Spooled } from '../core/objects.ts'
import { attach } from '../domains/attachments/attach.ts'
import { dispositionFor, givenFileName, safeFileName } from '../domains/attachments/file-name.ts'
import { findAttachment } from '../domains/attachments/find-attachment.ts'
import { readMediaType } from '../domains/attachments/media-type.ts'
import {
  attachmentTooLarge,
  attachmentUnknown,
  digestInvalid,
  digestMismatch,
  encodingRefused,
} from '../domains/attachments/problems.ts'
import { unknownNeighbour } from '../ledger/problems.ts'
import { knownEntities } from '../lineage/erasures.ts'
import { formatPosition } from '../lineage/position.ts'
import { isUrn } from '../proofs/ids.ts'
import { attachmentUrl } from '../resolvers/attachment.ts'
import type { Context } from '../resolvers/context.ts'
import { checkId } from '../resolvers/entity.ts'
import { bodyChunks } from './body-chunks.ts'
import { renewTime } from './limits/deadline.ts'
import type { Door } from './limits/door.ts'
import type { Report } from './problems.ts'
import { answerFile } from './stored-file.ts'

/** A file of anybody's, opened in a browser, is not to act in our name: it runs nothing and asks nobody. */
const SANDBOX =
  "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * Answers `GET /attachments/<id>` with the file, to be saved and not shown.
 *
 * @throws {Problem} `ATTACHMENT_UNKNOWN`, `ATTACHMENT_ERASED`, `ATTACHMENT_LOST`, and what the context
 *   refuses.
 */
export async function serveAttachment(
  request: Request,
  id: string,
  context: Context,
  report: Report,
): Promise<Response> {
  if (!isUrn(id)) throw attachmentUnknown()
  const file = await findAttachment(context.graph, context.services.objects, id)
  const headers = {
    'content-type': file.mediaType,
    'content-disposition': dispositionFor(file.name),
    'content-security-policy': SANDBOX,
    'x-content-type-options': 'nosniff',
    // Asked for again each time: it may have been erased.
    'cache-control': 'private, no-cache',
  }
  return answerFile(request, file, { headers, report })
}

/**
 * Answers `POST /attachments`: takes a file as the body, keeps it and records its attachment. The file
 * never is in memory in whole, and is sent outside any turn: nobody holds one by sending slowly.
 *
 * @param most The most bytes that it may have.
 * @throws {Problem} `ATTACHMENT_…`, `UNKNOWN_NEIGHBOUR`, `OBJECT_STORE_…`, and what the ledger refuses.
 */
export async function receiveAttachment(
  request: Request,
  { services, tenant, caller, graph }: Context,
  { door, most }: { door: Door; most: number },
): Promise<Response> {
  const { headers } = request
  const query = new URL(request.url).searchParams
  const mediaType = readMediaType(headers.get('content-type'))
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity') throw encodingRefused()
  const wanted = wantedDigest(headers.get('content-digest'))
  const name = safeFileName(givenFileName(query.get('name'), headers.get('content-disposition')))
  const to = query.get('to')
  // Told before anything is sent; looked at again under the log's lock.
  if (to !== null && !(await knownEntities(graph.read, [checkId(to)])).has(to)) {
    throw unknownNeighbour(to)
  }
  if (Number(headers.get('content-length') ?? 0) > most) throw attachmentTooLarge(most)
  const file = await services.objects.spool(atMost(bodyChunks(request), most))
  try {
    requireDigest(file, wanted)
    renewTime(request)
    const { subject, key } = caller
    const asked = { tenant, subject, key, file, mediaType, name, to }
    const { id, position, replayed } = await door.inTurn(request, 'store', () =>
      attach(services, asked),
    )
    const { sha256, size } = file
    const told = { id, url: attachmentUrl(id), sha256, size, mediaType, name, to, replayed }
    return Response.json(
      { ...told, position: formatPosition(position) },
      { status: replayed ? 200 : 201, headers: { location: attachmentUrl(id) } },
    )
  } finally {
    await file.discard()
  }
}

async function* atMost(parts: AsyncIterable<Uint8Array>, most: number) {
  let length = 0
  for await (const part of parts) {
    length += part.length
    if (length > most) throw attachmentTooLarge(most)
    yield part
  }
}

/** SHA-256 of a dictionary of digests (RFC 9530 section 2), in hex; others are passed over. */
function wantedDigest(header: string | null): string | null {
  if (header === null) return null
  const members = header.split(',').map((one) => one.trim())
  const given = members.filter((one) => /^sha-256=/i.test(one)).at(-1)
  if (given === undefined) return null
  const [, text = ''] = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(given) ?? []
  if (text === '') throw digestInvalid()
  return Buffer.from(text, 'base64').toString('hex')
}

function requireDigest({ sha256 }: Spooled, wanted: string | null) {
  if (wanted === null || wanted === sha256) return
  throw digestMismatch(`sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`)
}
