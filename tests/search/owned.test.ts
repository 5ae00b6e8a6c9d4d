import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { leastBody, recordedKind } from '../kinds/recording.ts'
import { expectClean } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'

vi.setConfig({ testTimeout: 120_000 })
const test = await testApp()
const { ask, freshTenant, faults, database } = test

const LINKS = `mutation L($items: [LinksInput!]!) {
  linksRecord(items: $items) { results { id } position }
}`
const OWNED = `query O($by: ID!, $that: OwnedThat, $kinds: [Kind!], $first: Int!, $after: String, $asOf: AsOf) {
  owned(by: $by, that: $that, kinds: $kinds, first: $first, after: $after, asOf: $asOf) {
    nodes { id name }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Owned {
  nodes: { id: string; name: string }[]
  pageInfo: { hasNextPage: boolean; endCursor: string }
}

async function owned(tenant: string, by: string, more: Record<string, unknown> = {}) {
  const nodes: Owned['nodes'] = []
  for (let after: string | undefined; ; ) {
    const variables = { by, first: 3, after, ...more }
    const { data, errors } = await ask<{ owned: Owned }>(OWNED, { tenant, variables })
    expect(errors).toBeUndefined()
    nodes.push(...data.owned.nodes)
    if (!data.owned.pageInfo.hasNextPage) return nodes
    after = data.owned.pageInfo.endCursor
  }
}
const named = (name: string) => ({ namespace: 'x', name })

const principal = async (tenant: string, name: string) => {
  const items = [{ ...named(name), body: { title: name, type: 'team' } }]
  return (await recordedKind(test, 'Principal', { tenant, items }))[0]!.id
}

const packets = (tenant: string, expiries: Record<string, string | undefined>) =>
  recordedKind(test, 'DpiaPacket', {
    tenant,
    items: Object.entries(expiries).map(([name, expiresAt]) => ({
      ...named(name),
      body: {
        ...leastBody('DpiaPacket'),
        expiresAt,
        description: '"expiresAt":"2000-01-01T00:00:00Z"',
      },
    })),
  })

async function link(tenant: string, items: Record<string, readonly string[]>[], names: string[]) {
  const targets = (all: readonly string[]) => all.map(named)
  const { data, errors } = await ask<{
    linksRecord: { results: { id: string }[]; position: string }
  }>(LINKS, {
    tenant,
    variables: {
      items: items.map(({ owners = [], licences = [], assessed = [] }, i) => ({
        entity: { kind: 'Dataset', ...named(names[i]!) },
        ...{ attributedTo: targets(owners), licensedUnder: targets(licences) },
        assessedBy: targets(assessed),
      })),
    },
  })
  expect(errors).toBeUndefined()
  return data.linksRecord
}

const PACKETS = {
  past: '2026-01-01T00:00:00Z',
  just: '2026-02-28T23:30:00Z',
  future: '2027-01-01T00:00:00Z',
  never: undefined,
}
const AT = '2026-02-28T23:30:00Z'
const EXPIRED = new Set(['past', 'just'])

const thing = fc.record({
  owners: fc.subarray(['ann', 'bob']),
  licences: fc.subarray(['mit']),
  assessed: fc.subarray(Object.keys(PACKETS)),
})
type Thing = typeof thing extends fc.Arbitrary<infer One> ? One : never

const holds =
  (that: { hasNoLicence?: boolean; hasNoAssessment?: boolean; assessmentExpiredBy?: string }) =>
  ({ owners, licences, assessed }: Thing) =>
    owners.includes('ann') &&
    (!that.hasNoLicence || licences.length === 0) &&
    (!that.hasNoAssessment || assessed.length === 0) &&
    (!that.assessmentExpiredBy ||
      (assessed.length > 0 && assessed.every((name) => EXPIRED.has(name))))

it('lists what somebody answers for and what is missing from it, now and as of before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(thing, { minLength: 1, maxLength: 8 }),
      fc.array(thing, { minLength: 8, maxLength: 8 }),
      async (before, after) => {
        const tenant = await freshTenant()
        const ann = await principal(tenant, 'ann')
        await packets(tenant, PACKETS)
        const names = before.map((_, i) => `d${i}`)
        const { results, position } = await link(tenant, before, names)
        const ids = results.map(({ id }) => id)
        await link(tenant, after.slice(0, before.length), names)
        for (const that of [
          {},
          { hasNoLicence: true },
          { hasNoAssessment: true },
          { assessmentExpiredBy: AT },
          { hasNoLicence: true, assessmentExpiredBy: AT },
        ]) {
          for (const [world, asOf] of [
            [after.slice(0, before.length), undefined],
            [before, { position }],
          ] as const) {
            const expected = ids.filter((_, i) => holds(that)(world[i]!)).sort()
            const found = await owned(tenant, ann, { that, asOf })
            expect([that, found.map(({ id }) => id)]).toEqual([that, expected])
          }
        }
        await expectClean(database, tenant)
      },
    ),
    { numRuns: 4, endOnFailure: true },
  )
  expect(faults).toEqual([])
})

it('knows kinds, and who is nobody', async () => {
  const tenant = await freshTenant()
  const ann = await principal(tenant, 'ann')
  await link(tenant, [{ owners: ['ann'] }], ['d'])
  await recordedKind(test, 'Model', {
    ...{ tenant, items: [{ ...named('m'), body: { title: 'm' }, attributedTo: [named('ann')] }] },
  })
  const namesOf = async (more = {}) =>
    (await owned(tenant, ann, more)).map(({ name }) => name).sort()
  expect(await namesOf()).toEqual(['d', 'm'])
  expect(await namesOf({ kinds: ['Model'] })).toEqual(['m'])
  expect(await owned(tenant, ann.slice(0, -3).concat('AAA'))).toEqual([])
  const { data } = await ask<{ search: { facets: object } }>(
    '{ search(text: "d") { facets { principals { entity { name } count } } } }',
    { tenant },
  )
  expect(data.search.facets).toEqual({ principals: [{ entity: { name: 'ann' }, count: 1 }] })
})

it('takes issuer and subject of a token together or not at all', async () => {
  const tenant = await freshTenant()
  const record = async (body: object) => {
    const items = [{ ...named('ann'), body: { title: 'Ann', type: 'person', ...body } }]
    const { errors } = await ask(
      'mutation P($items: [PrincipalInput!]!) { principalRecord(items: $items) { position } }',
      { tenant, variables: { items } },
    )
    return errors?.[0]?.extensions.code
  }
  const issuer = 'https://login.example.org/realms/a'
  expect(await record({ issuer, subject: '248289761001' })).toBeUndefined()
  expect(await record({ issuer: null, subject: 'ann' })).toBe('BODY_INVALID')
  expect(await record({ issuer: 'not an address', subject: 'ann' })).toBe('BODY_INVALID')
})
