import { expect, it } from 'vitest'
import type { Ask } from '../../lineage/graph.ts'
import { bodyLoader } from '../../loaders/record.ts'

/** Bodies of 100 characters, and how many batches are being read at once. */
function store() {
  let now = 0
  const seen = { batches: 0, atOnce: 0 }
  const ask = (async (_query, params) => {
    now += 1
    seen.batches += 1
    seen.atOnce = Math.max(seen.atOnce, now)
    await new Promise(setImmediate)
    now -= 1
    const seqs = params!.seqs as number[]
    return seqs.map((seq) => ({ seq, fields: JSON.stringify({ text: 'x'.repeat(89) }) }))
  }) as Ask
  return { ask, seen }
}

it('reads bodies batch by batch, and stops where they are too large together', async () => {
  const { ask, seen } = store()
  const loader = bodyLoader(ask, 5_000)
  const bodies = await Promise.allSettled(Array.from({ length: 200 }, (_, seq) => loader.load(seq)))
  expect(bodies.filter(({ status }) => status === 'fulfilled')).toHaveLength(40)
  expect(bodies.at(-1)).toMatchObject({ reason: { code: 'LINEAGE_BODIES_TOO_LARGE' } })
  expect(seen).toEqual({ batches: 3, atOnce: 1 })
})

it('gives an empty body for a record that has none', async () => {
  const ask = (async () => [{ seq: 1, fields: null }]) as unknown as Ask
  const loader = bodyLoader(ask)
  expect(await loader.loadMany([1, 2])).toEqual([{}, {}])
})
