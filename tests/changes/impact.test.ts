import fc from 'fast-check'
import { expect, it } from 'vitest'
import { holdsAt } from '../../domains/terms/assessment.ts'
import type { Said } from '../../proofs/terms/statement.ts'
import { impactQuestion, impactWorld } from '../impact/arbitrary.ts'
import { IMPACT, type ImpactAnswer, told, variablesOf } from '../impact/asking.ts'
import { impactByHand } from '../impact/reference.ts'
import { testApp } from '../setup/app.ts'
import { carryOut, daysSince, later, recordWorld, withClauses } from './carried-out.ts'
import { subscribe } from './subscriber.ts'

const test = await testApp()
const { app, ask, freshTenant, ledger } = test

const EFFECTS = `subscription Effects($after: String!) {
  changes(after: $after) {
    version { seq at: recordedAt }
    impact { nodes { entity { id kind name } distance effect reasonCount
      reasons { cause effect rule { type action } unknown license { id } clause { id } spdx }
      owners { id } } }
  }
}`

interface Effect {
  version: { seq: number; at: string }
  impact: Pick<ImpactAnswer['impact'], 'nodes'> | null
}

/** What a subscription tells of the record at a place of the log. */
async function effectOf(tenant: string, seq: number): Promise<Effect> {
  const subscriber = await subscribe({
    ...{ send: (request) => app.fetch(request), tenant, query: EFFECTS },
    variables: { after: `0:${seq}` },
  })
  const result = await subscriber.next()
  subscriber.cut()
  expect(result?.errors).toBeUndefined()
  const effect = result!.data!.changes as unknown as Effect
  expect(effect.version.seq).toBe(seq)
  return effect
}

type Nodes = ImpactAnswer['impact']['nodes']

/** Reasons that are as grave as each other come in any order. */
const sorted = (nodes: Nodes) =>
  nodes.map((node) => ({
    ...node,
    reasons: node.reasons.map((reason) => JSON.stringify(reason)).sort(),
  }))

/** What must not be left to chance: a withdrawal, a retirement, an end and an erasure in each world. */
const ENDS = (
  [
    ['model', 'RETIRE'],
    ['source', 'RETIRE'],
    ['dpiapacket', 'EXPIRE'],
    ['dataset', 'ERASE'],
  ] as const
).map(([kind, change]) => ({
  root: `urn:selvedge:${kind}:h:${'0'.padEnd(43, 'A')}`,
  change: { do: change },
}))

/** Kinds of which it matters what they say, which nobody knows once it is erased. */
const SPEAKING = ['license', 'clause', 'dpiapacket', 'transformation']

/** Everything that a dry run told is told, and nothing that was erased. */
function expectNothingLeftOut({ before, after }: Record<'before' | 'after', Nodes>) {
  const ids = after.map(({ entity }) => entity.id)
  expect(ids).toEqual(expect.arrayContaining(before.map(({ entity }) => entity.id)))
  for (const { cause, rule, unknown } of after.flatMap(({ reasons }) => reasons)) {
    expect(rule).toBeNull()
    expect([cause, unknown]).toEqual(
      cause === 'TERM_COMES'
        ? [cause, expect.stringMatching(/^(LICENSE|CLAUSE)_ERASED$/)]
        : [expect.stringMatching(/^(ASSESSMENT_ENDS|TRANSFORMATION_GOES)$/), null],
    )
  }
}

it('tells of any change just what its dry run told, and what asking everything before and after it tells', async () => {
  const kinds = new Map<string, number>()
  const causes = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      impactWorld,
      fc.array(impactQuestion, { minLength: 6, maxLength: 6 }),
      async (thought, questions) => {
        const days = daysSince(questions[0]!.at.slice(0, 10))
        const { said, edges } = thought
        const world = { said: new Map(later([...said], days)), edges }
        const tenant = await freshTenant()
        const standing = await recordWorld(ledger, tenant, world)

        for (const question of [...questions, ...ENDS]) {
          const asked = standing.named(later(question, days))
          const change = await withClauses(ledger, standing, asked.change)
          const { root } = asked
          const at = new Date().toISOString()
          const variables = { ...variablesOf({ root, change, at }), first: 200 }
          const dry = await ask<ImpactAnswer>(IMPACT, { tenant, variables })
          // What a licence or clause that says nothing yet would say may not be whole.
          if (dry.errors?.[0]?.extensions.code === 'BODY_INVALID') continue
          expect({ errors: dry.errors, faults: test.faults.map(String) }).toEqual({ faults: [] })
          const { nodes } = dry.data.impact
          const before = { ...standing, said: new Map(standing.said) }
          const outcome = await carryOut(ledger, standing, { root, change })
          if (!outcome.changed) {
            expect({ question, nodes }).toEqual({ question, nodes: [] })
            continue
          }

          const { version, impact } = await effectOf(tenant, outcome.seq)

          const isEnd = change.do === 'EXPIRE'
          if (isEnd && !holdsAt(before.said.get(root) as Said | undefined, version.at)) {
            // What held no more, if it ever did, did not end now.
            expect(impact).toBeNull()
            continue
          }
          if (change.do === 'ERASE' && SPEAKING.includes(root.split(':')[2]!)) {
            expectNothingLeftOut({ before: nodes, after: impact!.nodes })
            continue
          }
          expect({ question, nodes: sorted(impact!.nodes) }).toEqual({
            question,
            nodes: sorted(nodes),
          })
          const expected = impactByHand(before, { root, change, at: version.at })
          expect(new Map(nodes.map(told).map(({ id, ...row }) => [id, row]))).toEqual(expected)
          const what = `${change.do} ${root.split(':')[2]}`
          if (nodes.length > 0) kinds.set(what, (kinds.get(what) ?? 0) + 1)
          for (const { reasons } of nodes) for (const { cause } of reasons) causes.add(cause)
        }
      },
    ),
    { numRuns: 6, endOnFailure: true },
  )
  // What was compared is not all trivial.
  expect([...kinds.keys()]).toEqual(
    expect.arrayContaining([
      ...['TERMS license', 'TERMS clause', 'RETIRE source', 'EXPIRE dpiapacket'],
      ...['RETIRE model', 'ERASE dataset'],
    ]),
  )
  expect(causes.size).toBeGreaterThan(5)
}, 240_000)
