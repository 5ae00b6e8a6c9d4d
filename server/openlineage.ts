import { partKey } from '../core/part-key.ts'
import { Problem } from '../core/problem.ts'
import type { LineageEvent } from '../domains/openlineage/event.ts'
import { MAX_BATCH_BYTES, MAX_EVENT_BYTES } from '../domains/openlineage/limits.ts'
import { parseBody, splitBatchBody } from '../domains/openlineage/parse-body.ts'
import { parseEvent } from '../domains/openlineage/parse-event.ts'
import { lenientInvalid } from '../domains/openlineage/problems.ts'
import { recordEvent } from '../domains/openlineage/record-event.ts'
import type { Ledger, Receipt } from '../ledger/ledger.ts'
import { readParts } from './batch-parts.ts'
import type { SentBody } from './inflate.ts'
import type { Turns } from './limits/door.ts'
import { problemOf, type Report } from './problems.ts'
import { inflatedJson, takeJsonBody } from './request-body.ts'

/** What the OpenLineage routes need: the write path, and who is asking. */
export interface LineageCaller {
  ledger: Pick<Ledger, 'submit'>
  tenant: string
  subject: string
  /** Told of what went wrong on our side with one event of a batch; the caller is told by item. */
  report: Report
  turns: Turns
}

/**
 * `POST /api/v1/lineage`: takes one OpenLineage event and answers 200 after its commit.
 *
 * @throws {Problem} `OPENLINEAGE_…`, and whatever the ledger refuses.
 */
export async function receiveEvent(request: Request, caller: LineageCaller): Promise<Response> {
  const lenient = isLenient(request)
  const body = await takeJsonBody(request, MAX_EVENT_BYTES, caller.turns.hold)
  const key = request.headers.get('idempotency-key') ?? undefined
  const sender = { ...senderOf(caller), key }
  const receipt = await caller.turns.write(async () => {
    const event = await inParseTurn(body, MAX_EVENT_BYTES, caller, (bytes) =>
      readEvent(bytes, lenient),
    )
    return recordEvent(caller.ledger, event, sender)
  })
  return Response.json({ status: 'success', ...told(receipt) })
}

/**
 * `POST /api/v1/lineage/batch`: takes an array of events and answers 200 with what became of each,
 * in OpenLineage's own form and, under `results`, item by item with positions and codes. Events are
 * recorded in the order of the array; one that is refused takes no other down with it.
 *
 * @throws {Problem} Only where the body as a whole cannot be read.
 */
export async function receiveBatch(request: Request, caller: LineageCaller): Promise<Response> {
  const lenient = isLenient(request)
  const body = await takeJsonBody(request, MAX_BATCH_BYTES, caller.turns.hold)
  const key = request.headers.get('idempotency-key')
  // Submitted without waiting in between: the sequencer keeps the order and shares transactions.
  const record = async () => {
    const events = await inParseTurn(body, MAX_BATCH_BYTES, caller, (bytes, pause) =>
      readEvents(bytes, { lenient, pause }),
    )
    return Promise.all(
      events.map(async (event, index) => {
        try {
          if (event instanceof Problem) throw event
          const sender = {
            ...senderOf(caller),
            key: key === null ? undefined : partKey(key, `#${index}`),
          }
          return { index, ok: true, ...told(await recordEvent(caller.ledger, event, sender)) }
        } catch (error) {
          return { index, ok: false, ...toldWhy(error, caller) }
        }
      }),
    )
  }
  return Response.json(summarise(await caller.turns.write(record)))
}

/**
 * Reads a body, inflating it first: within the turn to write, so that what waits for one is no longer
 * than it was sent, and not yet taken to pieces.
 */
const inParseTurn = <T>(
  body: SentBody,
  most: number,
  { turns }: LineageCaller,
  read: (bytes: Uint8Array, pause: () => Promise<void>) => Promise<T> | T,
) =>
  turns.parse(body.isGzip ? most : body.bytes.length, async (pause) =>
    read(await inflatedJson(body, most, turns.hold), pause),
  )

function readEvent(bytes: Uint8Array, lenient: boolean): LineageEvent {
  const { value, numbersAsText } = parseBody(bytes)
  return parseEvent(value, numbersAsText, { lenient })
}

/** Asked for by `?lenient=true`, which every client can be told to add to the path that it sends to. */
function isLenient(request: Request): boolean {
  const given = new URL(request.url).searchParams.get('lenient') ?? 'false'
  if (given !== 'true' && given !== 'false') throw lenientInvalid(given)
  return given === 'true'
}

/** What is JSON but no event is a problem of its own; what is no JSON is one of the whole batch. */
const readEvents = (
  bytes: Uint8Array,
  { lenient, pause }: { lenient: boolean; pause(): Promise<void> },
) =>
  readParts(splitBatchBody(bytes), {
    pause,
    read: (body): LineageEvent | Problem => {
      try {
        return readEvent(body, lenient)
      } catch (error) {
        if (!(error instanceof Problem) || OF_THE_WHOLE.has(error.code)) throw error
        return error
      }
    },
  })

const OF_THE_WHOLE = new Set(['OPENLINEAGE_BODY_UNREADABLE', 'OPENLINEAGE_JSON_INVALID'])

const senderOf = ({ tenant, subject }: LineageCaller) => ({ tenant, subject })

/** Where the log stands with the event in it, and which positions the event took there. */
const told = ({ position, outcomes, replayed }: Receipt) => ({
  position: `${position.epoch}:${position.seq}`,
  seqs: outcomes.filter(({ changed }) => changed).map(({ seq }) => seq),
  replayed,
})

interface Failure {
  code: string
  message: string
  /** Whether the same event may succeed later as it is. */
  retriable: boolean
}

function toldWhy(error: unknown, { report }: LineageCaller): Failure {
  const { code, message, status, details } = problemOf(error, report)
  return { ...details, code, message, retriable: status === 429 || status >= 500 }
}

type Result = { index: number; ok: boolean } & Partial<Failure>

/** The answer that `spec/OpenLineage.yml` 2.0.2 gives to a batch, and our results beside it. */
function summarise(results: readonly Result[]) {
  const failed = results.filter(({ ok }) => !ok)
  const retriable = failed.filter((result) => result.retriable).length
  return {
    status: failed.length === 0 ? 'success' : 'partial_success',
    summary: {
      received: results.length,
      successful: results.length - failed.length,
      failed: failed.length,
      retriable,
      non_retriable: failed.length - retriable,
    },
    failed_events: failed.map(({ index, code, message, retriable: again }) => ({
      index,
      reason: `${code}: ${message}`,
      retriable: again,
    })),
    results,
  }
}
