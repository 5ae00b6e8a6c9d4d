import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChangesAsked, RecordedChange } from '../../domains/changes/changes.ts'
import { MOST_CHANGES, readChanges } from '../../domains/changes/read-changes.ts'
import { query } from '../../lineage/graph.ts'
import { DIRECTIONS } from '../../lineage/traversal-texts.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { happen, histories, RUNS } from '../time/happening.ts'
import { headersOf } from '../time/replay.ts'
import { under } from './reference.ts'

const test = await testApp()
const { ask, freshTenant, database } = test

const START = { epoch: 0, seq: 0 }

/** Every page to the end, each from where the one before says to go on. */
async function allOf(tenant: string, asked: Partial<ChangesAsked>): Promise<RecordedChange[]> {
  const told: RecordedChange[] = []
  let after = asked.after ?? START
  for (;;) {
    const page = await readChanges(database.graph(tenant), { first: 100, ...asked, after })
    if (!page) throw new Error(`no tenant ${tenant}`)
    expect(page.changes.length).toBeLessThanOrEqual(asked.first ?? 100)
    told.push(...page.changes)
    if (page.through.seq >= page.end.seq) return told
    expect(page.through.seq).toBeGreaterThan(after.seq)
    after = page.through
  }
}

const seqsOf = (changes: readonly RecordedChange[]) => changes.map(({ header }) => header.seq)

describe('any history', () => {
  it('is told record by record, in order, in pages of any size, from any position on', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.constantFrom(1, 3, 100),
        fc.nat(),
        async (history, first, at) => {
          const tenant = await freshTenant()
          for (const happening of history) await happen(test, tenant, happening)
          const headers = await headersOf(database.graph(tenant).read)

          const told = await allOf(tenant, { first })
          expect(told.map(({ header }) => header)).toEqual(headers)
          for (const { position, header, entity } of told) {
            expect(position).toEqual({ epoch: 0, seq: header.seq + 1 })
            expect(entity).toMatchObject({ id: header.id, kind: header.kind })
          }
          const seq = at % (headers.at(-1)!.seq + 2)
          const rest = await allOf(tenant, { first, after: { epoch: 0, seq } })
          expect(seqsOf(rest)).toEqual(seqsOf(told).filter((one) => one >= seq))
          const kinds = ['Job', 'Run'] as const
          const some = await allOf(tenant, { first, kinds })
          expect(seqsOf(some)).toEqual(
            seqsOf(told.filter(({ entity }) => (kinds as readonly string[]).includes(entity.kind))),
          )
        },
      ),
      { ...RUNS, numRuns: 2 },
    )
  })

  it('is told under a root as a walk before and after every record says', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.constantFrom(2, 100), async (history, first) => {
        const tenant = await freshTenant()
        for (const happening of history) await happen(test, tenant, happening)
        const headers = await headersOf(database.graph(tenant).read)
        const roots = new Set(headers.map(({ id }) => id).filter((id) => !id.includes(':run:')))
        for (const [i, root] of [...roots].entries()) {
          const direction = DIRECTIONS[i % 3]!
          const depth = [20, 1, 2, 0][i % 4]!
          const asked = { root, direction, depth }
          const told = await allOf(tenant, { first, under: asked })
          expect(seqsOf(told)).toEqual(under(headers, asked).map(({ seq }) => seq))
        }
      }),
      { ...RUNS, numRuns: 3 },
    )
  })
})

it('tells what comes into a lineage, and what goes out of it by its own record', async () => {
  const tenant = await freshTenant()
  const [raw] = await recorded(test, tenant, [dataset('raw')])
  const [made] = await recorded(test, tenant, [
    dataset('made', { derivedFrom: [{ namespace: 'db', name: 'raw' }] }),
  ])
  await recorded(test, tenant, [dataset('apart')])
  await ask('mutation Retire($id: ID!) { retire(id: $id) { position } }', {
    tenant,
    variables: { id: made!.id },
  })
  await recorded(test, tenant, [dataset('made', { description: 'no part of it any more' })])

  const told = await allOf(tenant, {
    under: { root: raw!.id, direction: 'DOWNSTREAM', depth: 1 },
  })

  expect(told.map(({ entity, header }) => [entity.name, header.action])).toEqual([
    ['raw', 'assert'],
    ['made', 'assert'],
    ['made', 'retire'],
  ])
})

