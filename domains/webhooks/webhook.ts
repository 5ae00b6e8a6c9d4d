import { KINDS, type Kind } from '../../lineage/kinds.ts'
import { WEBHOOK_LIMITS } from './limits.ts'
import { webhookInvalid } from './problems.ts'
import { isAddress, isLoopback, mayReach, type Networks } from './reachable.ts'

/** What the body of a `Webhook` says. */
export interface WebhookBody {
  /** Where events are sent, as a URL is written in its one way. */
  url: string
  /** The kinds whose records are told, in the order of the kinds; all, where there are none. */
  kinds: Kind[]
  /** The position from which on records are told; that of its own record, where there is none. */
  from?: number
  paused: boolean
  /** When it was resumed last: so that to resume one that has ended is a record, too. */
  resumedAt?: string
}

/** A webhook as it is asked for. */
export interface WebhookAsked {
  url: string
  kinds?: readonly Kind[] | null
  from?: number | null
}

/**
 * Where events are sent, in its one way of writing.
 *
 * Which address a name leads to is not asked here, and looked at whenever something is sent.
 *
 * @throws {Problem} `WEBHOOK_INVALID`
 */
export function readUrl(text: string, networks: Networks | null): string {
  if (text.length > WEBHOOK_LIMITS.url) {
    throw webhookInvalid('url', `it has at most ${WEBHOOK_LIMITS.url} characters`)
  }
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol))
    throw webhookInvalid('url', 'it must be an https URL')
  if (url.username || url.password) {
    throw webhookInvalid(
      'url',
      'it must not name a user: events are signed, and everybody reads it',
    )
  }
  if (url.hash || text.includes('#')) throw webhookInvalid('url', 'it must have no fragment')
  const isOwn = isLoopback(url.hostname) || url.hostname === 'localhost'
  if (url.protocol === 'http:' && !(isOwn && mayReach('127.0.0.1', networks))) {
    throw webhookInvalid('url', 'it must be an https URL')
  }
  const isBarred = isAddress(url.hostname) && !mayReach(url.hostname, networks)
  if (isBarred) throw webhookInvalid('url', 'this address may not be reached')
  if (url.href.length > WEBHOOK_LIMITS.url) {
    throw webhookInvalid('url', `it has at most ${WEBHOOK_LIMITS.url} characters`)
  }
  return url.href
}

/** Kinds in their one order; all of them is the same as none named. @throws {Problem} `WEBHOOK_INVALID` */
export function readKinds(kinds: readonly Kind[] | null | undefined): Kind[] {
  if (kinds == null) return []
  if (kinds.length === 0) throw webhookInvalid('kinds', 'name one, or leave it out for all')
  return KINDS.filter((kind) => kinds.includes(kind))
}

/** What a body says, as it is stored; `null` where it is erased, or deleted. */
export function bodyOf(fields: Readonly<Record<string, unknown>>): WebhookBody | null {
  const { url, kinds = [], from, paused = false, resumedAt } = fields as Partial<WebhookBody>
  return url === undefined
    ? null
    : { url, kinds, paused, ...(from !== undefined && { from }), ...(resumedAt && { resumedAt }) }
}
