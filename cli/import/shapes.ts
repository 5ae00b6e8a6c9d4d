import { z } from 'zod'
import { BODIES } from '../../domains/kinds/bodies.ts'
import { isTyped } from '../../domains/kinds/import-line.ts'
import { linksOfKind } from '../../domains/kinds/links.ts'
import type { Kind } from '../../lineage/kinds.ts'

/** What the text of a cell stands for. */
export type Shape =
  | 'text'
  | 'number'
  | 'truth'
  | { list: Shape }
  | { parts: Readonly<Record<string, Shape>> }

const TARGET: Shape = { parts: { id: 'text', kind: 'text', namespace: 'text', name: 'text' } }

/** What a line about a thing of a kind may say, by the schema of its body. */
export function shapeOfKind(kind: Kind): Shape {
  const links = linksOfKind(kind).map(({ field }) => [field, { list: TARGET }] as const)
  const own: Record<string, Shape> = isTyped(kind)
    ? { body: shapeOf(BODIES[kind].patch) }
    : { id: 'text' }
  return {
    parts: {
      ...{ kind: 'text', namespace: 'text', name: 'text' },
      ...own,
      ...Object.fromEntries(links),
    },
  }
}

function shapeOf(schema: z.ZodType): Shape {
  if (schema instanceof z.ZodOptional) return shapeOf(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodBoolean) return 'truth'
  if (schema instanceof z.ZodArray) return { list: shapeOf(schema.element as z.ZodType) }
  if (!(schema instanceof z.ZodObject)) return 'text'
  const parts = Object.entries(schema.shape) as [string, z.ZodType][]
  return { parts: Object.fromEntries(parts.map(([name, part]) => [name, shapeOf(part)])) }
}
