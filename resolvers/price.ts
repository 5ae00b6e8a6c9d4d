import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'

/** What a field costs. It stands in the extensions of the field, and its description tells it. */
export interface Cost {
  /** For the field itself; 1 for one that leads to an object, 0 for a plain value, unless said. */
  weight?: number
  /** The argument that says how many there will be, here or in the lists right below, and its most. */
  sizedBy?: { argument: string; most: number }
  /** For each of those, beside what is asked of it. */
  each?: number
  /** How many a list is taken to hold where nothing says it. */
  assumed?: number
}

/** What is priced: one operation of a document, with its variables as they came. */
export interface Priced {
  schema: GraphQLSchema
  document: DocumentNode
  operation: OperationDefinitionNode
  variables: Readonly<Record<string, unknown>>
}

/** The price of an operation, and of each field at its root, by the name that its answer has. */
export interface Price {
  price: number
  fields: Record<string, number>
}

/** How many things a list is taken to hold that nobody sized. */
export const ASSUMED_SIZE = 5

/** What a field was declared to cost. */
export const costOf = ({ extensions }: GraphQLField<unknown, unknown>) =>
  (extensions as { cost?: Cost }).cost ?? {}

/**
 * What a field leads to: how it is wrapped is read from its name, and what it is from its members,
 * since GraphQL's own predicates refuse a schema that another copy of the library has built.
 */
export function leadsTo({ type }: GraphQLField<unknown, unknown>, schema: GraphQLSchema) {
  const written = String(type)
  const named = schema.getType(written.replace(/[[\]!]/g, ''))
  return { named, isList: /\]!?$/.test(written), isObject: hasFields(named) }
}

type WithFields = GraphQLObjectType | GraphQLInterfaceType

/** Whether a type has fields that an answer may ask for; a type of input has others. */
export const hasFields = (type: GraphQLNamedType | undefined): type is WithFields =>
  type !== undefined && 'getFields' in type && 'getInterfaces' in type

/** The price of a field by itself. */
export const weightOf = (field: GraphQLField<unknown, unknown>, schema: GraphQLSchema) =>
  costOf(field).weight ?? (leadsTo(field, schema).isObject ? 1 : 0)

/**
 * Prices an operation without running it: an upper bound of what it may make the server do, by the
 * sizes that it asks for. The same text with the same variables has the same price, whatever the graph
 * holds. A field that stands there twice counts twice; so do branches for several types.
 *
 * @param priced A document that has been validated: its fields exist and its fragments end.
 */
export function priceOf({ schema, document, operation, variables }: Priced): Price {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  )
  const given = { ...defaultsOf(operation), ...definedIn(variables) }
  const pricing: Pricing = { schema, fragments, given }
  const fields: Record<string, number> = Object.create(null)
  const root = schema.getRootType(operation.operation)
  for (const { node, type } of fieldsOf(operation.selectionSet, root ?? undefined, pricing)) {
    const name = (node.alias ?? node.name).value
    fields[name] = (fields[name] ?? 0) + priceOfField(node, type, { pricing })
  }
  return { price: Object.values(fields).reduce((sum, one) => sum + one, 0), fields }
}

interface Pricing {
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  given: Readonly<Record<string, unknown>>
}

const definedIn = (variables: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined))

const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode) =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, literalOf(defaultValue, {})]] : [],
    ),
  )

/** Only what prices look at: numbers, truth, and how long a list is. */
function literalOf(node: ValueNode, given: Readonly<Record<string, unknown>>): unknown {
  if (node.kind === Kind.VARIABLE) return given[node.name.value]
  if (node.kind === Kind.INT) return Number(node.value)
  if (node.kind === Kind.BOOLEAN) return node.value
  if (node.kind === Kind.LIST) return node.values
  return node.kind === Kind.NULL ? null : {}
}

interface Found {
  node: FieldNode
  type: GraphQLNamedType | undefined
}

/** The fields of a selection, with its fragments spread, but for what is skipped. */
function* fieldsOf(
  set: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  pricing: Pricing,
): Generator<Found> {
  for (const selection of set.selections) {
    if (isSkipped(selection.directives ?? [], pricing)) continue
    if (selection.kind === Kind.FIELD) {
      yield { node: selection, type }
      continue
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : pricing.fragments.get(selection.name.value)
    if (!fragment) continue
    const name = fragment.typeCondition?.name.value
    yield* fieldsOf(fragment.selectionSet, name ? pricing.schema.getType(name) : type, pricing)
  }
}

const isSkipped = (directives: readonly DirectiveNode[], { given }: Pricing) =>
  directives.some(({ name, arguments: [condition] = [] }) => {
    const value = condition && literalOf(condition.value, given)
    return (
      (name.value === 'skip' && value === true) || (name.value === 'include' && value === false)
    )
  })

function priceOfField(
  node: FieldNode,
  type: GraphQLNamedType | undefined,
  { pricing, inherited }: { pricing: Pricing; inherited?: number },
): number {
  const field = hasFields(type) ? type.getFields()[node.name.value] : undefined
  // What introspects has no field here: its size is that of the schema.
  if (!field) return 0
  const { sizedBy, each = 0, assumed = ASSUMED_SIZE } = costOf(field)
  const asked = sizedBy && sizeAsked(field, node, { sizedBy, given: pricing.given })
  const { named, isList, isObject } = leadsTo(field, pricing.schema)
  const below = { pricing, inherited: isList ? undefined : asked }
  let one = isList && isObject ? 1 : 0
  if (node.selectionSet) {
    for (const found of fieldsOf(node.selectionSet, named, pricing)) {
      one += priceOfField(found.node, found.type, below)
    }
  }
  const size = isList ? (asked ?? inherited ?? assumed) : 1
  return weightOf(field, pricing.schema) + each * (asked ?? 0) + size * one
}

/** How many are asked for; what is out of range is the resolver's to refuse, and costs the most. */
function sizeAsked(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  {
    sizedBy: { argument, most },
    given,
  }: { sizedBy: NonNullable<Cost['sizedBy']>; given: Pricing['given'] },
) {
  const written = node.arguments?.find(({ name }) => name.value === argument)
  const value = written && literalOf(written.value, given)
  const said = value ?? field.args.find(({ name }) => name === argument)?.defaultValue
  const size = Array.isArray(said) ? said.length : typeof said === 'number' ? said : most
  return size >= 0 && size <= most ? size : most
}
