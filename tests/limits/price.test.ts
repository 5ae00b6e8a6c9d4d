import fc from 'fast-check'
import {
  type GraphQLObjectType,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { priceOf } from '../../resolvers/price.ts'
import { schema } from '../../schema/index.ts'

/** What a text costs. */
function priced(text: string, variables: Record<string, unknown> = {}) {
  const document = parse(text)
  const operation = getOperationAST(document) as OperationDefinitionNode
  return priceOf({ schema, document, operation, variables })
}
const price = (text: string, variables?: Record<string, unknown>) => priced(text, variables).price

describe('the price of an operation', () => {
  it.each([
    [
      'nothing for plain values and for introspection',
      '{ __typename __schema { types { name } } }',
      0,
    ],
    ['1 for an object, however many of its values are read', '{ node(id: "x") { id } }', 1],
    [
      // The connection, and each of 50: an entity is 1.
      'the default of `first` where the text does not say it',
      '{ entities { nodes { id } } }',
      1 + (1 + 50),
    ],
    ['`first` as it is written', '{ entities(first: 7) { nodes { id } } }', 1 + (1 + 7)],
    ['edges as nodes', '{ entities(first: 7) { edges { cursor node { id } } } }', 1 + (1 + 7 * 2)],
    [
      'lists within lists by multiplying',
      '{ entities(first: 7) { nodes { ... on Job { runs(first: 3) { nodes { id } } } } } }',
      1 + (1 + 7 * (1 + (1 + (1 + 3)))),
    ],
    [
      'lists that nobody sizes as five',
      '{ node(id: "x") { ... on Dataset { derivedFrom { id } } } }',
      1 + (1 + 5),
    ],
    [
      'what stands beside the lists of a page just once',
      '{ lineage(root: "x", first: 500) { frontier } }',
      60,
    ],
    ['a list of ids by its length', '{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3],
    [
      'a batch by its items',
      'mutation { record(items: [{}, {}]) { replayed } }'.replaceAll('{}', '{run: {runId: "x"}}'),
      10 + 2 * 2,
    ],
    [
      'a proof in the log of another tenant much, for each that there may be',
      '{ granted(grant: "x") { lineage(first: 100) { nodes { entity { inclusion { leaf } } } } } }',
      1 + 20 + (1 + 100 * (1 + 1 + 500)),
    ],
    [
      'a simulation by what it is to decide, at its most where nothing says how much that is',
      '{ a: policySimulate(changes: [], requests: [{}, {}]) { compared } b: policySimulate(changes: []) { compared } }'.replaceAll(
        '{}',
        '{subject: "s", issuer: "i", roles: [], permission: "log:read"}',
      ),
      1_000 + 2 * 10 + 1_000 + 500 * 10,
    ],
  ])('is %s', (_what, text, expected) => expect(price(text)).toBe(expected))

  it('takes sizes from variables and from their defaults', () => {
    const text = 'query Q($n: Int! = 9) { entities(first: $n) { nodes { id } } }'
    expect([price(text), price(text, { n: 4 })]).toEqual([11, 6])
    const ids = 'query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    expect(price(ids, { ids: ['a', 'b'] })).toBe(3)
  })

  it('leaves out what is skipped', () => {
    const text =
      'query Q($no: Boolean!) { node(id: "x") @skip(if: $no) { id } log @include(if: $no) { size } }'
    expect(priced(text, { no: true }).fields).toEqual({ log: 1 })
    expect(priced(text, { no: false }).fields).toEqual({ node: 1 })
  })

  it('takes what is out of range, or no number, for the most', () => {
    const most = 1 + (1 + 1_000)
    for (const n of [1_001, 1e9, -1, 'many', {}]) {
      expect(price('query Q($n: Int!) { entities(first: $n) { nodes { id } } }', { n })).toBe(most)
    }
  })

  it('is told for each field at the root, by the name of its answer', () => {
    const text =
      '{ a: log { size } b: entities(first: 2) { nodes { id } } b: entities(first: 2) { nodes { kind } } }'
    expect(priced(text)).toEqual({ price: 9, fields: { a: 1, b: 8 } })
  })

  it('never falls where more is asked for, and is the same by way of a fragment', () => {
    const size = fc.integer({ min: 0, max: 1_000 })
    fc.assert(
      fc.property(size, size, size, (n, more, runs) => {
        const body = `entities(first: $n) { nodes { id ... on Job { runs(first: ${runs}) { nodes { id } } } } }`
        const plain = `query Q($n: Int!) { ${body} }`
        const spread = `query Q($n: Int!) { ...f } fragment f on Query { ${body} }`
        const least = price(plain, { n })
        expect(price(spread, { n })).toBe(least)
        expect(price(plain, { n: Math.min(1_000, n + more) })).toBeGreaterThanOrEqual(least)
      }),
      { numRuns: 50 },
    )
  })
})

it('tells in its description what a field costs, and by which argument', () => {
  const told = (type: string, field: string) =>
    (schema.getType(type) as GraphQLObjectType).getFields()[field]?.description
  expect(told('Query', 'lineage')).toMatch(/\. Price: 10, and what is below for each of `first`\.$/)
  expect(told('Mutation', 'record')).toMatch(/\. Price: 10, and 2 for each of `items`\.$/)
  expect(told('Mutation', 'exportBundle')).toMatch(/\. Price: 5000\.$/)
  expect(told('Dataset', 'derivedFrom')).toContain('(5 where nothing says)')
  expect(told('Dataset', 'name')).not.toContain('Price')
})
