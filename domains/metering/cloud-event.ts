import { z } from 'zod'
import { DECIMAL } from '../../proofs/decimal-sum.ts'
import type { Json } from '../../proofs/json.ts'
import { MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_UNIT } from './limits.ts'
import { eventInvalid } from './problems.ts'

/** An event of usage, checked: the CloudEvent as it is kept, and what it says of usage. */
export interface Usage {
  event: { [name: string]: Json }
  source: string
  id: string
  meter: string
  subject: string | null
  unit: string | null
  /** A decimal number. */
  value: string
  /** An instant with milliseconds. */
  time: string
}

/** What no CloudEvents String holds: control characters, noncharacters and halves of pairs (section 3.1). */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u

const attribute = z
  .string()
  .min(1)
  .max(MAX_ATTRIBUTE)
  .refine((given) => !FORBIDDEN.test(given), 'it holds characters that CloudEvents forbid')

/** RFC 3986: what an address may be made of, with every percent sign before two digits. */
const reference = attribute.regex(
  /^(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/,
  'it is no URI-reference',
)

const FIRST = Date.UTC(1970, 0, 1)
const LAST = Date.UTC(9998, 0, 1)

const time = z.iso
  .datetime({ offset: true })
  .max(40)
  .refine((given) => {
    const at = Date.parse(given)
    return at >= FIRST && at < LAST
  }, 'it is not between the years 1970 and 9998')

const value = z.union(
  [z.string().regex(DECIMAL), z.number().refine((given) => DECIMAL.test(String(given)))],
  'it must be a decimal number, as JSON or as text, of up to 18 digits before the point and 12 behind it',
)

const data = z.looseObject({
  value,
  unit: attribute.max(MAX_UNIT).optional(),
})

const extension = z.union(
  [z.boolean(), z.int32(), attribute],
  'an attribute is text, a truth value or a whole number of 32 bits',
)

/** CloudEvents 1.0 as Selvedge takes them for usage: all that it asks for, and a `time` and a `value`. */
const EVENT = z
  .object({
    specversion: z.literal('1.0'),
    id: attribute,
    source: reference,
    type: attribute,
    time,
    subject: attribute.optional(),
    datacontenttype: attribute
      .regex(/^application\/(?:[\w.!#$&^+-]+\+)?json(?:\s*;.*)?$/i, 'usage comes as JSON')
      .optional(),
    dataschema: reference.regex(/^[A-Za-z][\w+.-]*:/, 'it is no absolute URI').optional(),
    data,
  })
  .catchall(extension)

const NAME = /^[a-z0-9]{1,100}$/

/**
 * Reads a CloudEvent of usage in the form of structured mode. An attribute that is `null` is one that is
 * left out, and so is a content type that says what is so anyway: the same event is then the same in
 * every mode.
 *
 * @throws {Problem} `METERING_EVENT_INVALID`, with the place.
 */
export function readUsage(given: Json): Usage {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw eventInvalid('', 'an event is an object')
  }
  const event = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== null && !isPlainJson(name, value)),
  )
  const names = Object.keys(event)
  if (names.length > MAX_ATTRIBUTES) {
    throw eventInvalid('', `an event has at most ${MAX_ATTRIBUTES} attributes`)
  }
  const bad = names.find((name) => !NAME.test(name) || name === 'data_base64')
  if (bad !== undefined) {
    throw eventInvalid(pointer([bad]), 'no attribute is called so that usage may have')
  }
  const { data: read, error } = EVENT.safeParse(event)
  if (error) throw eventInvalid(...wrongIn(error.issues[0]!))
  const { source, id, type, subject = null } = read
  return {
    ...{ event, source, id, meter: type, subject, unit: read.data.unit ?? null },
    value: String(read.data.value),
    time: new Date(read.time).toISOString(),
  }
}

const isPlainJson = (name: string, value: Json) =>
  name === 'datacontenttype' &&
  typeof value === 'string' &&
  /^application\/json(?:\s*;\s*charset="?utf-?8"?)?$/i.test(value)

function wrongIn(issue: z.core.$ZodIssue): [path: string, says: string] {
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return [pointer(issue.path), isMissing ? 'it must be said' : issue.message]
}

/** RFC 6901. */
const pointer = (path: readonly PropertyKey[]) =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
