import type {
  GraphQLAbstractType,
  GraphQLArgument,
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInputType,
  GraphQLList,
  GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
} from 'graphql'
import { HOSTILE_TEXTS, type Next, oneOf } from './mutate.ts'

// By their tags and not by their classes: a test's graphql is another copy than the schema's.
const tag = (type: object) => Object.prototype.toString.call(type)
const isEnumType = (type: object): type is GraphQLEnumType =>
  tag(type) === '[object GraphQLEnumType]'
const isListType = (type: object): type is GraphQLList<GraphQLInputType> =>
  tag(type) === '[object GraphQLList]'
const isNonNullType = (type: object): type is GraphQLNonNull<GraphQLList<GraphQLInputType>> =>
  tag(type) === '[object GraphQLNonNull]'
const isInputObjectType = (type: object): type is GraphQLInputObjectType =>
  tag(type) === '[object GraphQLInputObjectType]'
const isObjectType = (type: object): type is GraphQLObjectType =>
  tag(type) === '[object GraphQLObjectType]'
const isAbstractType = (type: object): type is GraphQLAbstractType =>
  /GraphQL(Interface|Union)Type/.test(tag(type))
const getNamedType = (type: GraphQLOutputType): GraphQLNamedType =>
  'ofType' in type ? getNamedType(type.ofType as GraphQLOutputType) : type

/** Values that exist in the world asked about, by the names of the arguments that take them. */
export type Known = Readonly<Record<string, readonly unknown[]>>

/** Every name of a schema's language, and its punctuation. */
export function wordsOf(schema: GraphQLSchema): string[] {
  const names = Object.values(schema.getTypeMap()).flatMap((type) => [
    type.name,
    ...('getFields' in type ? Object.values(type.getFields()) : []).flatMap((field) => [
      field.name,
      ...('args' in field ? (field.args as GraphQLArgument[]).map(({ name }) => name) : []),
    ]),
    ...(isEnumType(type) ? type.getValues().map(({ name }) => name) : []),
  ])
  const grammar = '{ } ( ) [ ] : ! | & = @ $ ... " """ # , query mutation subscription fragment on'
  const more =
    '@skip(if: true) @include(if: false) @defer @stream true false null 1e999 -0 __schema'
  return [...new Set([...names, ...grammar.split(' '), ...more.split(' ')])]
}

/** A document that the schema allows, or nearly: any root fields, any arguments, some levels deep. */
export function documentFrom(next: Next, schema: GraphQLSchema, known: Known): string {
  const isMutation = next(5) === 0
  const root = isMutation ? schema.getMutationType()! : schema.getQueryType()!
  const alias = next(6) === 0 ? `a${next(3)}: ` : ''
  const fields = Array.from({ length: 1 + next(3) }, () => alias + field(root, 4))
  return `${isMutation ? 'mutation' : 'query'} { ${fields.join(' ')} }`

  function field(of: GraphQLNamedType, depth: number): string {
    if (!('getFields' in of)) return '__typename'
    const chosen = oneOf(next, Object.values(of.getFields()))
    const args = 'args' in chosen ? argsOf(chosen.args) : ''
    return `${chosen.name}${args}${'args' in chosen ? selection(chosen.type, depth) : ''}`
  }

  function selection(type: GraphQLOutputType, depth: number): string {
    const named = getNamedType(type)
    if (isAbstractType(named)) {
      const parts = schema.getPossibleTypes(named).map(({ name }) => name)
      const on = schema.getType(oneOf(next, parts))!
      return `{ __typename ... on ${on.name} { ${depth > 0 ? field(on, depth - 1) : '__typename'} } }`
    }
    if (!isObjectType(named)) return ''
    if (depth === 0) return '{ __typename }'
    const fields = Array.from({ length: 1 + next(4) }, () => field(named, depth - 1))
    return `{ ${fields.join(' ')} }`
  }

  function argsOf(args: readonly GraphQLArgument[]): string {
    const given = args.filter(({ type }) => isNonNullType(type) || next(2) === 0)
    const said = given.map(({ name, type }) => `${name}: ${value(name, type, 3)}`)
    return said.length > 0 ? `(${said.join(', ')})` : ''
  }

  function value(name: string, type: GraphQLInputType, depth: number): string {
    if (isNonNullType(type)) return value(name, type.ofType, depth)
    if (next(25) === 0) return 'null'
    if (isListType(type)) {
      const items = Array.from({ length: next(3) }, () => value(name, type.ofType, depth - 1))
      return `[${items.join(', ')}]`
    }
    if (isEnumType(type)) return oneOf(next, type.getValues()).name
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields())
      const given = type.isOneOf
        ? [oneOf(next, fields)]
        : fields.filter((each) => isNonNullType(each.type) || (depth > 0 && next(3) === 0))
      const said = given.map((each) => `${each.name}: ${value(each.name, each.type, depth - 1)}`)
      return `{ ${said.join(', ')} }`
    }
    return JSON.stringify(scalar(name, (type as GraphQLScalarType).name))
  }

  function scalar(name: string, type: string): unknown {
    if (next(12) === 0) return oneOf(next, HOSTILE_TEXTS)
    const some = known[name]
    if (some) return oneOf(next, some)
    if (type === 'Int' || type === 'Seq') return oneOf(next, [0, 1, 2, 5, 20, 100, -1, 2 ** 31 - 1])
    if (type === 'Boolean') return next(2) === 0
    if (type === 'ID') return oneOf(next, known.id!)
    if (type === 'DateTime') return '2026-01-01T00:00:00Z'
    return oneOf(next, ['a', 'b', 'public.orders', 'facet:dataset:owner'])
  }
}
