import { isBookkeeping } from '../domains/openlineage/stamped-body.ts'
import type { Fields } from '../loaders/record.ts'
import { canonical } from '../proofs/canonical.ts'
import { type Json, rawJson } from '../proofs/json.ts'

/** How one thing differs from before. */
export const CHANGES = ['ADDED', 'REMOVED', 'CHANGED'] as const
export type Change = (typeof CHANGES)[number]

/** A field that differs between two bodies, with its numbers as they came. */
export interface FieldChange {
  name: string
  change: Change
  before: unknown
  after: unknown
}

/** The fields that differ, by name. */
export function fieldChanges(before: Fields, after: Fields): FieldChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)].sort())
  return [...names].flatMap((name) => {
    if (isBookkeeping(name)) return []
    const [was, is] = [fieldIn(before, name), fieldIn(after, name)]
    if (was && is && was.text === is.text) return []
    const change: Change = was && is ? 'CHANGED' : is ? 'ADDED' : 'REMOVED'
    return [{ name, change, before: was?.value ?? null, after: is?.value ?? null }]
  })
}

function fieldIn(fields: Fields, name: string) {
  if (!Object.hasOwn(fields, name)) return undefined
  const pointers = (fields.numbersAsText ?? {}) as Record<string, string[]>
  const numbers = Object.hasOwn(pointers, name) ? pointers[name]! : []
  const value = fields[name] as Json
  return { value: rawJson(value, numbers), text: canonical([value, numbers]) }
}

/**
 * The time of the event that brought one body in the place of another: the latest of those stamps that
 * are new. `null` where no event did, or it left no stamp.
 */
export function eventTimeBetween(before: Fields, after: Fields): string | null {
  const [was, is] = [stampsIn(before), stampsIn(after)]
  const moved = Object.entries(is).filter(([name, stamp]) => String(was[name]) !== String(stamp))
  return (
    moved
      .map(([, [time]]) => time)
      .sort()
      .at(-1) ?? null
  )
}

const stampsIn = ({ times }: Fields) => (times ?? {}) as Record<string, [string, string]>
