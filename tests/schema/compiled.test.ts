import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { dataset, job, near, recorded, run } from './recording.ts'

const test = await testApp()
const { ask, freshTenant } = test

const tenant = await freshTenant()
const outcomes = await recorded(test, tenant, [
  dataset('a', { facets: [{ group: 'dataset', name: 'x', value: { big: 1, list: [null] } }] }),
  job('j', { uses: [near('a')], description: 'It reads.' }),
  dataset('b', { generatedBy: [near('j')], derivedFrom: [near('b')] }),
  run('01936893-9751-7a91-a2a0-a51101a3970c', { job: near('j'), state: 'FAIL' }),
])
const [a, , b] = outcomes.map(({ id }) => id)

/** Operations that use what a compiler may get wrong; each is one that we take. */
it.each([
  [
    'interfaces and fragments',
    `{ entities { nodes { ...named ... on Job { description uses { ...named } } } } } fragment named on Entity { __typename id name }`,
  ],
  [
    'a node by its interface',
    '{ node(id: $a) { __typename id ... on Dataset { name facets { value } } } }',
  ],
  [
    'aliases of one field with other arguments',
    '{ up: lineage(root: $b) { total } down: lineage(root: $a, direction: DOWNSTREAM) { total nodes { entity { name } } } }',
  ],
  [
    'variables that skip and include',
    '{ entity(id: $a) { id @skip(if: $yes) name @include(if: $no) version @include(if: $yes) } }',
  ],
  ['a null where nothing is', '{ entity(id: $none) { id } nodes(ids: [$a, $none]) { id } }'],
  [
    'an error beside an answer',
    '{ bad: lineage(root: $none) { total } good: entity(id: $a) { name } }',
  ],
  ['an error below an answer', '{ log { size inclusion(seq: 4000) { seq } } }'],
  [
    'scalars, enums and lists',
    '{ entities { nodes { kind version seq recordedAt facets(group: dataset) { group name value } } } }',
  ],
  [
    'connections in connections',
    '{ runs(of: {job: $j}) { nodes { state startedAt job { ... on Job { runs(first: 1) { edges { cursor node { name } } pageInfo { hasNextPage } } } } } } }',
  ],
  [
    'the schema itself',
    '{ __schema { queryType { name } types { name kind } } __type(name: "Entity") { possibleTypes { name } } }',
  ],
  ['a default for an argument', '{ lineage(root: $b) { truncated pageInfo { hasNextPage } } }'],
])('answers the same compiled as interpreted: %s', async (_what, text) => {
  const used = [...new Set(text.match(/\$(a|b|j|none|yes|no)\b/g) ?? [])]
  const types: Record<string, string> = { $yes: 'Boolean!', $no: 'Boolean!' }
  const head = used.map((name) => `${name}: ${types[name] ?? 'ID!'}`).join(', ')
  const query = `query Same${head && `(${head})`} ${text}`
  const all: Record<string, unknown> = {
    a,
    b,
    j: outcomes[1]!.id,
    none: `urn:selvedge:dataset:h:${'A'.repeat(43)}`,
    yes: true,
    no: false,
  }
  const variables = Object.fromEntries(used.map((name) => [name.slice(1), all[name.slice(1)]]))
  const asking = { tenant, variables, headers: { 'x-request-id': 'the-same' } }
  const [interpreted, ...compiled] = [
    await ask(query, asking),
    await ask(query, asking),
    await ask(query, asking),
  ]
  for (const one of compiled) expect(one).toEqual(interpreted)
  expect(JSON.stringify(interpreted)).not.toContain('INTERNAL')
})

it.each([
  ['no owner', 'query Q($of: RunsOf!) { runs(of: $of) { nodes { id } } }', { of: {} }],
  ['a list as an owner', 'query Q($of: RunsOf!) { runs(of: $of) { nodes { id } } }', { of: [] }],
  [
    'two owners',
    'query Q($of: RunsOf!) { runs(of: $of) { nodes { id } } }',
    { of: { job: outcomes[1]!.id, edge: { relation: 'USED', from: outcomes[1]!.id, to: a } } },
  ],
  ['an owner left out', 'query Q($j: ID) { runs(of: {job: $j}) { nodes { id } } }', {}],
  ['an empty owner', 'query Q($j: ID!) { runs(of: {job: $j}) { nodes { id } } }', { j: '' }],
  ['a name that every object has', '{ __proto__: log { __proto__: size toString: origin } }', {}],
  [
    'a variable that every object has, left out',
    'query Q($constructor: Int) { entities(first: $constructor) { nodes { id } } }',
    {},
  ],
  [
    'a variable that may not be null, with a default',
    'query Q($first: Int! = 2) { entities(first: $first) { nodes { id } } }',
    {},
  ],
])('answers the same at any time, and faultlessly: %s', async (_what, query, variables) => {
  const asking = { tenant, variables, headers: { 'x-request-id': 'the-same' } }
  const [first, ...later] = [
    await ask(query, asking),
    await ask(query, asking),
    await ask(query, asking),
  ]
  for (const one of later) expect(JSON.stringify(one)).toBe(JSON.stringify(first))
  expect(first!.status).toBeLessThan(500)
  expect(test.faults).toEqual([])
})

it('keeps the operations of one document apart', async () => {
  const query = 'query One { log { size } } query Two { log { origin } }'
  const named = async (operationName: string) => {
    const response = await test.app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
        body: JSON.stringify({ query, operationName }),
      }),
    )
    return (await response.json()) as { data: { log: object } }
  }
  for (let i = 0; i < 3; i++) {
    expect(Object.keys((await named('One')).data.log)).toEqual(['size'])
    expect(Object.keys((await named('Two')).data.log)).toEqual(['origin'])
  }
})
