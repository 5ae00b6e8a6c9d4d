import { messageId, type RecordEvent } from '../../domains/webhooks/event.ts'
import type { SigningKey, WebhookKeys } from '../../ledger/keys.ts'
import { utf8 } from '../../proofs/utf8.ts'

/** How many keys sign: the newest, and the one before it, for receivers that have not heard of the new one. */
const SIGNING = 2

/**
 * The headers by which a receiver knows who sent an event, and when (Standard Webhooks, `v1a`: Ed25519
 * over id, time and body).
 *
 * @param keys Those that are held, in the order in which they were made.
 * @param seconds The time of this attempt since 1970.
 * @throws {Problem} `KEY_COMPROMISED`, `KEY_COMMAND_FAILED`.
 */
export async function signatureHeaders(
  keys: readonly Pick<SigningKey<'webhook'>, 'sign'>[],
  { event, body, seconds }: { event: Pick<RecordEvent, 'id'>; body: string; seconds: number },
): Promise<Record<string, string>> {
  const id = messageId(event)
  const message = utf8(`${id}.${seconds}.${body}`)
  const signatures = await Promise.all(
    keys.slice(-SIGNING).map(async (key) => {
      const signature = Buffer.from(await key.sign(message)).toString('base64')
      return `v1a,${signature}`
    }),
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.reverse().join(' '),
  }
}

/** Those that may sign, with the first made where there is none; looked up anew, since others rotate too. */
export async function keysToSign(
  keys: WebhookKeys,
  isBanned: (kid: string) => boolean,
): Promise<SigningKey<'webhook'>[]> {
  const standing = async () => (await keys.list()).filter(({ kid }) => !isBanned(kid))
  const held = await standing()
  if (held.length > 0) return held
  // One that was given up as compromised is followed by another, and not by the first of all.
  if ((await keys.list()).length > 0) return [await keys.make()]
  await keys.first()
  return standing()
}
