import {
  BREAK,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  type TypeNode,
  visit,
} from 'graphql'

/**
 * Whether the compiler answers a document as the interpreter does. It keeps one program a document,
 * whatever operation is named, so there must be just one. It knows nothing of `@oneOf`, so objects
 * must be written out, where validation sees them: no variable may be one, or stand within one; and
 * mutations are left to the interpreter altogether. It asks for a variable that may not be null even
 * where that has a default. It reads variables from a plain object and
 * writes answers to one, so no name may be one that every object has, such as `constructor`.
 */
export function isCompilable(document: DocumentNode, schema: GraphQLSchema): boolean {
  const [only, ...others] = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition] : [],
  )
  if (!only || others.length > 0 || only.operation !== OperationTypeNode.QUERY) return false
  let fits = true
  let objects = 0
  const unless = (misfit: boolean) => {
    if (!misfit) return
    fits = false
    return BREAK
  }
  visit(document, {
    Name: ({ value }) => unless(value in Object.prototype),
    VariableDefinition: ({ type, defaultValue }) =>
      unless(
        'getFields' in (schema.getType(nameOf(type)) ?? {}) ||
          (type.kind === Kind.NON_NULL_TYPE && defaultValue !== undefined),
      ),
    Variable: () => unless(objects > 0),
    ObjectValue: {
      enter: () => {
        objects += 1
      },
      leave: () => {
        objects -= 1
      },
    },
  })
  return fits
}

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