it('says nothing of a name that is erased since, and by what it is', async () => {
  const tenant = await freshTenant()
  const [own] = await recorded(test, tenant, [dataset('a person')])
  await ask(
    'mutation Erase($id: ID!) { erase(id: $id, ground: OTHER, reason: "a test") { position } }',
    {
      tenant,
      variables: { id: own!.id },
    },
  )

  const told = await allOf(tenant, { kinds: ['Dataset'] })

  expect(JSON.stringify(told)).not.toContain('a person')
  expect(told.map(({ header }) => header.action)).toEqual(['assert', 'erase'])
  expect(told[0]!.erased).toBe(told[1]!.header.seq)
  expect(told[1]!.erasure).toMatch(/^urn:selvedge:erasure:/)
})

it('tells a tenant nothing of another, though their ids are the same', async () => {
  const [own, other] = [await freshTenant(), await freshTenant()]
  await recorded(test, other, [dataset('theirs'), dataset('shared')])
  await recorded(test, own, [dataset('shared')])

  const told = await allOf(own, { kinds: ['Dataset'] })

  expect(told.map(({ entity, header }) => [entity.name, header.tenant])).toEqual([['shared', own]])
  expect(await readChanges(database.graph('nobody'), { after: START, first: 1 })).toBeUndefined()
})

it('goes on past a long stretch of other leaves and kinds, with an empty page', async () => {
  const tenant = await freshTenant()
  for (let i = 0; i < 5; i++) {
    await recorded(
      test,
      tenant,
      Array.from({ length: 450 }, (_, j) => dataset(`d ${i} ${j}`)),
    )
  }
  const page = await readChanges(database.graph(tenant), {
    after: { epoch: 0, seq: 3 },
    first: 10,
    kinds: ['Job'],
  })

  expect(page).toMatchObject({ changes: [], through: { seq: 2_003 } })
  expect(page!.end.seq).toBeGreaterThan(2_003)
  expect(await allOf(tenant, { kinds: ['Tenant'] })).toHaveLength(1)
})

const RESTORED = query(`
  // a log that was restored
  MATCH (log:Log {tenant: $tenant}) SET log.epoch = 1, log.kept = [4]`)

it('refuses to go on where a restore cut off what was seen, and goes on where it did not', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('a'), dataset('b')])
  await database.graph(tenant).write(({ run }) => run(RESTORED))
  const from = (seq: number) =>
    readChanges(database.graph(tenant), { after: { epoch: 0, seq }, first: 5 })

  expect((await from(4))!.through.epoch).toBe(1)
  await expect(from(5)).rejects.toMatchObject({ code: 'POSITION_LOST' })
})

it.each([
  [0, 'LINEAGE_PAGE_OUT_OF_RANGE'],
  [MOST_CHANGES + 1, 'LINEAGE_PAGE_OUT_OF_RANGE'],
  [1.5, 'LINEAGE_PAGE_OUT_OF_RANGE'],
])('refuses a page of %s', async (first, code) => {
  const tenant = await freshTenant()
  const page = (some: number) => readChanges(database.graph(tenant), { after: START, first: some })

  await expect(page(first)).rejects.toMatchObject({ code })
  expect((await page(MOST_CHANGES))!.changes).toHaveLength(1)
})

it.each([-1, 21, 0.5])('refuses a depth of %s', async (depth) => {
  const tenant = await freshTenant()
  const asked = { root: 'urn:selvedge:dataset:h:x', direction: 'UPSTREAM', depth } as const

  await expect(
    readChanges(database.graph(tenant), { after: START, first: 1, under: asked }),
  ).rejects.toMatchObject({ code: 'LINEAGE_DEPTH_OUT_OF_RANGE' })
})
