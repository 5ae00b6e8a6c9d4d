import { Problem } from '../../core/problem.ts'

export const contentTypeUnsupported = () =>
  new Problem(
    'METERING_CONTENT_TYPE',
    'Send application/cloudevents+json, application/cloudevents-batch+json, or JSON with the headers ce-specversion and so on, in UTF-8.',
    { status: 415 },
  )

export const contentEncodingUnsupported = () =>
  new Problem('METERING_CONTENT_ENCODING', 'Send events as they are or with gzip.', {
    status: 415,
    details: { accepted: ['gzip', 'identity'] },
  })

/** The body cannot be inflated. */
export const bodyUnreadable = (because: string, cause: unknown) =>
  new Problem('METERING_BODY_UNREADABLE', `The body cannot be read: ${because}.`, { cause })

export const eventTooLarge = (most: number) =>
  new Problem('METERING_EVENT_TOO_LARGE', `An event is at most ${most} bytes long.`, {
    status: 413,
    details: { most },
  })

export const batchTooLong = (most: number) =>
  new Problem('METERING_BODY_TOO_LARGE', `A batch is at most ${most} bytes long; split it.`, {
    status: 413,
    details: { most },
  })

export const batchTooLarge = (most: number) =>
  new Problem('METERING_BATCH_TOO_LARGE', `A batch holds at most ${most} events; split it.`, {
    status: 413,
    details: { most },
  })

export const notABatch = () =>
  new Problem('METERING_NOT_A_BATCH', 'The body of a batch is a JSON array of events.')

export const jsonInvalid = (because: string, cause?: unknown) =>
  new Problem('METERING_JSON_INVALID', `The event is not JSON as it must be: ${because}.`, {
    cause,
  })

/** @param path A JSON Pointer into the event, as structured mode has it. */
export const eventInvalid = (path: string, says: string) =>
  new Problem('METERING_EVENT_INVALID', `The event cannot be taken: ${path || '/'}: ${says}.`, {
    details: { path },
  })

export const eventConflict = (source: string, id: string) =>
  new Problem(
    'METERING_EVENT_CONFLICT',
    'Another event of this source has this id already, and says something else. It stays as it is.',
    { status: 409, details: { source: source.slice(0, 200), id: id.slice(0, 200) } },
  )

export const eventUnknown = () =>
  new Problem('METERING_EVENT_UNKNOWN', 'There is no event of that source and id.', {
    status: 404,
  })

export const eventErased = () =>
  new Problem('METERING_EVENT_ERASED', 'What the event said was erased; its place is kept.', {
    status: 410,
  })

export const windowUnknown = (window: string) =>
  new Problem('METERING_WINDOW_UNKNOWN', 'There is no window of that id.', {
    status: 404,
    details: { window: window.slice(0, 200) },
  })

export const windowNotOver = (window: string, until: string) =>
  new Problem('METERING_WINDOW_NOT_OVER', `The window ends at ${until}; seal it then.`, {
    status: 409,
    details: { window, until },
  })

export const windowNotSealed = (window: string) =>
  new Problem(
    'METERING_WINDOW_NOT_SEALED',
    'The window of the event is not sealed yet, and nothing is proven of it before.',
    { status: 409, details: { window } },
  )
