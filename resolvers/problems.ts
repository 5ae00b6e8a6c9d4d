import { Problem } from '../core/problem.ts'

export const tenantMissing = () =>
  new Problem(
    'TENANT_MISSING',
    'Say which tenant this is about in the header x-selvedge-tenant; tenants lists them.',
  )

export const budgetSpent = (asked: number, most: number) =>
  new Problem(
    'REQUEST_ASKS_TOO_MUCH',
    `This request asks for up to ${asked} items in its lists; at most ${most} go into one. Ask for smaller pages.`,
    { details: { asked, most } },
  )

export const entityNotNamed = () =>
  new Problem(
    'ENTITY_NOT_NAMED',
    'Name an entity either by id, or by kind, namespace and name together.',
  )

export const idInvalid = (id: string) =>
  new Problem('ENTITY_ID_INVALID', 'An id looks like urn:selvedge:dataset:h:…', {
    details: { id: id.slice(0, 200) },
  })

export const batchEmpty = () => new Problem('RECORD_BATCH_EMPTY', 'There is nothing to record.')

export const batchTooLarge = (most: string) =>
  new Problem('RECORD_BATCH_TOO_LARGE', `One batch takes at most ${most}; send it in parts.`, {
    status: 413,
  })

/** @param path Where in the item, as a JSON Pointer, where that is known. */
export const itemInvalid = (item: number, because: string, path?: string) =>
  new Problem('RECORD_ITEM_INVALID', `Item ${item}: ${because}`, {
    details: { item, ...(path !== undefined && { path }) },
  })

export const asOfBeforeLog = (least: string) =>
  new Problem('AS_OF_BEFORE_LOG', 'The tenant had not begun then: nothing was recorded yet.', {
    status: 404,
    details: { least },
  })

export const asOfInFuture = (instant: string, now: string) =>
  new Problem(
    'AS_OF_IN_FUTURE',
    'That instant is still to come by the clock of this server: leave asOf out to ask about now.',
    { details: { instant, now } },
  )

export const asOfCheckpointUnknown = () =>
  new Problem(
    'AS_OF_CHECKPOINT_UNKNOWN',
    'That is no checkpoint of the log of this tenant; give the whole signed note, byte for byte.',
    { status: 404 },
  )

export const asOfCursorMismatch = (asOf: string, cursor: string) =>
  new Problem(
    'AS_OF_CURSOR_MISMATCH',
    'The cursor goes on at another position than asOf says; leave asOf out, or give it as it was.',
    { details: { asOf, cursor } },
  )

export const diffBackwards = (from: string, to: string) =>
  new Problem('DIFF_BACKWARDS', 'from comes after to: give the earlier moment first.', {
    details: { from, to },
  })

export const diffTooLarge = (total: number, most: number) =>
  new Problem(
    'DIFF_TOO_LARGE',
    `The lineage holds ${total} entities, and at most ${most} are compared; ask for a smaller depth, or without a root.`,
    { status: 413, details: { total, most } },
  )
