import { expect, it } from 'vitest'
import { schema } from '../../schema/index.ts'
import { documentFrom } from '../fuzz/documents.ts'
import { seededNumbers } from '../fuzz/seeded.ts'
import { chain } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { tryToSave } from './support.ts'

const DOCUMENTS = 100

const { app, ask, freshTenant } = await testApp('on demand')
const next = seededNumbers()
const tenant = await freshTenant()
const ids = await chain({ ask }, tenant)

const known = {
  ...{ id: ids, root: ids, ids, of: ids, from: ids, to: ids, dataset: ids },
  ...{ name: ['raw', 'clean', ''], namespace: ['db', ''], depth: [0, 1, 3, 21] },
  ...{ first: [0, 1, 10, 1_000, 1_001], after: ['', 'AAAA'], text: ['clean', ''] },
}

/** What is answered, with the text of its data as it came. */
async function answerTo(body: object) {
  const response = await app.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify(body),
    }),
  )
  const text = await response.text()
  const { data, errors = [] } = JSON.parse(text) as {
    data?: unknown
    errors?: { path?: unknown; extensions: { code: string } }[]
  }
  return {
    data: data === undefined || data === null ? null : JSON.stringify(data),
    codes: errors.map(({ extensions }) => extensions.code).sort(),
    // What is found wrong before anything runs has no path.
    isRefused: errors.some(({ path }) => path === undefined),
  }
}

it(`of ${DOCUMENTS} documents each is saved just where it can be sent, and answered just as if it were`, async () => {
  let [saved, refused] = [0, 0]
  for (let i = 0; i < DOCUMENTS; i++) {
    const document = documentFrom(next, schema, known)
    const { errors } = await tryToSave({ ask }, tenant, { name: 'any', document })
    const [error] = errors ?? []
    if (document.startsWith('mutation')) {
      expect(error, document).toBeDefined()
      refused++
      continue
    }
    const sent = await answerTo({ query: document })
    expect(error !== undefined, `${document} ${error?.message}`).toBe(sent.isRefused)
    if (error) {
      refused++
      continue
    }
    saved++
    const run = await answerTo({ extensions: { savedQuery: { name: 'any' } } })
    const again = await answerTo({ query: document })
    // Some answers say what time it is.
    if (again.data === sent.data) expect(run, document).toEqual(sent)
    else expect(run.codes, document).toEqual(sent.codes)
  }
  // It would be worth little if all were refused, or none were.
  expect(saved).toBeGreaterThan(DOCUMENTS / 4)
  expect(refused).toBeGreaterThan(DOCUMENTS / 20)
})
