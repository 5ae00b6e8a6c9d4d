import {
  BREAK,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  Lexer,
  type SelectionSetNode,
  Source,
  TokenKind,
  visit,
} from 'graphql'
import { operationTooLarge } from '../problems.ts'

/**
 * What one operation may be. Counted over the text with its fragments spread, before it is validated:
 * a small text can spread to a huge operation, and validation itself is no match for one.
 *
 * How much an operation makes the server *read* is bounded apart, by what its lists ask for.
 */
export const LIMITS = {
  depth: 15,
  aliases: 50,
  rootFields: 20,
  fields: 1_000,
  fragments: 200,
  nesting: 200,
} as const

/**
 * The most tokens of a text. An operation of 1,000 fields has a third of them; what is longer holds data,
 * which costs a hundred times less as variables: validation walks over each token for each of its rules.
 */
export const MOST_TOKENS = 10_000

const OPENING = new Set<string>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const CLOSING = new Set<string>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/**
 * Checks how many brackets of a text are open at once, before it is parsed: the parser and all that
 * walks what it makes descend once a bracket, and a deep enough text exhausts the stack.
 *
 * @throws {Problem} `OPERATION_TOO_LARGE`
 */
export function checkNesting(text: string | Source) {
  const lexer = new Lexer(typeof text === 'string' ? new Source(text) : text)
  let open = 0
  try {
    for (let count = 0; count <= MOST_TOKENS; count++) {
      const { kind } = lexer.advance()
      if (kind === TokenKind.EOF) return
      if (OPENING.has(kind)) open += 1
      if (CLOSING.has(kind)) open -= 1
      if (open > LIMITS.nesting) throw operationTooLarge('a nesting', open, LIMITS.nesting)
    }
  } catch (error) {
    // What is no token is the parser's to tell.
    if (!(error instanceof GraphQLError)) throw error
  }
}

/** Whether a document asks for the schema, be it anywhere. */
export function introspects(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Field: ({ name: { value } }) => {
      if (value !== '__schema' && value !== '__type') return
      found = true
      return BREAK
    },
  })
  return found
}

interface Size {
  depth: number
  aliases: number
  fields: number
}

const NOTHING: Size = { depth: 0, aliases: 0, fields: 0 }

const add = (a: Size, b: Size): Size => ({
  depth: Math.max(a.depth, b.depth),
  aliases: a.aliases + b.aliases,
  fields: a.fields + b.fields,
})

/**
 * Checks every operation of a document against the limits.
 *
 * @throws {Problem} `OPERATION_TOO_LARGE`
 */
export function checkLimits(document: DocumentNode) {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  )
  // Each may spread the next, and is gone into from there.
  if (fragments.size > LIMITS.fragments) {
    throw operationTooLarge('a number of fragments', fragments.size, LIMITS.fragments)
  }
  const sizes = new Map<string, Size>()
  for (const definition of document.definitions) {
    if (!('selectionSet' in definition)) continue
    const { selectionSet } = definition
    check(sizeOf(selectionSet, fragments, sizes), rootFieldsOf(selectionSet, fragments, new Set()))
  }
}

function check(size: Size, rootFields: number) {
  const { depth, aliases, fields } = size
  if (depth > LIMITS.depth) throw operationTooLarge('a depth', depth, LIMITS.depth)
  if (aliases > LIMITS.aliases)
    throw operationTooLarge('a number of aliases', aliases, LIMITS.aliases)
  if (fields > LIMITS.fields) throw operationTooLarge('a number of fields', fields, LIMITS.fields)
  if (rootFields > LIMITS.rootFields) {
    throw operationTooLarge('a number of fields at its root', rootFields, LIMITS.rootFields)
  }
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** Each fragment is measured once, so that this is linear in the text; a circle counts once. */
function sizeOf(set: SelectionSetNode, fragments: Fragments, sizes: Map<string, Size>): Size {
  let size = NOTHING
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const below = selection.selectionSet
        ? sizeOf(selection.selectionSet, fragments, sizes)
        : NOTHING
      size = add(size, {
        depth: below.depth + 1,
        aliases: below.aliases + (selection.alias ? 1 : 0),
        fields: below.fields + 1,
      })
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      size = add(size, sizeOf(selection.selectionSet, fragments, sizes))
    } else {
      size = add(size, sizeOfFragment(selection.name.value, fragments, sizes))
    }
  }
  return size
}

function sizeOfFragment(name: string, fragments: Fragments, sizes: Map<string, Size>): Size {
  const known = sizes.get(name)
  if (known) return known
  const fragment = fragments.get(name)
  if (!fragment) return NOTHING
  sizes.set(name, NOTHING)
  const size = sizeOf(fragment.selectionSet, fragments, sizes)
  sizes.set(name, size)
  return size
}

function rootFieldsOf(set: SelectionSetNode, fragments: Fragments, within: Set<string>): number {
  let count = 0
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) count += 1
    else if (selection.kind === Kind.INLINE_FRAGMENT) {
      count += rootFieldsOf(selection.selectionSet, fragments, within)
    } else {
      const fragment = fragments.get(selection.name.value)
      if (!fragment || within.has(selection.name.value)) continue
      within.add(selection.name.value)
      count += rootFieldsOf(fragment.selectionSet, fragments, within)
    }
  }
  return count
}
