import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'

const { ask, freshTenant } = await testApp()

const page = readFileSync(resolve(import.meta.dirname, '../../docs/how-to/terms.md'), 'utf8')
const questions = [...page.matchAll(/^```graphql\n(.*?)^```$/gms)].map(([, text]) => text!)

it('docs/how-to/terms.md: does as it says, asked word by word', async () => {
  const tenant = await freshTenant()

  const answers = []
  for (const question of questions) answers.push(await ask(question, { tenant }))

  expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([])
  expect(answers[2]!.data).toEqual({
    entity: {
      fromSource: [
        {
          name: 'shop',
          body: { title: 'Orders of the shop' },
          licensedUnder: [
            {
              name: 'shop 2026',
              hasClause: [
                {
                  body: {
                    ...{ type: 'prohibition', action: 'commercialize' },
                    purposes: ['dpv:Marketing'],
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  })
  expect(answers[3]!.data).toEqual({
    mayUse: {
      answer: 'DENY',
      reasons: [
        {
          code: 'NOT_PERMITTED',
          license: { name: 'shop 2026' },
          path: { entities: [{ name: 'raw' }, { name: 'shop' }, { name: 'shop 2026' }] },
        },
      ],
    },
  })
  const way = ['report', 'sum up', 'raw', 'shop', 'shop 2026', 'shop: name us']
  expect(answers[5]!.data).toEqual({
    mayUse: {
      answer: 'DUTIES',
      reasons: [
        {
          ...{ code: 'DUTY', rule: { type: 'duty', action: 'attribute' } },
          path: {
            entities: way.map((name) => ({ name })),
            hops: [
              { relation: 'WAS_GENERATED_BY' },
              { relation: 'USED' },
              { relation: 'FROM_SOURCE' },
              { relation: 'LICENSED_UNDER' },
              { relation: 'HAS_CLAUSE' },
            ],
          },
        },
      ],
    },
  })
  const license = { name: 'shop 2026' }
  expect(answers[7]!.data).toEqual({
    terms: {
      nodes: [
        {
          rule: { type: 'prohibition', action: 'commercialize', purposes: ['dpv:Marketing'] },
          license,
        },
        { rule: { type: 'permission', action: 'use', purposes: null }, license },
      ],
      transformations: [{ name: 'sums of orders' }],
    },
  })
})
