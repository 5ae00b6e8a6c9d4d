/**
 * A caller's mistake, or a state of the service that a caller must know of: told by code, with a
 * message that says what is wrong and how to mend it. Whatever is not a `Problem` is our own fault.
 *
 * `status` is the HTTP status that REST routes answer with (RFC 9457); `details` are members that a
 * program may act on (a path, a limit, the id of the thing). Codes have a row each in docs/problems.md.
 */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { status?: number; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = options.status ?? 400
    this.details = options.details ?? {}
  }
}
