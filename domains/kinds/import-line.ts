import { z } from 'zod'
import { type Kind, TYPED_KINDS, type TypedKind } from '../../lineage/kinds.ts'
import type { Json } from '../../proofs/json.ts'
import { lineInvalid, lineKindUnknown } from './import-problems.ts'
import { issueOf } from './issue.ts'
import { linksOfKind, OTHERS_KINDS } from './links.ts'

/** What one line of a file may hold, and what one request may bring of a file. */
export const IMPORT_LIMITS = {
  lineBytes: 1_000_000,
  lineMarks: 50_000,
  batchBytes: 2_000_000,
  batchLines: 500,
} as const

/** The kinds of thing that a line may be about. */
export const LINE_KINDS: readonly Kind[] = [...TYPED_KINDS, ...OTHERS_KINDS]

export const isTyped = (kind: Kind): kind is TypedKind =>
  (TYPED_KINDS as readonly Kind[]).includes(kind)

/** A line by its form: what its texts say has not been looked at yet. */
export type ImportLine = { kind: Kind; namespace?: string; name?: string; id?: string } & Readonly<
  Record<string, unknown>
>

const isObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const TARGETS = z
  .array(
    z.strictObject({
      id: z.string().optional(),
      kind: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    }),
  )
  .optional()

const formOf = (kind: Kind) =>
  z.strictObject({
    kind: z.literal(kind),
    ...(isTyped(kind)
      ? {
          namespace: z.string(),
          name: z.string(),
          body: z.custom<object>(isObject, 'it must be an object').optional(),
        }
      : {
          id: z.string().optional(),
          namespace: z.string().optional(),
          name: z.string().optional(),
        }),
    ...Object.fromEntries(linksOfKind(kind).map(({ field }) => [field, TARGETS])),
  })

const FORMS = new Map(LINE_KINDS.map((kind) => [kind, formOf(kind)]))
const MOST_TOLD = 20

/**
 * Reads the form of a line: which kind of thing it is about, and that it says nothing that such a thing
 * has not. The body is looked at where it is recorded.
 *
 * @param usual The kind of a line that says none.
 * @throws {Problem} `IMPORT_KIND_UNKNOWN`, `IMPORT_LINE_INVALID`.
 */
export function readLine(value: Json, usual?: Kind): ImportLine {
  if (!isObject(value)) throw lineInvalid([{ path: '', says: 'it must be an object' }])
  const given = value as { [name: string]: Json }
  const line = given.kind === undefined && usual !== undefined ? { ...given, kind: usual } : given
  const form = FORMS.get(line.kind as Kind)
  if (!form) throw lineKindUnknown(LINE_KINDS)
  const { error } = form.safeParse(line)
  if (error) throw lineInvalid(error.issues.slice(0, MOST_TOLD).map(issueOf))
  return line as unknown as ImportLine
}
