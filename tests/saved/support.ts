import { expect } from 'vitest'
import type { Answer, TestApp } from '../setup/app.ts'

type Ask = Pick<TestApp, 'ask'>

const SHOWN = 'id name version title description operationName document variables retired'

/** A saved query, as the API tells it. */
export interface Saved {
  id: string
  name: string | null
  version: number
  title: string | null
  description: string | null
  operationName: string | null
  document: string | null
  variables: Record<string, unknown> | null
  retired: boolean
}

interface Saying {
  headers?: Record<string, string>
}

export const codeOf = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code

export const SIZE = '{ log { size } }'
export const NAMES = `query Names($first: Int!, $kind: Kind = Dataset) {
  entities(first: $first, kind: $kind) { nodes { kind name } }
}`

export const tryToSave = (
  { ask }: Ask,
  tenant: string,
  input: object,
  saying: Saying = {},
): Promise<
  Answer<{
    savedQuerySave: { savedQuery: Saved; changed: boolean; position: string; replayed: boolean }
  }>
> =>
  ask(
    `mutation ($input: SavedQueryInput!) { savedQuerySave(input: $input) { savedQuery { ${SHOWN} } changed position replayed } }`,
    { tenant, variables: { input }, ...saying },
  )

/** Saves a query that must be taken. */
export async function save(test: Ask, tenant: string, input: object) {
  const { data, errors } = await tryToSave(test, tenant, input)
  expect(errors).toBeUndefined()
  return data.savedQuerySave
}

export const tryToRemove = (
  { ask }: Ask,
  tenant: string,
  name: string,
  saying: Saying = {},
): Promise<Answer<{ savedQueryRemove: { position: string } }>> =>
  ask('mutation ($name: String!) { savedQueryRemove(name: $name) { position } }', {
    ...{ tenant, variables: { name } },
    ...saying,
  })

/** Finds a saved query by its name. */
export async function find({ ask }: Ask, tenant: string, name: string, asOf?: object) {
  const { data, errors } = await ask<{ savedQuery: Saved | null }>(
    `query ($name: String!, $asOf: AsOf) { savedQuery(name: $name, asOf: $asOf) { ${SHOWN} } }`,
    { tenant, variables: { name, asOf } },
  )
  expect(errors).toBeUndefined()
  return data.savedQuery
}

export const tryToList = (
  { ask }: Ask,
  tenant: string,
  asked: { first?: number; after?: string | null; asOf?: object } = {},
): Promise<
  Answer<{
    savedQueries: {
      nodes: Saved[]
      pageInfo: { hasNextPage: boolean; endCursor: string | null }
    }
  }>
> =>
  ask(
    `query ($first: Int = 50, $after: String, $asOf: AsOf) { savedQueries(first: $first, after: $after, asOf: $asOf) {
       nodes { ${SHOWN} } pageInfo { hasNextPage endCursor } } }`,
    { tenant, variables: asked },
  )

/** The names of a list, read page by page. */
export async function namesIn(test: Ask, tenant: string, first: number, asOf?: object) {
  const names: (string | null)[] = []
  for (let after: string | null = null; ; ) {
    const { data, errors } = await tryToList(test, tenant, { first, after, asOf })
    expect(errors).toBeUndefined()
    const { nodes, pageInfo } = data.savedQueries
    names.push(...nodes.map(({ name }) => name))
    if (!pageInfo.hasNextPage) return names
    after = pageInfo.endCursor
  }
}

/** Runs a saved query. */
export const run = <Data = Record<string, never>>(
  { ask }: Ask,
  tenant: string,
  savedQuery: unknown,
  saying: Saying & { variables?: Record<string, unknown> } = {},
): Promise<Answer<Data>> =>
  ask<Data>(undefined as never, { tenant, extensions: { savedQuery }, ...saying })

export const erase = ({ ask }: Ask, tenant: string, id: string) =>
  ask(
    'mutation ($id: ID!) { erase(id: $id, ground: OTHER, reason: "a name in it") { position } }',
    {
      tenant,
      variables: { id },
    },
  )
