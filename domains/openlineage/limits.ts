/** The longest body of one event, and the longest canonical form of an event in a batch, in bytes. */
export const MAX_EVENT_BYTES = 2_000_000

/** The longest body of a batch, after it was inflated, in bytes. */
export const MAX_BATCH_BYTES = 10_000_000

/**
 * The most commas and opening brackets in the JSON of one event. An event is read at one go, which no
 * other request may wait long for: this is some 0.1 s of work, where 2 MB of empty arrays were a second.
 */
export const MAX_EVENT_MARKS = 50_000

/** The most of them in a batch: what is read of it is held in memory at once. */
export const MAX_BATCH_MARKS = 1_000_000

/** The most events in one batch. */
export const MAX_BATCH_EVENTS = 1_000

/** The most inputs and outputs of one event together. */
export const MAX_DATASETS = 1_000

/**
 * The most other names that the symlinks of one event may give. With `MAX_DATASETS` this keeps an
 * event that neither merges nor drops anything well below what one transaction may append.
 */
export const MAX_SYMLINKS = 1_000

/** The most datasets that the column lineage of one event may name: each may be a new one. */
export const MAX_COLUMN_DATASETS = 500

/** Of how many jobs a dataset keeps what they last said of its columns. */
export const MOST_COLUMN_JOBS = 50

/** The longest facet, in bytes of its canonical form. */
export const MAX_FACET_BYTES = 256_000

/** The longest namespace or name, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 2_048

/**
 * The most entities that one event moves over from the names it merges, in its own transaction. With
 * more, the merge goes on in transactions of its own (`merge-worker.ts`). What else an event may append
 * stays below the limit of a transaction beside this.
 */
export const MOST_OWNERS_AT_ONCE = 1_000

/** What one transaction of a merge that goes on moves over, and the most text of their bodies together. */
export const OWNERS_A_PART = 250
export const TEXT_A_PART = 8_000_000
