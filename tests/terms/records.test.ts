import fc from 'fast-check'
import { expect, it } from 'vitest'
import { near } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { headersOf } from '../time/replay.ts'
import { day, question } from './arbitrary.ts'
import { DATASETS, step, take } from './history.ts'
import { worldAt } from './recorded.ts'
import { type Asked, termsByHand } from './reference.ts'

const test = await testApp()
const { ask, freshTenant, database } = test

const TERMS = `query Terms($id: ID!, $at: DateTime, $asOf: AsOf, $first: Int!, $after: String) {
  terms(id: $id, at: $at, asOf: $asOf, first: $first, after: $after) {
    nodes { rule { type action } unknown license { id } clause { id } spdx isChoice path { entities { id } hops { from to } } }
    total pageInfo { hasNextPage endCursor }
  }
}`
const MAY_USE = `query MayUse($id: ID!, $action: String!, $purpose: String!, $recipient: String, $jurisdiction: String, $at: DateTime, $asOf: AsOf) {
  mayUse(id: $id, action: $action, purpose: $purpose, recipient: $recipient, jurisdiction: $jurisdiction, at: $at, asOf: $asOf, first: 100) {
    answer reasons { code rule { action } unknown license { id } clause { id } spdx path { entities { id } } }
  }
}`

interface Node {
  code: string
  rule: { type: string; action: string } | null
  unknown: string | null
  license: { id: string } | null
  clause: { id: string } | null
  spdx: string | null
  isChoice: boolean
  path: { entities: { id: string }[]; hops: { from: string; to: string }[] }
}

function told({ rule, unknown, license, clause, spdx, isChoice, path }: Node) {
  const what = unknown ?? `${rule!.type} ${rule!.action}`
  if (!license) return `${what} ${path.entities.at(-1)!.id}`
  const where = [license.id, ...(clause ? [clause.id] : []), ...(spdx ? [spdx, isChoice] : [])]
  expect(path.hops).toHaveLength(path.entities.length - 1)
  return [what, ...where, path.entities.length].join(' ')
}

function reasonTold({ code, rule, unknown, license, clause, path }: Node) {
  if (!license) return `${code} NO_LICENSE ${path.entities.at(-1)!.id}`
  if (code === 'NOT_PERMITTED') return `${code} ${license.id}`
  if (unknown) return [code, unknown, license.id, ...(clause ? [clause.id] : [])].join(' ')
  return `${code} ${rule!.action} ${license.id} ${clause?.id ?? null}`
}

interface TermsAnswer {
  terms: { nodes: Node[]; total: number; pageInfo: { hasNextPage: boolean; endCursor: string } }
}

/** All terms, page after page. */
async function termsOf(tenant: string, asked: Record<string, unknown>) {
  const all: string[] = []
  for (let after: string | null = null; ; ) {
    const variables: Record<string, unknown> = { ...asked, first: 4, after }
    const answer = await ask<TermsAnswer>(TERMS, { tenant, variables })
    expect(answer.errors).toBeUndefined()
    const { nodes, total, pageInfo }: TermsAnswer['terms'] = answer.data.terms
    all.push(...nodes.map(told))
    if (!pageInfo.hasNextPage) {
      expect(all).toHaveLength(total)
      return all
    }
    after = pageInfo.endCursor
  }
}

it('answers at any position as trying every way over the records of just that many leaves does', async () => {
  let answered = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 14, maxLength: 22, size: 'max' }),
      fc.array(fc.tuple(question, day, fc.nat(), fc.constantFrom(...DATASETS)), {
        minLength: 6,
        maxLength: 6,
      }),
      async (steps, questions) => {
        const [tenant, twin] = [await freshTenant(), await freshTenant()]
        for (const happening of steps) await take(test, tenant, happening)
        // Another tenant says that everything may be done with things of the same names.
        await take(test, twin, {
          kind: 'License',
          item: { ...near('l0'), body: { title: 'Free', spdx: 'CC0-1.0' }, hasClause: [] },
        })
        await take(test, twin, {
          links: { entity: { kind: 'Dataset', ...near('d0') }, licensedUnder: [near('l0')] },
        })
        const { read } = database.graph(tenant)
        const size = (await headersOf(read)).at(-1)!.seq + 1
        for (const [asked, on, place, name] of questions) {
          const n = Math.max(4, size - (place % 12))
          const world = await worldAt(read, n)
          const asOf = { position: `0:${n}` }
          const { data } = await ask<{ entity: { id: string; aliasOf: string | null } | null }>(
            `query R($asOf: AsOf) { entity(kind: Dataset, namespace: "db", name: "${name}", asOf: $asOf) { id } }`,
            { tenant, variables: { asOf } },
          )
          if (!data.entity) continue
          const { id } = data.entity
          const at = `${on}T23:59:59Z`
          const reference = termsByHand(world, id, on)
          expect((await termsOf(tenant, { id, at, asOf })).sort()).toEqual(reference.terms().sort())
          const answer = await ask<{ mayUse: { answer: string; reasons: Node[] } }>(MAY_USE, {
            tenant,
            variables: { id, at, asOf, ...(asked satisfies Asked) },
          })
          expect(answer.errors).toBeUndefined()
          const expected = reference.mayUse(asked)
          const { reasons } = answer.data.mayUse
          expect({
            ...answer.data.mayUse,
            reasons: reasons
              .filter(({ spdx }) => !spdx)
              .map(reasonTold)
              .sort(),
          }).toEqual(expected)
          answered++
        }
      },
    ),
    { numRuns: 3, endOnFailure: true },
  )
  expect(answered).toBeGreaterThan(5)
}, 240_000)
