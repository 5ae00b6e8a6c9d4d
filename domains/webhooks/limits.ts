/** The bounds of webhooks; the table is in docs/limits.md. */
export const WEBHOOK_LIMITS = {
  /** Of a tenant, those deleted not counted. */
  webhooks: 20,
  /** Characters of an address. */
  url: 2_048,
  /** Dead letters of one webhook: with so many it ends. */
  deadLetters: 10_000,
  /** Dead letters named at once, to be delivered again. */
  again: 1_000,
} as const
