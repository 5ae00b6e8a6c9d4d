import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { cpuMs } from '../setup/cpu.ts'

const { ask } = await testApp()

const nest = (depth: number) => {
  const pairs = Math.floor((depth - 3) / 2)
  return `{ node(id: "x") { ... on Job { ${'runs { nodes { ... on Run { job { ... on Job { '.repeat(pairs)} id ${'} } } } }'.repeat(pairs)} } } }`
}
it.each([
  ['depth', nest(40), 'a depth'],
  [
    'aliases',
    `{ ${Array.from({ length: 51 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    'aliases',
  ],
  ['root fields', `{ ${'__typename '.repeat(21)} }`, 'fields at its root'],
  ['fields', `{ log { ${'size '.repeat(1_001)} } }`, 'fields'],
  [
    'fields by way of fragments of fragments',
    `{ log { ...f0 } } ${Array.from({ length: 12 }, (_, i) => `fragment f${i} on Log { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f12 on Log { size }`,
    'fields',
  ],
  ['nested fields', `${'{ a '.repeat(5_000)}${'}'.repeat(5_000)}`, 'a nesting'],
  ['nested lists', `{ node(id: ${'['.repeat(40_000)}${']'.repeat(40_000)}) { id } }`, 'a nesting'],
  [
    'nested types',
    `query Q($a: ${'['.repeat(20_000)}ID${']'.repeat(20_000)}) { __typename }`,
    'a nesting',
  ],
  ['nested fragments', `{ ${'... { '.repeat(9_000)}id${' }'.repeat(9_000)} }`, 'a nesting'],
  [
    'fragments in a chain',
    `{ ...f0 } ${Array.from({ length: 1_100 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} }`).join(' ')}`,
    'fragments',
  ],
  [
    'root fields by way of a fragment',
    `{ ...f } fragment f on Query { ${'__typename '.repeat(21)} }`,
    'fields at its root',
  ],
])('refuses too many or too much: %s', async (_what, query, what) => {
  let answer: Awaited<ReturnType<typeof ask>> | undefined
  const took = await cpuMs(async () => {
    answer = await ask(query)
  })
  expect(took).toBeLessThan(500)
  const { errors, status } = answer!
  expect(errors).toMatchObject([
    { message: expect.stringContaining(what), extensions: { code: 'OPERATION_TOO_LARGE' } },
  ])
  expect(status).toBe(400)
})

it('counts no bracket that stands in a text or a comment', async () => {
  const open = '['.repeat(1_000)
  const { data, errors } = await ask(`{ __type(name: "${open}") { name } } # ${open}`)
  expect([data, errors]).toEqual([{ __type: null }, undefined])
})

it('takes 200 fragments in a chain', async () => {
  const chain = Array.from({ length: 199 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} }`)
  const { data } = await ask(`{ ...f0 } ${chain.join(' ')} fragment f199 on Query { __typename }`)
  expect(data).toEqual({ __typename: 'Query' })
})

it('refuses a text of too many tokens before it is read to the end', async () => {
  const { errors } = await ask(`{ ${'a '.repeat(200_000)} }`)
  expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }])
})

it('leaves fragments that go in circles to validation', async () => {
  const { errors } = await ask('{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }')
  expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
})
