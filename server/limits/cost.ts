import { type ExecutionArgs, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type Price, priceOf } from '../../resolvers/price.ts'
import type { GraphQLRequest } from '../graphql-request.ts'
import { costAskedWrongly, operationTooCostly } from '../problems.ts'

/** What a request may say as `extensions.cost`: with the answer, or instead of one. */
const WAYS = ['report', 'only']

/**
 * Prices each operation before it runs, and refuses one above `most`. A request whose
 * `extensions.cost` is `report` is told the price with its answer; with `only` nothing is run, and
 * the price is the answer, be it above the most or not.
 *
 * @throws {Problem} `OPERATION_TOO_COSTLY`, `COST_INVALID`.
 */
export function useCost(most: number): Plugin {
  return {
    onSubscribe({ args, context, setResultAndStopExecution }) {
      const { extensions } = (context as unknown as { params: GraphQLRequest }).params
      const price = priceOfArgs(args as ExecutionArgs)
      if (wayOf(extensions) === 'only') {
        const told = { data: null, extensions: { cost: { ...price, most } } }
        return setResultAndStopExecution(told as never)
      }
      if (price.price > most) throw operationTooCostly(price.price, most)
    },
    onExecute({ args, context, setResultAndStopExecution }) {
      const { extensions } = (context as unknown as { params: GraphQLRequest }).params
      const way = wayOf(extensions)
      const price = priceOfArgs(args as ExecutionArgs)
      const told = { cost: { ...price, most } }
      if (way === 'only') return setResultAndStopExecution({ data: null, extensions: told })
      if (price.price > most) throw operationTooCostly(price.price, most)
      if (way === undefined) return
      return {
        onExecuteDone({ result }) {
          if (Symbol.asyncIterator in result) return
          result.extensions = { ...result.extensions, ...told }
        },
      }
    },
  }
}

function wayOf(extensions: GraphQLRequest['extensions']) {
  const way = extensions?.cost
  if (way === undefined || WAYS.includes(way as string)) return way
  throw costAskedWrongly()
}

function priceOfArgs({ schema, document, operationName, variableValues }: ExecutionArgs): Price {
  const operation = getOperationAST(document, operationName)
  // The executor says what is wrong where there is none, or no telling which.
  if (!operation) return { price: 0, fields: {} }
  return priceOf({ schema, document, operation, variables: variableValues ?? {} })
}
