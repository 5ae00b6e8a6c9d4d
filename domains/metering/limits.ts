/** The longest event, in bytes as it is sent: what every intermediary of CloudEvents lets through. */
export const MAX_EVENT_BYTES = 65_536

/** The most events in one batch: they are kept in one transaction. */
export const MAX_BATCH_EVENTS = 1_000

/** The longest body of a batch, in bytes. */
export const MAX_BATCH_BYTES = 4_000_000

/** The longest `id`, `source`, `type` and `subject`, and any other attribute, in UTF-16 units. */
export const MAX_ATTRIBUTE = 2_048

/** The longest unit, in UTF-16 units. */
export const MAX_UNIT = 100

/** The most attributes of an event, `data` among them. */
export const MAX_ATTRIBUTES = 64
