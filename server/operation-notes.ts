import { type DocumentNode, getOperationAST, Kind } from 'graphql'
import { noteRequest } from './current-request.ts'

interface Notes {
  operation: string | null
  field: string
}

/** What is known of an operation by its document, which is kept between requests. */
const known = new WeakMap<DocumentNode, Map<string, Notes>>()

/** A name is the caller's, and may be as long as the request. */
const LONGEST_NAME = 100

/**
 * Notes which operation a request carries out. What it is counted under is made of the schema's words
 * alone, the document having been validated: a caller cannot make as many names as it likes.
 */
export function noteOperation(document: DocumentNode, operationName: string | null | undefined) {
  let notes = known.get(document)
  if (!notes) {
    notes = new Map()
    known.set(document, notes)
  }
  const name = operationName ?? ''
  const noted = notes.get(name) ?? notesOf(document, operationName)
  // A name of none in the document is not kept: there is no end of those.
  if (noted !== NONE) notes.set(name, noted)
  noteRequest(noted)
}

const NONE: Notes = { operation: null, field: 'none' }

function notesOf(document: DocumentNode, operationName: string | null | undefined): Notes {
  const operation = getOperationAST(document, operationName)
  if (!operation) return NONE
  const { selections } = operation.selectionSet
  const [first] = selections
  const root = selections.length === 1 && first?.kind === Kind.FIELD ? first.name.value : 'several'
  return {
    operation: operation.name?.value.slice(0, LONGEST_NAME) ?? null,
    field: `${operation.operation} ${root}`,
  }
}
