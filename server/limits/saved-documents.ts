import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type TypeNode,
} from 'graphql'
import { Problem } from '../../core/problem.ts'
import { savedQueryInvalid, type Where } from '../../domains/saved-queries/problems.ts'
import type { CheckDocument, SavedQueryBody } from '../../domains/saved-queries/saved-query.ts'
import { pointerTo } from '../../proofs/pointer.ts'
import { priceOf } from '../../resolvers/price.ts'
import { operationTooCostly } from '../problems.ts'
import { misfitOf } from './input-value.ts'
import type { Persisted } from './persisted.ts'

/** What a document passes that is sent, its limits included. */
export interface Taking {
  parse(text: string): DocumentNode
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[]
  schema: GraphQLSchema
}

/**
 * Opens the check of documents that shall be saved: each passes what it would pass if it were sent, so
 * that what is refused later is refused now, while somebody is there to mend it. It is held against all
 * of that again when it is run: schemas and limits change.
 *
 * @param taking Opened anew for each: parsing and validating belong to one request.
 */
export function openSavedDocuments(
  taking: () => Taking,
  { persisted, mostPrice }: { persisted: Persisted; mostPrice: number },
): CheckDocument {
  return (body) => {
    persisted({ query: body.document })
    const { parse, validate, schema } = taking()
    const document = refusingAsSaved(() => parse(body.document))
    const [error, ...more] = validate(schema, document)
    if (error) throw asSaved(error, more.length)
    const operation = operationOf(document, body)
    checkVariables(operation, body.variables ?? {}, schema)
    checkPrice({ document, operation, schema, variables: body.variables ?? {} }, mostPrice)
  }
}

function refusingAsSaved<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Problem || !('locations' in (error as GraphQLError))) throw error
    throw asSaved(error as GraphQLError, 0)
  }
}

function asSaved({ message, locations }: GraphQLError, more: number) {
  const because = message.replace(/\.?$/, more > 0 ? `; and ${more} more.` : '.')
  return savedQueryInvalid('document', because, placeOf(locations?.[0]))
}

const placeOf = (at: { line: number; column: number } | undefined): Where =>
  at ? { line: at.line, column: at.column } : {}

/** The one that is run; nothing but queries may stand beside it either. */
function operationOf(document: DocumentNode, { operationName }: SavedQueryBody) {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  )
  const other = operations.find(({ operation }) => operation !== OperationTypeNode.QUERY)
  if (other) {
    const place = other.loc?.startToken
    const because = `a ${other.operation} cannot be saved: nothing but queries can.`
    throw savedQueryInvalid('document', because, placeOf(place))
  }
  if (operationName === undefined) {
    if (operations.length === 1) return operations[0]!
    throw savedQueryInvalid('operationName', 'say which of the operations of the document is run.')
  }
  const named = operations.find(({ name }) => name?.value === operationName)
  if (named) return named
  throw savedQueryInvalid('operationName', 'the document has no operation of this name.')
}

type Variables = Readonly<Record<string, unknown>>

function checkVariables(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables,
  schema: GraphQLSchema,
) {
  for (const [name, value] of Object.entries(variables)) {
    const definition = variableDefinitions.find(({ variable }) => variable.name.value === name)
    if (!definition) {
      const because = 'the operation has no variable of this name.'
      throw savedQueryInvalid('variables', because, { path: pointerTo([name]) })
    }
    const misfit = misfitOf(value, written(definition.type), schema, [name])
    if (misfit) {
      throw savedQueryInvalid('variables', misfit.because, { path: pointerTo(misfit.path) })
    }
  }
}

function written(type: TypeNode): string {
  if (type.kind === Kind.NAMED_TYPE) return type.name.value
  const inner = written(type.type)
  return type.kind === Kind.LIST_TYPE ? `[${inner}]` : `${inner}!`
}

/** What needs a variable that has no value yet is priced when it has one. */
function checkPrice(priced: Parameters<typeof priceOf>[0], most: number) {
  const { variableDefinitions = [] } = priced.operation
  const isWhole = variableDefinitions.every(
    ({ type, defaultValue, variable }) =>
      type.kind !== Kind.NON_NULL_TYPE ||
      defaultValue !== undefined ||
      Object.hasOwn(priced.variables, variable.name.value),
  )
  if (!isWhole) return
  const { price } = priceOf(priced)
  if (price > most) throw operationTooCostly(price, most)
}
