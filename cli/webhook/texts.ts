import type { PageInfo } from '../time/pages.ts'

/** A webhook, as the API gives it. */
export interface Webhook {
  id: string
  url: string | null
  kinds: string[] | null
  state: string
  delivery: {
    next: number
    behind: number
    agreed: boolean
    attempts: number
    lastStatus: number | null
    lastError: string | null
    lastDeliveredAt: string | null
    nextAttemptAt: string | null
    because: string | null
    deadLetters: number
  } | null
}

export interface DeadLetter {
  seq: number
  subject: string | null
  kind: string | null
  attempts: number
  lastStatus: number | null
  lastError: string | null
  failedAt: string
  again: boolean
}

export interface Changed {
  changed: { webhook: Webhook; position: string; replayed: boolean }
}
export interface Listed {
  webhooks: { nodes: Webhook[]; pageInfo: PageInfo }
}
export interface Letters {
  deadLetters: { nodes: DeadLetter[]; pageInfo: PageInfo }
}
export interface Again {
  webhookRedeliver: { count: number }
}

const WEBHOOK = `id url kinds state
  delivery { next behind agreed attempts lastStatus lastError lastDeliveredAt nextAttemptAt because deadLetters }`
const RESULT = `{ webhook { ${WEBHOOK} } position replayed }`

export const ADD = `mutation Add($input: WebhookInput!) { changed: webhookCreate(input: $input) ${RESULT} }`

export const PAUSE = `mutation Pause($id: ID!) { changed: webhookPause(id: $id) ${RESULT} }`
export const RESUME = `mutation Resume($id: ID!) { changed: webhookResume(id: $id) ${RESULT} }`
export const REMOVE = `mutation Remove($id: ID!) { changed: webhookDelete(id: $id) ${RESULT} }`

export const LIST = `query Webhooks($first: Int!, $after: String) {
  webhooks(first: $first, after: $after) { nodes { ${WEBHOOK} } pageInfo { hasNextPage endCursor } }
}`

export const DEAD_LETTERS = `query DeadLetters($id: ID!, $first: Int!, $after: String) {
  deadLetters(webhook: $id, first: $first, after: $after) {
    nodes { seq subject kind attempts lastStatus lastError failedAt again } pageInfo { hasNextPage endCursor }
  }
}`

export const REDELIVER =
  'mutation Redeliver($id: ID!, $seqs: [Seq!]) { webhookRedeliver(id: $id, seqs: $seqs) { count } }'
