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
  expect(answers.at(-1)!.data).toEqual({
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
})
