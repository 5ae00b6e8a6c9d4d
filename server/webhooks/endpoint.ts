import { eventOf, type ToldLog } from '../../domains/webhooks/event.ts'
import type { SigningKey } from '../../ledger/keys.ts'
import { partsOfOrigin } from '../../ledger/origin.ts'
import type { Delivery } from '../../lineage/deliveries.ts'
import type { LogHead } from '../../lineage/log.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import type { Answered, Sender } from './send.ts'
import { signatureHeaders } from './sign.ts'

/** What asking endpoints takes. */
export interface Asking {
  sender: Sender
  /** The keys that sign now. */
  keys(): Promise<readonly SigningKey<'webhook'>[]>
  /** The name by which an endpoint is asked whether it agrees: that of the service. */
  service: string
  signal: AbortSignal
}

/** What an endpoint says of being told. */
export type Agreement =
  | { agrees: true; rate: number | null }
  | { agrees: false; answered: Answered; wrong: Wrong }

/** What went wrong, as it is kept: a status or a word of ours, and nothing of what was answered. */
export type Wrong = Pick<Delivery, 'status' | 'error'>

const MEDIA_TYPE = 'application/cloudevents+json; charset=utf-8'

const usual = ({ service }: Asking) => ({
  'webhook-request-origin': service,
  'user-agent': 'selvedge',
})

/**
 * Asks an endpoint whether it agrees to be told (CloudEvents HTTP Web Hooks, section 4).
 *
 * @returns `undefined` where it was broken off by the end of this server.
 */
export async function askAgreement(url: string, asking: Asking): Promise<Agreement | undefined> {
  const { sender, signal, service } = asking
  const answered = await sender.send({ url, method: 'OPTIONS', headers: usual(asking) }, signal)
  if (answered.status === null) {
    return signal.aborted ? undefined : { agrees: false, answered, wrong: wrongOf(answered) }
  }
  if (!isWell(answered)) return { agrees: false, answered, wrong: wrongOf(answered) }
  const origin = answered.headers['webhook-allowed-origin']
  const agrees = typeof origin === 'string' && ['*', service].includes(origin.toLowerCase())
  if (agrees) return { agrees, rate: rateIn(answered.headers['webhook-allowed-rate']) }
  return { agrees, answered, wrong: { status: answered.status, error: 'NOT_AGREED' } }
}

/** How many a minute. Faster than a hundred a second nobody is here: more than that is no bound. */
const rateIn = (said: string | string[] | undefined): number | null =>
  typeof said === 'string' && /^[1-9]\d{0,3}$/.test(said) && Number(said) < 6_000
    ? Number(said)
    : null

/**
 * Tells an endpoint of a record.
 *
 * @returns `undefined` where it was broken off by the end of this server.
 * @throws {Problem} `KEY_COMPROMISED`, `KEY_COMMAND_FAILED` where nobody signs.
 */
export async function tellRecord(
  url: string,
  told: { tenant: string; record: RecordHeader; head: Pick<LogHead, 'epoch' | 'kept' | 'origin'> },
  asking: Asking,
): Promise<Answered | undefined> {
  const { epoch, kept, origin } = told.head
  const log: ToldLog = { service: partsOfOrigin(origin).service, tenant: told.tenant, epoch, kept }
  const event = eventOf(log, told.record)
  const body = JSON.stringify(event)
  const seconds = Math.floor(Date.now() / 1000)
  const headers = {
    ...(await signatureHeaders(await asking.keys(), { event, body, seconds })),
    ...usual(asking),
    'content-type': MEDIA_TYPE,
  }
  const sent = { url, method: 'POST', headers, body: Buffer.from(body) } as const
  const answered = await asking.sender.send(sent, asking.signal)
  return asking.signal.aborted && answered.status === null ? undefined : answered
}

export const isWell = ({ status }: Answered) => status !== null && status >= 200 && status < 300

export const wrongOf = (answered: Answered): Wrong =>
  answered.status === null
    ? { status: null, error: answered.error }
    : { status: answered.status, error: 'STATUS' }
