import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BODIES } from '../../domains/kinds/bodies.ts'
import { TYPED_KINDS, type TypedKind } from '../../lineage/kinds.ts'
import { type LineResult, sendImport } from '../imports/sending.ts'
import { rawDatabase } from '../ledger/support.ts'
import { spoiltEvents } from '../metering/arbitrary.ts'
import { metering } from '../metering/support.ts'
import { testApp } from '../setup/app.ts'
import { spoiltBy } from './arbitrary.ts'
import { leastBody, recordedKind } from './recording.ts'

const test = await testApp()
const raw = rawDatabase()
const { sendBatch } = metering(test)

const MANY = 2_000
const SEED = 20_261_123

/** A tenant with one thing in it, and the whole of what is stored of it. */
async function withOne() {
  const tenant = await test.freshTenant()
  const items = [{ namespace: 'n', name: 'one', body: leastBody('Source') }]
  const [{ id } = { id: '' }] = await recordedKind(test, 'Source', { tenant, items })
  const stored = async () => {
    const { data } = await test.ask<{ log: object }>(
      `{ log { size checkpoint { note } stateProof(id: "${id}") { json } } }`,
      { tenant },
    )
    const nodes = `MATCH (n) WHERE n.tenant = $tenant
      RETURN labels(n) AS labels, count(*) AS nodes, sum(COUNT { (n)-->() }) AS edges ORDER BY labels`
    return { ...data, nodes: await raw(nodes, { tenant }) }
  }
  // Signing appends a record of the state, which is to be there before.
  await stored()
  return { tenant, stored, before: await stored() }
}

/** As many at once as one request takes. */
function* inRequests<Item>(
  items: readonly Item[],
  { most, bytes }: { most: number; bytes: number },
) {
  let batch: Item[] = []
  let length = 0
  for (const item of items) {
    const own = Buffer.byteLength(JSON.stringify(item)) + 40
    if (batch.length === most || (length + own > bytes && batch.length > 0)) {
      yield batch
      ;[batch, length] = [[], 0]
    }
    batch.push(item)
    length += own
  }
  yield batch
}

/** The answer for each line of a file that is sent whole. */
async function answersTo(tenant: string, kind: TypedKind, bodies: readonly object[]) {
  const lines = bodies.map((body, i): [number, unknown] => [
    i + 1,
    { kind, namespace: 'n', name: `${i}`, body },
  ])
  const results: LineResult[] = []
  for (const batch of inRequests(lines, { most: 500, bytes: 1_900_000 })) {
    const answer = await sendImport(test, tenant, batch)
    expect(answer).toMatchObject({ status: 200 })
    results.push(...answer.results)
  }
  return results
}

describe(`of ${MANY.toLocaleString('en')} bodies with one thing wrong in each`, () => {
  it.each(TYPED_KINDS)(
    'no %s is taken, each is told where, and nothing is written',
    async (kind) => {
      const { tenant, stored, before } = await withOne()
      const spoilt = fc.sample(spoiltBy(BODIES[kind].whole), { numRuns: MANY, seed: SEED })
      const results = await answersTo(
        tenant,
        kind,
        spoilt.map(({ body }) => body),
      )
      const wrong = spoilt.flatMap((one, i) => {
        const named = `/body${one.path}`
        const { code, path = '' } = results[i]!
        // Above 20 things wrong at once, or in a list of one wrong thing, the first is told.
        const isNamed = path.startsWith(named) || (path > '/body/' && named.startsWith(path))
        return code === 'BODY_INVALID' && isNamed ? [] : [[one, results[i]]]
      })
      expect(wrong.slice(0, 3)).toEqual([])
      expect(results).toHaveLength(MANY)
      expect(await stored()).toEqual(before)
    },
  )

  it('no event of usage is taken, each is told where, and nothing is written', async () => {
    const { tenant, stored, before } = await withOne()
    const spoilt = fc.sample(spoiltEvents, { numRuns: MANY, seed: SEED })
    const told: unknown[] = []
    for (const batch of inRequests(spoilt, { most: 1_000, bytes: 3_900_000 })) {
      const { results } = await sendBatch(
        tenant,
        batch.map(({ event }) => event),
      )
      told.push(...results!.map(({ ok, code, path }) => ({ ok, code, path })))
    }
    const all = spoilt.map(({ path }) => ({ ok: false, code: 'METERING_EVENT_INVALID', path }))
    expect(told).toEqual(all)
    expect(await stored()).toEqual(before)
  })
})

it('had no fault of its own', () => expect(test.faults).toEqual([]))
