import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TestApp } from '../setup/app.ts'
import { testApp } from '../setup/app.ts'
import { impactQuestion, impactWorld, lengths } from './arbitrary.ts'
import { IMPACT, type ImpactAnswer, told, variablesOf } from './asking.ts'
import { impactByHand } from './reference.ts'
import { seedImpact, worldOf } from './world.ts'

const test: TestApp = await testApp()
const newTenant = () => `t-${crypto.randomUUID()}`

/** All pages, each asked for by the cursor that the one before gave. */
async function pagesOf(tenant: string, asked: Record<string, unknown>, first: number) {
  const rows: ReturnType<typeof told>[] = []
  let counted: ImpactAnswer['impact']['counts']
  for (let after: string | null = null; ; ) {
    const variables: Record<string, unknown> = { ...asked, first, after, counted: after === null }
    const answer = await test.ask<ImpactAnswer>(IMPACT, { tenant, variables })
    if (answer.errors) return { refused: answer.errors[0]!.extensions.code as string, rows }
    const { nodes, pageInfo, counts }: ImpactAnswer['impact'] = answer.data.impact
    rows.push(...nodes.map(told))
    counted ??= counts
    if (!pageInfo.hasNextPage) return { rows, counts: counted }
    expect(nodes).toHaveLength(first)
    after = pageInfo.endCursor
  }
}

it('tells all that a change affects, and nothing else, as asking everything before and after it does', async () => {
  const causes = new Set<string>()
  let answered = 0
  await fc.assert(
    fc.asyncProperty(
      impactWorld,
      impactWorld,
      fc.array(fc.tuple(impactQuestion, lengths, fc.integer({ min: 1, max: 4 })), {
        minLength: 8,
        maxLength: 8,
      }),
      async (world, other, questions) => {
        const tenant = newTenant()
        await seedImpact(test.database, tenant, world)
        // Another tenant has things of the same ids, and other edges between them.
        await seedImpact(test.database, `${tenant}-b`, other)
        for (const [question, n, first] of questions) {
          const asked = { ...variablesOf(question), asOf: { position: `0:${n}` } }
          const { rows, counts, refused } = await pagesOf(tenant, asked, first)
          // What a licence or clause that says nothing yet would say may not be whole.
          if (refused === 'BODY_INVALID') continue
          expect({ refused, faults: test.faults.map(String) }).toEqual({
            refused: undefined,
            faults: [],
          })
          const expected = [...impactByHand(worldOf(world, n), question)]
            .map(([id, row]) => ({ id, ...row }))
            .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
          expect({ question, rows }).toEqual({ question, rows: expected })
          expect(counts!.total).toBe(expected.length)
          for (const { effect, count } of counts!.byEffect) {
            expect(count).toBe(expected.filter((row) => row.effect === effect).length)
          }
          for (const { reasons } of rows) {
            for (const reason of reasons) causes.add(reason.split(' ').slice(0, 2).join(' '))
          }
          answered += rows.length
        }
      },
    ),
    { numRuns: 20, endOnFailure: true },
  )
  // What was compared is not all trivial.
  expect(answered).toBeGreaterThan(200)
  expect(causes.size).toBeGreaterThan(10)
}, 240_000)
