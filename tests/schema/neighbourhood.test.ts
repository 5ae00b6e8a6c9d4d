import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { chain, dataset, near, recorded } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, reads, faults } = test

const AROUND = `query Around($id: ID!, $direction: Direction = BOTH, $first: Int = 50, $after: String, $shown: [ID!]) {
  neighbourhood(id: $id, direction: $direction, first: $first, after: $after, shown: $shown) {
    root { entity { name } upstream { count more } downstream { count more } }
    neighbours { entity { id name } upstream { count } downstream { count } }
    edges { relation from to since }
    truncated position
    pageInfo { hasNextPage endCursor }
  }
}`
interface Around {
  root: object
  neighbours: { entity: { id: string; name: string } }[]
  edges: { from: string; to: string }[]
  truncated: boolean
  position: string
  pageInfo: { endCursor: string }
}

async function around(tenant: string, variables: Record<string, unknown>) {
  const { data, errors } = await ask<{ neighbourhood: Around }>(AROUND, { tenant, variables })
  expect(errors).toBeUndefined()
  return data.neighbourhood
}
const namesOf = ({ neighbours }: Around) => neighbours.map(({ entity }) => entity.name)

it('shows what is one hop away, and how many edges lead on from there, with one read', async () => {
  const tenant = await freshTenant()
  const [raw, clean, root] = await chain(test, tenant)
  reads()
  const answer = await around(tenant, { id: clean })
  expect(reads()).toEqual(['neighbourhood both'])
  const one = { count: 1 }
  const none = { count: 0 }
  expect(answer).toMatchObject({
    root: {
      entity: { name: 'clean' },
      upstream: { count: 1, more: false },
      downstream: { count: 1, more: false },
    },
    truncated: false,
    position: '0:6',
  })
  expect([...answer.neighbours].sort((a, b) => (a.entity.name < b.entity.name ? -1 : 1))).toEqual([
    { entity: { id: root, name: 'public' }, upstream: one, downstream: none },
    { entity: { id: raw, name: 'raw' }, upstream: none, downstream: one },
  ])
  expect(
    [...answer.edges].sort((a, b) => (a.from === clean ? -1 : Number(b.from === clean))),
  ).toEqual([
    { relation: 'WAS_DERIVED_FROM', from: clean, to: raw, since: 4 },
    { relation: 'WAS_DERIVED_FROM', from: root, to: clean, since: 5 },
  ])
  expect(faults).toEqual([])
})

it('goes on at the position of the first page, and tells edges to what is shown meanwhile', async () => {
  const tenant = await freshTenant()
  const outcomes = await recorded(test, tenant, [
    dataset('hub'),
    ...['a', 'b', 'c'].map((name) => dataset(name, { derivedFrom: [near('hub')] })),
    dataset('d', { derivedFrom: ['a', 'b', 'c'].map(near) }),
  ])
  const [hub, d] = [outcomes[0]!.id, outcomes[4]!.id]
  const first = await around(tenant, { id: hub, first: 2 })
  expect([first.neighbours.length, first.truncated]).toEqual([2, true])
  await recorded(test, tenant, [dataset('late', { derivedFrom: [near('hub')] })])
  const { endCursor: after } = first.pageInfo
  const next = await around(tenant, { id: hub, first: 2, after, shown: [d] })
  expect(next).toMatchObject({ truncated: false, position: first.position })
  expect([...namesOf(first), ...namesOf(next)].sort()).toEqual(['a', 'b', 'c'])
  const [last] = next.neighbours
  expect(next.edges.map(({ from, to }) => [from, to]).sort()).toEqual(
    [
      [last!.entity.id, hub],
      [d, last!.entity.id],
    ].sort(),
  )
  expect(namesOf(await around(tenant, { id: hub }))).toContain('late')
})

it('refuses what is no question, and a cursor of another', async () => {
  const tenant = await freshTenant()
  const [raw, clean] = await chain(test, tenant)
  const { endCursor: after } = (await around(tenant, { id: clean, first: 1 })).pageInfo
  const refused: [Record<string, unknown>, string][] = [
    [{ id: 'clean' }, 'ENTITY_ID_INVALID'],
    [{ id: clean, shown: ['clean'] }, 'ENTITY_ID_INVALID'],
    [{ id: clean.slice(0, -3).concat('AAA') }, 'LINEAGE_ROOT_UNKNOWN'],
    [{ id: clean, first: 0 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
    [{ id: clean, first: 201 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
    [{ id: clean, shown: Array.from({ length: 501 }, () => raw) }, 'LINEAGE_SHOWN_TOO_MANY'],
    [{ id: raw, after }, 'LINEAGE_CURSOR_INVALID'],
    [{ id: clean, direction: 'UPSTREAM', after }, 'LINEAGE_CURSOR_INVALID'],
  ]
  for (const [variables, code] of refused) {
    const { errors } = await ask(AROUND, { tenant, variables })
    expect(errors, code).toMatchObject([{ extensions: { code } }])
  }
})
