import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'

const { ask, freshTenant } = await testApp()

const questionsIn = (name: string) => {
  const page = readFileSync(resolve(import.meta.dirname, `../../docs/how-to/${name}.md`), 'utf8')
  return [...page.matchAll(/^```graphql\n(.*?)^```$/gms)].map(([, text]) => text!)
}

it('docs/how-to/impact.md: does as it says, after docs/how-to/terms.md', async () => {
  const tenant = await freshTenant()
  for (const question of questionsIn('terms')) await ask(question, { tenant })

  const answers = []
  for (const question of questionsIn('impact')) answers.push(await ask(question, { tenant }))

  expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([])
  const [retired, terms] = answers.map(({ data }) => (data as Record<string, unknown>).impact)
  expect(retired).toMatchObject({
    nodes: [
      { distance: 1, effect: 'BLOCKED', entity: { name: 'raw' } },
      { distance: 2, entity: { name: 'sum up' } },
      { distance: 3, entity: { name: 'report' } },
    ],
    counts: { total: 3, byGrant: [] },
  })
  expect(terms).toMatchObject({
    nodes: [{ entity: { name: 'shop' } }, {}, {}, {}],
  })
})
