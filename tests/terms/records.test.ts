import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recording } from '../kinds/recording.ts'
import { dataset, job, near, RECORD } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { headersOf } from '../time/replay.ts'
import { clauseBody, day, licenceBody, question, transformationBody } from './arbitrary.ts'
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

/** One thing that is said, retired or erased. */
type Step =
  | { record: object }
  | { kind: 'Clause' | 'License' | 'Transformation' | 'Source'; item: object }
  | { links: object }
  | { gone: [kind: string, name: string]; how: 'retire' | 'erase' }

const DATASETS = ['d0', 'd1', 'd2', 'd3']
const some = (names: readonly string[]) =>
  fc.subarray([...names], { maxLength: Math.min(2, names.length) }).map((found) => found.map(near))
const one = (...names: string[]) => fc.constantFrom(...names)
const [CLAUSES, LICENCES, RULES] = [['c0', 'c1', 'c2'], ['l0', 'l1', 'l2'], ['t0']]

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(one(...DATASETS), some(DATASETS))
      .map(([name, from]) => ({ record: dataset(name, { derivedFrom: from }) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(some(DATASETS), some(['j0']))
      .map(([uses]) => ({ record: job('j0', { uses }) })),
  },
  {
    weight: 1,
    arbitrary: one(...DATASETS).map((name) => ({
      record: dataset(name, { generatedBy: [near('j0')] }),
    })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(one(...CLAUSES), clauseBody)
      .map(([name, body]) => ({ kind: 'Clause' as const, item: { ...near(name), body } })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(one(...LICENCES), licenceBody, some(CLAUSES))
      .map(([name, body, hasClause]) => ({
        kind: 'License' as const,
        item: { ...near(name), body, hasClause },
      })),
  },
  {
    weight: 1,
    arbitrary: some(LICENCES).map((licensedUnder) => ({
      kind: 'Source' as const,
      item: { ...near('s0'), body: { title: 'A', description: 'B' }, licensedUnder },
    })),
  },
  {
    weight: 2,
    arbitrary: transformationBody([], []).map((body) => ({
      kind: 'Transformation' as const,
      item: { ...near('t0'), body },
    })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(one(...DATASETS), some(LICENCES)).map(([name, licensedUnder]) => ({
      links: { entity: { kind: 'Dataset', ...near(name) }, licensedUnder },
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(one(...DATASETS), some(['s0']), some(RULES))
      .map(([name, fromSource, describedBy]) => ({
        links: { entity: { kind: 'Dataset', ...near(name) }, fromSource, describedBy },
      })),
  },
  {
    weight: 1,
    arbitrary: some(RULES).map((describedBy) => ({
      links: { entity: { kind: 'Job', ...near('j0') }, describedBy },
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          ...([
            ['License', 'l0'],
            ['Clause', 'c0'],
            ['Dataset', 'd1'],
            ['Source', 's0'],
            ['Transformation', 't0'],
          ] as [string, string][]),
        ),
        fc.constantFrom('retire' as const, 'erase' as const),
      )
      .map(([gone, how]) => ({ gone, how })),
  },
)

const LINKS = 'mutation L($items: [LinksInput!]!) { linksRecord(items: $items) { position } }'
const MAY_BE_REFUSED = ['ENTITY_UNKNOWN', 'RELATION_INVALID', 'ERASE_RECORD_INVALID']

async function take(tenant: string, happening: Step) {
  const send = async (query: string, variables: Record<string, unknown>) => {
    const { errors = [] } = await ask(query, { tenant, variables })
    const refused = errors.filter(
      ({ extensions }) => !MAY_BE_REFUSED.includes(String(extensions.code)),
    )
    expect(refused).toEqual([])
  }
  if ('record' in happening) return send(RECORD, { items: [happening.record] })
  if ('links' in happening) return send(LINKS, { items: [happening.links] })
  if ('kind' in happening) return send(recording(happening.kind), { items: [happening.item] })
  const [kind, name] = happening.gone
  const { data } = await ask<{ entity: { id: string } | null }>(
    `{ entity(kind: ${kind}, namespace: "db", name: "${name}") { id } }`,
    { tenant },
  )
  if (!data.entity) return
  const more = happening.how === 'erase' ? ', ground: OTHER, reason: "a test"' : ''
  return send(`mutation G($id: ID!) { ${happening.how}(id: $id${more}) { position } }`, {
    id: data.entity.id,
  })
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
        for (const happening of steps) await take(tenant, happening)
        // Another tenant says that everything may be done with things of the same names.
        await take(twin, {
          kind: 'License',
          item: { ...near('l0'), body: { title: 'Free', spdx: 'CC0-1.0' }, hasClause: [] },
        })
        await take(twin, {
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
