const MASK = '********'

/** Members whose values are secret whatever they are, also as part of a longer name. */
const SECRET_NAME =
  /authorization|cookie|token|passw(or)?d|passphrase|secret|credential|private_?key|api_?key|^d$/i

/** What is secret wherever it stands in a text: credentials after their scheme, JWTs, and those in URLs. */
const SECRET_TEXT: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic|DPoP|Negotiate)\s+[\w.~+/=-]+/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, MASK],
  [/([a-z][\w+.-]*:\/\/)[^\s/?#@"'\\]+@/gi, `$1${MASK}@`],
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----(?:(?!-----END)[^"])*/g, `-----BEGIN $1-----${MASK}`],
]

/** Deeper than this nothing of ours goes; a circle ends here too. */
const DEEPEST = 6

/** A text without the secrets that can be told by their shape. It stays JSON where it was. */
export const redactText = (text: string): string =>
  SECRET_TEXT.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text)

/** A copy fit to be logged: secrets masked by name, errors with their causes, nothing without end. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEEPEST) return '…'
  if (value instanceof Error) return redactError(value, depth)
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return value.map((one) => redact(one, depth + 1))
  return redactMembers(value, depth)
}

const redactMembers = (value: object, depth: number) =>
  Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      SECRET_NAME.test(name) && one !== null && one !== undefined ? MASK : redact(one, depth + 1),
    ]),
  )

/** `code` and `details` are told by the name; a stack holds the message already. */
function redactError(error: Error, depth: number) {
  const { name, message, stack, cause, ...members } = error
  return {
    type: error.name,
    ...(redactMembers(members, depth) as object),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
  }
}
