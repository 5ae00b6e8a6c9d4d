import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { sha256 } from '../core/sha256.ts'
import { logFileUnknown, logUnknown } from '../domains/log-files/problems.ts'
import {
  entryPieces,
  findPublished,
  findTile,
  type Published,
} from '../domains/log-files/published.ts'
import type { Strangers } from '../domains/log-files/strangers.ts'
import { notYetSigned } from '../ledger/problems.ts'
import type { Database } from '../lineage/graph.ts'
import { b64 } from '../proofs/base64.ts'
import { TENANT } from '../proofs/ids.ts'
import { parseTilePath, type TileName } from '../proofs/tile-path.ts'
import { utf8 } from '../proofs/utf8.ts'
import { breakingOff } from './break-off.ts'
import { isKnown, takesGzip } from './conditional.ts'
import type { Report } from './problems.ts'

/** Who asks, by what they may read besides what everyone may. */
interface Asking {
  database: Database
  /** The same, for what is read while the answer is on its way, at the pace of its reader. */
  patient: Database
  strangers: Strangers
  /** The tenant that the caller speaks for, if any. */
  speaksFor: string | undefined
  /** @throws {Problem} `PERMISSION_DENIED` where the caller may not read the log of that tenant. */
  authorise(): Promise<void>
  /** Told why an answer that had begun was cut off. */
  report: Report
}

/** `<tenant>/<file>`, after a restore `<tenant>/<epoch>/<file>`: an origin without its service. */
const PLACE = /^([^/]+)(?:\/([1-9]\d{0,8}))?\/(checkpoint|tile\/.*)$/

/** Hashes, which an entry is mostly made of, hardly shrink; names do at any level. */
const GZIP = { level: 1 }

/**
 * Answers `GET /log/<tenant>/…` by C2SP tlog-tiles: `checkpoint`, `tile/<level>/…` and
 * `tile/entries/…`, up to the size of the published checkpoint and not a leaf further.
 *
 * Whoever speaks for the tenant may read its log where policies permit it, and everyone once the tenant
 * says so. To anyone else
 * a log that is there is as unknown as one that is not.
 *
 * @throws {Problem} `LOG_UNKNOWN`, `LOG_FILE_UNKNOWN`, `PERMISSION_DENIED`, `CHECKPOINT_NOT_READY` before the first
 *   checkpoint, `LOG_DAMAGED`.
 */
export async function serveLogFile(
  request: Request,
  path: string,
  { database, patient, strangers, speaksFor, authorise, report }: Asking,
): Promise<Response> {
  const [, tenant = '', epoch = '0', file = ''] = PLACE.exec(path) ?? []
  if (!TENANT.test(tenant)) throw logUnknown()
  const { read: later } = patient.graph(tenant)
  const log = { tenant, ask: database.graph(tenant).read, later }
  const isOwn = tenant === speaksFor
  // Before anything is read that a log which is not there does not have: it would take longer.
  if (!isOwn && !(await strangers.mayBePublic(database, tenant))) throw logUnknown()
  const tile = parseTilePath(file)
  const found = tile && (await findTile(log, tile))
  const published = tile ? found : await findPublished(log.ask)
  if (!published || !(published.isPublic || isOwn)) throw logUnknown()
  if (!published.isPublic) await authorise()
  if (Number(epoch) !== published.epoch) return elsewhere(epoch, file, { tenant, published })
  const scope = published.isPublic ? 'public' : 'private'
  if (tile && found) {
    const hashes = found.hashes()
    return tile.level === 'entries'
      ? serveEntries(request, { log, tile, hashes, scope, report })
      : serveWhole(request, hashes, { type: 'application/octet-stream', caching: lasting(scope) })
  }
  if (file !== 'checkpoint') throw logFileUnknown()
  if (published.note === null) throw notYetSigned(tenant)
  // Not kept without asking again, so that a log that is closed is closed at once.
  return serveWhole(request, utf8(published.note), {
    type: 'text/plain; charset=utf-8',
    caching: { 'cache-control': `${scope}, no-cache`, vary: 'authorization, x-selvedge-tenant' },
  })
}

/**
 * The log under its plain name moves with the epoch, and each epoch has files of its own: under one
 * address they would change, and a cache that holds them for ever would mix two logs.
 */
function elsewhere(epoch: string, file: string, to: { tenant: string; published: Published }) {
  if (epoch !== '0') throw logFileUnknown()
  const location = `/log/${to.tenant}/${to.published.epoch}/${file}`
  return new Response(null, { status: 307, headers: { location, 'cache-control': 'no-store' } })
}

type Scope = 'public' | 'private'

const lasting = (scope: Scope) => ({
  'cache-control': `${scope}, max-age=31536000, immutable`,
  vary: 'authorization, x-selvedge-tenant',
})

const tagOf = (...parts: Uint8Array[]) => `"${b64(sha256(...parts))}"`

function serveWhole(
  request: Request,
  bytes: Uint8Array,
  { type, caching }: { type: string; caching: Record<string, string> },
) {
  const headers = { ...caching, etag: tagOf(bytes) }
  if (isKnown(request, headers.etag)) return new Response(null, { status: 304, headers })
  return new Response(request.method === 'HEAD' ? null : (bytes as BodyInit), {
    headers: { ...headers, 'content-type': type, 'content-length': String(bytes.length) },
  })
}

/** The tag is over the hashes of the entries, so a copy that is still good is told without reading one. */
async function serveEntries(
  request: Request,
  {
    log,
    tile,
    hashes,
    scope,
    report,
  }: {
    log: Parameters<typeof entryPieces>[0]
    tile: TileName
    hashes: Uint8Array
    scope: Scope
    report: Report
  },
) {
  const isPacked = takesGzip(request)
  const headers = {
    ...lasting(scope),
    vary: 'authorization, x-selvedge-tenant, accept-encoding',
    etag: tagOf(utf8(isPacked ? 'entries gzip' : 'entries'), hashes),
  }
  if (isKnown(request, headers.etag)) return new Response(null, { status: 304, headers })
  const whole = {
    ...headers,
    'content-type': 'application/octet-stream',
    ...(isPacked && { 'content-encoding': 'gzip' }),
  }
  if (request.method === 'HEAD') return new Response(null, { headers: whole })
  const pieces = entryPieces(log, tile)
  // The first piece before the answer: what is damaged from the start still gets a status.
  const { value: first } = await pieces.next()
  const entries = Readable.from(joined(first!, pieces), { objectMode: false })
  const body = Readable.toWeb((isPacked ? entries.compose(createGzip(GZIP)) : entries) as Readable)
  return new Response(breakingOff(body as ReadableStream<Uint8Array>, report), { headers: whole })
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>) {
  yield first
  yield* rest
}
