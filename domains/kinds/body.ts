import { z } from 'zod'

/** Something that is wrong with a body, and where in it. */
export interface Wrong {
  path: readonly PropertyKey[]
  says: string
}

/** What the entities of one kind say of themselves. */
export interface KindBody {
  /** What such a thing is, in a sentence. */
  says: string
  /** The whole body: every field that must be there, and whatever must hold between them. */
  whole: z.ZodObject
  /** Some fields of it, each as it must be. */
  patch: z.ZodObject
}

/** Fields that every entity has, or that hold what others say of it. */
const TAKEN = new Set(['namespace', 'name', 'times', 'numbersAsText', 'facets', 'id', 'kind'])
const FIELD = /^[a-z][A-Za-z0-9]{0,62}$/

/**
 * Defines the body of a kind by its one schema. Validation, the types of the API and the JSON Schema
 * are made from it. It may check and must not change: what is given is what is recorded.
 *
 * @param rules What must hold between fields, where all of them are well by themselves.
 * @throws {Error} While the program loads, where a field cannot be called so.
 */
export function defineBody<Shape extends z.core.$ZodLooseShape>({
  says,
  fields,
  rules = () => [],
}: {
  says: string
  fields: Shape
  rules?: (body: z.infer<z.ZodObject<Shape>>) => readonly (Wrong | undefined)[]
}): KindBody {
  const bad = Object.keys(fields).find((name) => TAKEN.has(name) || !FIELD.test(name))
  if (bad !== undefined) throw new Error(`no field of a body can be called ${bad}`)
  const all = z.strictObject(fields)
  const whole = all.superRefine((body, { addIssue }) => {
    for (const wrong of rules(body as z.infer<z.ZodObject<Shape>>)) {
      if (wrong) addIssue({ code: 'custom', path: [...wrong.path], message: wrong.says })
    }
  })
  return { says, whole: whole as unknown as z.ZodObject, patch: all.partial() as z.ZodObject }
}

/** What is wrong where one day or instant must not lie before another; nothing where one is not said. */
export const inOrder = (
  [from, until]: readonly [string | undefined, string | undefined],
  path: readonly PropertyKey[],
  earlier: string,
): Wrong | undefined =>
  from !== undefined && until !== undefined && Date.parse(until) < Date.parse(from)
    ? { path, says: `it must not lie before ${earlier}` }
    : undefined
