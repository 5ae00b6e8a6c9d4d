import { expect } from 'vitest'
import type { Answer, Saying, TestApp } from '../setup/app.ts'

type Ask = Pick<TestApp, 'ask'>

/**
 * Asks again where the database took too long: on a busy machine the first plan of a text may take
 * longer than any read may, and is there for the next.
 */
export const patient = (test: TestApp): TestApp => ({
  ...test,
  async ask<Data>(query: string, saying?: Saying): Promise<Answer<Data>> {
    for (let tries = 1; ; tries++) {
      const answer = await test.ask<Data>(query, saying)
      const isSlow = answer.errors?.some(({ extensions: { code } }) => code === 'DATABASE_TIMEOUT')
      if (!isSlow || tries === 10 || query.trimStart().startsWith('mutation')) return answer
    }
  },
})

/** The terms of a grant, with what most tests do not care for. */
export interface Terms {
  to: string
  root: string
  direction?: string
  depth?: number
  kinds?: readonly string[]
  fields?: readonly string[]
  begins?: string
  until?: string
}

const CREATE = /* GraphQL */ `
  mutation Give($input: GrantInput!) {
    grantCreate(input: $input) {
      grant { id side from to root direction depth kinds fields begins until revokedAt active reference { seq leaf } }
      position
      replayed
    }
  }`

export interface Given {
  id: string
  side: string
  from: string
  to: string
  root: string
  direction: string
  depth: number
  kinds: string[]
  fields: string[]
  begins: string
  until: string
  revokedAt: string | null
  active: boolean
  reference: { seq: number; leaf: string } | null
}

interface Result {
  grant: Given
  position: string
  replayed: boolean
}

/** In an hour by the machine's clock: longer than any test, and no test waits for it. */
export const soon = () => new Date(Date.now() + 3_600_000).toISOString()

export const tryToGive = (
  { ask }: Ask,
  tenant: string,
  terms: Terms,
  headers: Record<string, string> = {},
): Promise<Answer<{ grantCreate: Result }>> => {
  const defaults = { direction: 'UPSTREAM', depth: 5, kinds: ['Dataset', 'Job'], fields: ['*'] }
  const input = { ...defaults, until: soon(), ...terms }
  return ask(CREATE, { tenant, variables: { input }, headers })
}

/** Gives a grant that must be taken. */
export async function give(test: Ask, tenant: string, terms: Terms): Promise<Given> {
  const { data, errors } = await tryToGive(test, tenant, terms)
  expect(errors).toBeUndefined()
  return data.grantCreate.grant
}

export const tryToRevoke = (
  { ask }: Ask,
  tenant: string,
  id: string,
  headers: Record<string, string> = {},
): Promise<Answer<{ grantRevoke: Result }>> =>
  ask(
    'mutation ($id: ID!) { grantRevoke(id: $id) { grant { id revokedAt active } position replayed } }',
    { tenant, variables: { id }, headers },
  )

export async function revoke(test: Ask, tenant: string, id: string) {
  const { data, errors } = await tryToRevoke(test, tenant, id)
  expect(errors).toBeUndefined()
  return data.grantRevoke.grant
}

export interface Page {
  root: { id: string }
  nodes: { entity: { id: string; kind: string; name: string | null }; distance: number }[]
  edges: { relation: string; from: string; to: string }[]
  total: number
  beyond: number
  hidden: number
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
  position: string
}

export const READ = /* GraphQL */ `
  query Read($grant: ID!, $root: ID, $direction: Direction, $depth: Int, $first: Int = 500, $after: String) {
    granted(grant: $grant) {
      lineage(root: $root, direction: $direction, depth: $depth, first: $first, after: $after) {
        root { id }
        nodes { distance entity { id kind name } }
        edges { relation from to }
        total beyond hidden position
        pageInfo { hasNextPage endCursor }
      }
    }
  }`

/** Asks for lineage within a grant. */
export const tryToRead = (
  { ask }: Ask,
  tenant: string,
  grant: string,
  asked: object = {},
): Promise<Answer<{ granted: { lineage: Page | null } | null }>> =>
  ask(READ, { tenant, variables: { grant, ...asked } })

export async function readGranted(
  test: Ask,
  tenant: string,
  grant: string,
  asked: object = {},
): Promise<Page> {
  const { data, errors } = await tryToRead(test, tenant, grant, asked)
  expect(errors).toBeUndefined()
  return data.granted!.lineage!
}

export const codeOf = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code
