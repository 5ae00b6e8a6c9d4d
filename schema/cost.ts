import type { GraphQLSchema } from 'graphql'
import {
  ASSUMED_SIZE,
  type Cost,
  costOf,
  hasFields,
  leadsTo,
  weightOf,
} from '../resolvers/price.ts'

/** Declares what a field costs: `extensions: cost({ weight: 10 })`. */
export const cost = (declared: Cost) => ({ cost: declared })

/** A list or connection whose size an argument says. */
export const sizedBy = (argument: string, most: number, more: Omit<Cost, 'sizedBy'> = {}) =>
  cost({ ...more, sizedBy: { argument, most } })

/**
 * Tells the price of each field at the end of its description, where introspection, GraphiQL and
 * whoever generates documentation find it. What costs nothing by itself is not told of.
 */
export function describePrices(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !hasFields(type)) continue
    for (const field of Object.values(type.getFields())) {
      const told = tellPrice(field, schema)
      if (told) field.description = `${field.description} ${told}`
    }
  }
  return schema
}

function tellPrice(field: Parameters<typeof costOf>[0], schema: GraphQLSchema) {
  const { sizedBy: sized, each, assumed = ASSUMED_SIZE } = costOf(field)
  const { isList, isObject } = leadsTo(field, schema)
  const isPaged = isList && isObject
  const weight = weightOf(field, schema)
  const parts = [
    ...(weight > 0 ? [`${weight}`] : []),
    ...(each && sized ? [`${each} for each of \`${sized.argument}\``] : []),
    ...(sized && !each ? [`what is below for each of \`${sized.argument}\``] : []),
    ...(isPaged && !sized ? [`1 and what is below for each (${assumed} where nothing says)`] : []),
  ]
  return parts.length > 0 && !(parts.length === 1 && weight === 1)
    ? `Price: ${parts.join(', and ')}.`
    : ''
}
