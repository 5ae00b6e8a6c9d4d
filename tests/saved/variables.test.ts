import { expect, it } from 'vitest'
import { oneOf } from '../fuzz/mutate.ts'
import { seededNumbers } from '../fuzz/seeded.ts'
import { testApp } from '../setup/app.ts'
import { tryToSave } from './support.ts'

const test = await testApp('on demand')
const next = seededNumbers()

const TRIES = 150

/** A query for each shape that a type of input may have, with a variable `v` of that type. */
const QUERIES = [
  'query ($v: Int!) { entities(first: $v) { nodes { id } } }',
  'query ($v: Int = 3) { entities(first: $v) { nodes { id } } }',
  'query ($v: Boolean!) { log { size @include(if: $v) } }',
  'query ($v: String) { savedQueries(after: $v) { nodes { id } } }',
  'query ($v: [ID!]!) { nodes(ids: $v) { id } }',
  'query ($v: Kind) { entities(kind: $v, first: 1) { nodes { id } } }',
  'query ($v: [Kind!]) { owned(by: "urn:selvedge:principal:x", kinds: $v) { nodes { id } } }',
  'query ($v: OwnedThat) { owned(by: "urn:selvedge:principal:x", that: $v) { nodes { id } } }',
  'query ($v: AsOf) { entities(first: 1, asOf: $v) { nodes { id } } }',
  'query ($v: DateTime!) { entities(first: 1, asOf: { instant: $v }) { nodes { id } } }',
]

const LEAVES = [
  ...[null, true, false, 0, 1, -1, 1.5, 2 ** 31, 1e300, '', 'x', '1', 'true', 'Dataset', 'Job'],
  ...['urn:selvedge:dataset:x', '2026-01-01T00:00:00Z', '2026-13-01', '0:3'],
]
const MEMBERS = ['hasNoLicence', 'assessmentExpiredBy', 'position', 'instant', 'other']

function anyValue(depth: number): unknown {
  const shape = depth > 0 ? next(4) : 0
  if (shape < 2) return oneOf(next, LEAVES)
  if (shape === 2) return Array.from({ length: next(3) }, () => anyValue(depth - 1))
  const members = Array.from({ length: next(3) }, () => [oneOf(next, MEMBERS), anyValue(depth - 1)])
  return Object.fromEntries(members)
}

it(`of ${TRIES} values a variable is saved with just those that it may be sent with`, async () => {
  const tenant = await test.freshTenant()
  const counts = { saved: 0, refused: 0 }
  for (let i = 0; i < TRIES; i++) {
    const document = QUERIES[i % QUERIES.length]!
    const variables = { v: anyValue(2) }
    const sent = await test.ask(document, { tenant, variables })
    // What the executor itself refuses comes before anything has run.
    const isRefused = sent.errors?.some(({ path }) => path === undefined)
    const { errors } = await tryToSave(test, tenant, { name: 'any', document, variables })
    const [error] = errors ?? []
    const what = `${document} ${JSON.stringify(variables)}: ${JSON.stringify(sent.errors)} ${error?.message}`
    expect(error !== undefined, what).toBe(isRefused ?? false)
    if (error) {
      expect(error.extensions, what).toMatchObject({
        ...{ code: 'SAVED_QUERY_INVALID', what: 'variables' },
        path: expect.stringMatching(/^\/v(\/|$)/),
      })
    }
    counts[error ? 'refused' : 'saved']++
  }
  expect(Math.min(counts.saved, counts.refused)).toBeGreaterThan(TRIES / 20)
})
