import { splitArray } from '../core/json-marks.ts'
import { Problem } from '../core/problem.ts'
import { type Accepted, acceptUsage } from '../domains/metering/accept.ts'
import type { Usage } from '../domains/metering/cloud-event.ts'
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES } from '../domains/metering/limits.ts'
import { parseBinary, parseStructured } from '../domains/metering/parse-event.ts'
import {
  batchTooLarge,
  batchTooLong,
  bodyUnreadable,
  contentEncodingUnsupported,
  contentTypeUnsupported,
  eventTooLarge,
  notABatch,
} from '../domains/metering/problems.ts'
import type { Graph } from '../lineage/graph.ts'
import { readParts } from './batch-parts.ts'
import { readWhole } from './body-chunks.ts'
import { inflated, isGzipSent } from './inflate.ts'
import type { Turns } from './limits/door.ts'

/** What the route of events needs: the tenant's graph, and the caller's turns. */
export interface UsageCaller {
  graph: Graph
  turns: Turns
}

/** How events may come over HTTP (CloudEvents HTTP Protocol Binding 1.0, section 3). */
type Mode = 'binary' | 'structured' | 'batched'

/**
 * `POST /events`: takes CloudEvents of usage, one or a batch, and answers 200 after their commit. Of a
 * batch every event is answered for by itself: one that is refused takes no other down with it. What is
 * answered with anything but 200 left nothing behind.
 *
 * @throws {Problem} `METERING_…`, `TENANT_UNKNOWN`, `DATABASE_UNAVAILABLE`.
 */
export async function receiveUsage(request: Request, caller: UsageCaller): Promise<Response> {
  const { mode, isGzip } = modeOf(request.headers)
  const [most, tooLarge] =
    mode === 'batched' ? [MAX_BATCH_BYTES, batchTooLong] : [MAX_EVENT_BYTES, eventTooLarge]
  const { hold } = caller.turns
  const sent = await readWhole(request, { most, tooLarge, hold })
  // Within the turn, so that what waits for one is no longer than it was sent.
  return caller.turns.write(async () => {
    const bytes = await inflated(
      { bytes: sent, isGzip },
      { most, tooLarge, unreadable: bodyUnreadable, hold },
    )
    return mode === 'batched'
      ? answerBatch(bytes, caller)
      : answerOne(request, { mode, bytes }, caller)
  })
}

const STRUCTURED = 'application/cloudevents+json'
const BATCHED = 'application/cloudevents-batch+json'

/** @throws {Problem} `METERING_CONTENT_TYPE`, `METERING_CONTENT_ENCODING` */
function modeOf(headers: Headers): { mode: Mode; isGzip: boolean } {
  const isGzip = isGzipSent(headers)
  if (isGzip === undefined) throw contentEncodingUnsupported()
  const [type = '', ...parameters] = (headers.get('content-type') ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (!/^(charset="?utf-?8"?)?$/.test(charset ?? '')) throw contentTypeUnsupported()
  if (type === STRUCTURED) return { mode: 'structured', isGzip }
  if (type === BATCHED) return { mode: 'batched', isGzip }
  if (type.startsWith('application/cloudevents') || !headers.has('ce-specversion')) {
    throw contentTypeUnsupported()
  }
  return { mode: 'binary', isGzip }
}

async function answerOne(
  { headers }: Request,
  { mode, bytes }: { mode: Mode; bytes: Uint8Array },
  { graph }: UsageCaller,
) {
  const usage = mode === 'binary' ? parseBinary(headers, bytes) : parseStructured(bytes)
  const [kept] = await acceptUsage(graph, [usage])
  if (kept instanceof Problem) throw kept
  return Response.json({ status: 'success', ...told(usage, kept!) })
}

async function answerBatch(bytes: Uint8Array, { graph, turns }: UsageCaller) {
  const read = await turns.parse(bytes.length, (pause) => readBatch(bytes, pause))
  const usable = read.filter((one): one is Usage => !(one instanceof Problem))
  const kept = usable.length === 0 ? [] : await acceptUsage(graph, usable)
  const became = new Map(usable.map((usage, i) => [usage, kept[i]!]))
  const results = read.map((one, index) => {
    const outcome = one instanceof Problem ? one : became.get(one)!
    if (!(outcome instanceof Problem)) return { index, ok: true, ...told(one as Usage, outcome) }
    const { code, message, details } = outcome
    return { index, ok: false, ...details, code, message }
  })
  const failed = results.filter(({ ok }) => !ok).length
  return Response.json({
    status: failed === 0 ? 'success' : 'partial_success',
    summary: { received: results.length, successful: results.length - failed, failed },
    results,
  })
}

/** What is no event is a problem of its own; what is no array is one of the whole batch. */
async function readBatch(bytes: Uint8Array, pause: () => Promise<void>) {
  const items = splitArray(bytes, MAX_BATCH_EVENTS)
  if (items === null) throw notABatch()
  if (items.length > MAX_BATCH_EVENTS) throw batchTooLarge(MAX_BATCH_EVENTS)
  return readParts(items, { pause, read: readOne })
}

function readOne(bytes: Uint8Array): Usage | Problem {
  try {
    return parseStructured(bytes)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

const told = ({ source, id }: Usage, { window, duplicate, late }: Accepted) => ({
  ...{ source, id, window, duplicate, late },
})
