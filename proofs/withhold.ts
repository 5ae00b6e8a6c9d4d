import { type Field, fieldCommitment } from './body.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import type { ShownRecord } from './records.ts'
import { compareUtf16 } from './utf8.ts'

/** How many patterns a bundle may state, and how many characters each may have. */
export const WITHHOLD_LIMITS = { patterns: 64, characters: 256 } as const

/**
 * The fields that tell of others: `numbersAsText` repeats what stands inside them, and `times` holds
 * hashes of the whole events that set them, by which a guess could be confirmed. So they are withheld
 * with any other field of their record.
 */
export const TELLING = ['numbersAsText', 'times'] as const

/** One pattern taken apart: a kind or any, and the pieces of a name between its asterisks. */
interface Pattern {
  kind: string | null
  pieces: string[]
}

/** Which fields a bundle withholds: `patterns` as the manifest states them, ascending, none twice. */
export interface Withholding {
  patterns: readonly string[]
  parsed: readonly Pattern[]
}

const KIND = /^([A-Z][A-Za-z0-9]*)\.(.+)$/s

/**
 * Reads patterns as given: `field`, or `Kind.field` for the records of one kind. An asterisk stands
 * for any run of characters, none included (docs/specs/bundle.md, "Withheld fields").
 *
 * @throws {ProofError} `PROOF_WITHHOLD` for none, too many, or one that is empty or too long.
 */
export function parseWithholding(given: readonly string[]): Withholding {
  const patterns = [...new Set(given)].sort(compareUtf16)
  const { patterns: most, characters } = WITHHOLD_LIMITS
  if (patterns.length === 0 || patterns.length > most) {
    throw new ProofError('PROOF_WITHHOLD', `${patterns.length} patterns; 1 to ${most} are allowed`)
  }
  const wrong = patterns.find(({ length }) => length === 0 || length > characters)
  if (wrong !== undefined) {
    throw new ProofError(
      'PROOF_WITHHOLD',
      `a pattern of ${wrong.length} characters; 1 to ${characters} are allowed`,
    )
  }
  return { patterns, parsed: patterns.map(parsePattern) }
}

/**
 * Reads patterns as a manifest states them: in their one order, none twice.
 *
 * @throws {ProofError} `PROOF_WITHHOLD`
 */
export function parseStatedWithholding(stated: readonly string[]): Withholding {
  const withholding = parseWithholding(stated)
  if (stated.some((pattern, i) => pattern !== withholding.patterns[i])) {
    throw new ProofError('PROOF_WITHHOLD', 'the patterns are out of order, or one is there twice')
  }
  return withholding
}

function parsePattern(pattern: string): Pattern {
  const [, kind = null, field = pattern] = KIND.exec(pattern) ?? []
  return { kind, pieces: field.split('*') }
}

/** Gives the names that are withheld of a record of this kind with these fields, in their order. */
export function withheldNames(
  { parsed }: Withholding,
  kind: string,
  names: readonly string[],
): ReadonlySet<string> {
  const matching = parsed.filter((pattern) => pattern.kind === null || pattern.kind === kind)
  const asked = names.filter((name) => matching.some((pattern) => matches(pattern, name)))
  const telling = names.filter((name) => (TELLING as readonly string[]).includes(name))
  return new Set(asked.length > 0 ? [...asked, ...telling] : [])
}

/** Gives the patterns that match no field of any of the records: likely slips of the pen. */
export function idlePatterns(
  { patterns, parsed }: Withholding,
  records: readonly { kind: string; names: readonly string[] }[],
): string[] {
  return patterns.filter((_, i) => {
    const pattern = parsed[i]!
    return !records.some(
      ({ kind, names }) =>
        (pattern.kind === null || pattern.kind === kind) &&
        names.some((name) => matches(pattern, name)),
    )
  })
}

/** A facet's field is met by its whole name, `facet:<group>:<name>`, and by the last part alone. */
function matches({ pieces }: Pattern, name: string) {
  const [, facet] = /^facet:[a-z]+:(.*)$/s.exec(name) ?? []
  return holds(pieces, name) || (facet !== undefined && holds(pieces, facet))
}

/** Whether the text is the pieces in order with anything between them: each at its first place, so in linear time. */
function holds(pieces: readonly string[], text: string) {
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

/** What a record keeps back: the names of the fields that it shows by their commitments only. */
export interface Withheld {
  seq: number
  id: string
  names: string[]
}

/** Gives every record that withholds single fields, with their names. */
export const withheldIn = (records: readonly ShownRecord[]): Withheld[] =>
  records.flatMap(({ header: { seq, id }, fields }) => {
    const names = (fields ?? []).filter((field) => 'c' in field).map(({ name }) => name)
    return names.length > 0 ? [{ seq, id, names }] : []
  })

/** Gives the fields with those of these names as their commitments only. */
export const withholdFields = (
  sha256: Sha256,
  fields: readonly Field[],
  names: ReadonlySet<string>,
): Field[] =>
  fields.map((field) =>
    'c' in field || !names.has(field.name)
      ? field
      : { name: field.name, c: fieldCommitment(sha256, field.salt, field.value) },
  )
