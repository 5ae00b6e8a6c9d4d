import { Problem } from '../../core/problem.ts'

export const exportTooLarge = (records: number, most: number) =>
  new Problem(
    'EXPORT_TOO_LARGE',
    `The answer holds ${records} records; a bundle takes ${most}. Ask for a smaller depth, or for one direction.`,
    { status: 413, details: { records, most } },
  )

export const bodiesTooLarge = (most: number) =>
  new Problem(
    'EXPORT_TOO_LARGE',
    `The bodies of the answer take more than ${most} characters together. Ask for a smaller depth, or for one direction.`,
    { status: 413, details: { most } },
  )

export const exportUnknown = () =>
  new Problem('EXPORT_UNKNOWN', 'This tenant has no export of that id.', { status: 404 })

export const exportLost = (id: string) =>
  new Problem('EXPORT_LOST', 'The file of this export is no longer in the store; export again.', {
    status: 410,
    details: { id },
  })

export const withholdInvalid = (because: string) =>
  new Problem('EXPORT_WITHHOLD_INVALID', `What is to be withheld cannot be read: ${because}.`, {
    status: 400,
    details: { because },
  })

export const withholdIdle = (patterns: readonly string[]) =>
  new Problem(
    'EXPORT_WITHHOLD_UNMATCHED',
    `No field of the answer is met by ${patterns.map((one) => JSON.stringify(one)).join(', ')}; nothing was exported.`,
    { status: 400, details: { patterns } },
  )

export const leafUncovered = (seq: number, size: number) =>
  new Problem('LOG_LEAF_UNKNOWN', `The log has no leaf ${seq}; it holds ${size}.`, {
    status: 404,
    details: { seq, size },
  })

export const sizesUncovered = (asked: { from: number; to: number; size: number }) =>
  new Problem(
    'LOG_SIZES_INVALID',
    `From ${asked.from} to ${asked.to} nothing can be proven: ask for 1 ≤ from ≤ to ≤ ${asked.size}, the size of the published checkpoint.`,
    { details: asked },
  )

export const stateTooOld = (size: number, most: number) =>
  new Problem(
    'STATE_TOO_OLD',
    `The state at ${size} is no longer kept, and deriving it anew takes more leaves than the ${most} that a server reads for one answer. Ask for a later position, or derive it from an export of the log with prov-verifier log --state.`,
    { status: 410, details: { size, most } },
  )

export const stateNone = (asOf: number) =>
  new Problem(
    'STATE_NONE',
    `The log had no state record at position ${asOf} yet, so that nothing can be proven to be current there; ask for a later one.`,
    { status: 404, details: { asOf } },
  )

export const exportErased = (id: string, by: number) =>
  new Problem(
    'EXPORT_ERASED',
    `The file of this export held what was erased by the record at ${by}; export again to get the rest.`,
    { status: 410, details: { id, by } },
  )

export const exportOvertaken = (by: number) =>
  new Problem(
    'EXPORT_OVERTAKEN',
    'Something in the answer was erased while it was exported; export again.',
    { status: 503, details: { by, retryAfterSeconds: 1 } },
  )
