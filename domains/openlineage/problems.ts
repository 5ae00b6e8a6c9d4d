import { Problem } from '../../core/problem.ts'

/** A member is missing or has another type than OpenLineage 2-0-2 gives it. */
export const memberInvalid = (path: string, expected: string) =>
  new Problem('OPENLINEAGE_MEMBER_INVALID', `${where(path)} must be ${expected}.`, {
    details: { path },
  })

/** The event is none of the three that the standard knows. */
export const eventKindUnknown = (path: string) =>
  new Problem(
    'OPENLINEAGE_EVENT_KIND_UNKNOWN',
    'An event has run and job (a run event), job alone (a job event) or dataset alone (a dataset event).',
    { details: { path } },
  )

/** `eventType` is not one of the standard's words. */
export const eventTypeUnknown = (path: string, known: readonly string[]) =>
  new Problem(
    'OPENLINEAGE_EVENT_TYPE_UNKNOWN',
    `${where(path)} must be one of ${known.join(', ')}, or be left out.`,
    { details: { path, known } },
  )

/** The time is not one that can be ordered against others exactly. */
export const timeInvalid = (path: string) =>
  new Problem(
    'OPENLINEAGE_TIME_INVALID',
    `${where(path)} must be an RFC 3339 date and time with an offset and at most 9 fraction digits, such as 2026-03-31T09:15:02.113Z.`,
    { details: { path } },
  )

/** A producer or schema is not named by a URI. */
export const uriInvalid = (path: string) =>
  new Problem('OPENLINEAGE_URI_INVALID', `${where(path)} must be an absolute URI.`, {
    details: { path },
  })

/** A run is not named by a UUID. */
export const runIdInvalid = (path: string) =>
  new Problem('OPENLINEAGE_RUN_ID_INVALID', `${where(path)} must be a UUID.`, { details: { path } })

/** A namespace or name is empty or too long. */
export const nameInvalid = (path: string, most: number) =>
  new Problem('OPENLINEAGE_NAME_INVALID', `${where(path)} must be text of 1 to ${most} bytes.`, {
    details: { path, most },
  })

/** A facet is longer than we keep. */
export const facetTooLarge = (path: string, most: number) =>
  new Problem('OPENLINEAGE_FACET_TOO_LARGE', `The facet at ${path} is longer than ${most} bytes.`, {
    status: 413,
    details: { path, most },
  })

/** An event names more datasets, or gives more other names for them, than one event may. */
export const tooManyDatasets = (path: string, most: number) =>
  new Problem('OPENLINEAGE_TOO_MANY_DATASETS', `The event names more than ${most} datasets here.`, {
    status: 413,
    details: { path, most },
  })

/** One event is longer than we take, alone or in a batch. */
export const eventTooLarge = (most: number) =>
  new Problem('OPENLINEAGE_EVENT_TOO_LARGE', `An event is at most ${most} bytes long.`, {
    status: 413,
    details: { path: '', most },
  })

/** One event says more in its bytes than we take. */
export const eventTooDense = (most: number) =>
  new Problem(
    'OPENLINEAGE_EVENT_TOO_LARGE',
    `The JSON of an event has at most ${most} commas and opening brackets.`,
    { status: 413, details: { path: '', most } },
  )

/** The events of a batch together say more than we take. */
export const batchTooDense = (most: number) =>
  new Problem(
    'OPENLINEAGE_BODY_TOO_LARGE',
    `The JSON of a batch has at most ${most} commas and opening brackets.`,
    { status: 413, details: { most } },
  )

/** The body is longer than we read. */
export const bodyTooLarge = (most: number) =>
  new Problem('OPENLINEAGE_BODY_TOO_LARGE', `The body is longer than ${most} bytes.`, {
    status: 413,
    details: { most },
  })

/** The body cannot be inflated, or is not UTF-8. */
export const bodyUnreadable = (because: string, cause: unknown) =>
  new Problem('OPENLINEAGE_BODY_UNREADABLE', `The body cannot be read: ${because}.`, { cause })

/** The body is not JSON that every reader understands alike. */
export const jsonInvalid = (because: string, cause?: unknown) =>
  new Problem('OPENLINEAGE_JSON_INVALID', `The body is not well-formed JSON: ${because}.`, {
    details: { path: '' },
    cause,
  })

/** The body is of another media type. */
export const contentTypeUnsupported = () =>
  new Problem('OPENLINEAGE_CONTENT_TYPE', 'Send events as application/json in UTF-8.', {
    status: 415,
  })

/** The body is compressed in another way. */
export const contentEncodingUnsupported = () =>
  new Problem('OPENLINEAGE_CONTENT_ENCODING', 'Send events as they are or with gzip.', {
    status: 415,
    details: { accepted: ['gzip', 'identity'] },
  })

/** It is not said plainly whether to be lenient. */
export const lenientInvalid = (given: string) =>
  new Problem('OPENLINEAGE_LENIENT_INVALID', 'The parameter lenient is true or false.', {
    details: { given: given.slice(0, 60) },
  })

/** A batch is not an array. */
export const notABatch = () =>
  new Problem('OPENLINEAGE_NOT_A_BATCH', 'A batch is a JSON array of events.', {
    details: { path: '' },
  })

/** A batch holds too many events. */
export const batchTooLarge = (most: number) =>
  new Problem('OPENLINEAGE_BATCH_TOO_LARGE', `A batch holds at most ${most} events.`, {
    status: 413,
    details: { most },
  })

const where = (path: string) => (path === '' ? 'The event' : path)
