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
