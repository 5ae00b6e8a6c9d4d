import fc from 'fast-check'
import { expect } from 'vitest'
import { recording } from '../kinds/recording.ts'
import { dataset, job, near, RECORD } from '../schema/recording.ts'
import type { TestApp } from '../setup/app.ts'
import { clauseBody, licenceBody, transformationBody } from './arbitrary.ts'

/** One thing that is said, retired or erased. */
export type Step =
  | { record: object }
  | { kind: 'Clause' | 'License' | 'Transformation' | 'Source'; item: object }
  | { links: object }
  | { gone: [kind: string, name: string]; how: 'retire' | 'erase' }

/** The names of the datasets of these histories. */
export const DATASETS = ['d0', 'd1', 'd2', 'd3']
const some = (names: readonly string[]) =>
  fc.subarray([...names], { maxLength: Math.min(2, names.length) }).map((found) => found.map(near))
const one = (...names: string[]) => fc.constantFrom(...names)
const [CLAUSES, LICENCES, RULES] = [['c0', 'c1', 'c2'], ['l0', 'l1', 'l2'], ['t0']]

/** One step of a history. */
export const step: fc.Arbitrary<Step> = fc.oneof(
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

/** Takes a step; what cannot be done is not done. */
export async function take({ ask }: Pick<TestApp, 'ask'>, tenant: string, happening: Step) {
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
