import { z } from 'zod'

/** Half of a surrogate pair has no UTF-8, and so no hash (docs/specs/record.md, "Reading JSON"). */
const wellFormed = (given: string) => given.isWellFormed()
const HALF = 'it holds half of a surrogate pair'

/** Text of up to `most` UTF-16 units, which says something. */
export const text = (most: number, says: string) =>
  z.string().max(most).regex(/\S/, 'it must not be blank').refine(wellFormed, HALF).describe(says)

/** A text of another's grammar, such as an identifier. */
export const matching = (form: RegExp, says: string, example: string) =>
  z
    .string()
    .max(2_048)
    .regex(form)
    .meta({ description: says, examples: [example] })

/** An address that a browser can open. */
export const link = (says: string) =>
  z
    .url({ protocol: /^https?$/, hostname: z.regexes.domain })
    .max(2_048)
    .refine(wellFormed, HALF)
    .meta({ description: says, examples: ['https://data.example.org/orders?page=1#terms'] })

/** A day of the calendar, such as 2026-03-31. */
export const date = (says: string) => z.iso.date().describe(says)

/** One of a closed list of words, each with what it means. */
export const choice = <const Words extends Readonly<Record<string, string>>>(
  title: string,
  says: string,
  words: Words,
) =>
  z.enum(Object.keys(words) as (keyof Words & string)[]).meta({
    title,
    description: says,
    enumDescriptions: Object.values(words),
  })

/** Several of one thing, up to `most`. */
export const several = <Each extends z.ZodType>(each: Each, most: number, says: string) =>
  z.array(each).max(most).describe(says)

/** A thing with parts of its own. */
export const parts = <Shape extends z.core.$ZodLooseShape>(
  title: string,
  says: string,
  shape: Shape,
) => z.strictObject(shape).meta({ title, description: says })

/** A number within bounds, which JSON writes in one way. */
export const number = ([least, most]: readonly [number, number], says: string) =>
  z.number().min(least).max(most).describe(says)

/** A moment, in UTC, such as 2026-03-31T09:15:02.113Z. */
export const instant = (says: string) => z.iso.datetime().max(30).describe(says)

/** A SHA-256, in lower-case hexadecimal. */
export const hash = (says: string) =>
  matching(
    /^[0-9a-f]{64}$/,
    says,
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )

/** A word of a vocabulary, with its prefix where it has one, or by its address. */
const TERM =
  /^(?:[A-Za-z][\w.-]{0,31}:)?[A-Za-z][\w.+-]{0,254}$|^https?:\/\/[^\s<>"{}|\\^`]{1,2000}$/

export const term = (says: string, example: string) => matching(TERM, says, example)

/** Up to 100 words of vocabularies. */
export const terms = (says: string, example: string) =>
  several(term('A word of a vocabulary, or its address.', example), 100, says)

/** Up to 300 countries or parts of them. */
export const jurisdictions = (says: string) =>
  several(
    matching(
      /^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$/,
      'A country or a part of one (ISO 3166), or EU.',
      'DE-BY',
    ),
    300,
    says,
  )

/** A text whose grammar no pattern can say. */
export const checked = (
  fits: (given: string) => boolean,
  wrong: string,
  { says, examples, most = 2_048 }: { says: string; examples: readonly string[]; most?: number },
) =>
  z
    .string()
    .max(most)
    .refine(wellFormed, HALF)
    .refine((given) => given.length > most || fits(given), wrong)
    .meta({ description: says, examples: [...examples] })
