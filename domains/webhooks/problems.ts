import { Problem } from '../../core/problem.ts'

export const webhookInvalid = (what: string, because: string) =>
  new Problem('WEBHOOK_INVALID', `${what}: ${because}.`, { details: { what } })

export const webhookUnknown = (id: string) =>
  new Problem('WEBHOOK_UNKNOWN', 'There is no such webhook, or it is deleted.', {
    status: 404,
    details: { id: id.slice(0, 200) },
  })

export const tooManyWebhooks = (most: number) =>
  new Problem('WEBHOOK_TOO_MANY', `A tenant has at most ${most} webhooks; delete one first.`, {
    status: 409,
    details: { most },
  })

export const deadLetterUnknown = (id: string, seqs: readonly number[]) =>
  new Problem(
    'DEAD_LETTER_UNKNOWN',
    'None of these is a dead letter of this webhook: it may have been delivered since.',
    { status: 404, details: { id, seqs: [...seqs] } },
  )
