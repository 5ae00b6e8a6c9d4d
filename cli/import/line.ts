import type { Problem } from '../../core/problem.ts'

/** A line of a file as it is to be sent, or why it is not. */
export interface Line {
  /** Counted from 1; that of a CSV record with line breaks is its first. */
  line: number
  /** JSON. */
  item?: string
  /** The same text for two lines that are about the same thing. */
  about?: string
  problem?: Problem
}

/** By what two lines are about the same thing; nothing where that cannot be told. */
export function aboutOf(value: unknown, usual: string | undefined): string | undefined {
  const { kind = usual, namespace, name, id } = (value ?? {}) as Record<string, unknown>
  if (typeof id === 'string') return JSON.stringify([id])
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined
  return JSON.stringify([kind, namespace.normalize('NFC'), name.normalize('NFC')])
}
