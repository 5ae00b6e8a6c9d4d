import { expect, it } from 'vitest'
import { leafBytes } from '../../proofs/leaf.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { assertOne, dataset, expectClean, headers, job, tell, withCode } from './support.ts'

const { database, ledger } = await testLedger()
const etl = job('etl')
const inputs = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => dataset(`input ${from + i}`))

/** States the inputs of the job whole. */
const use = (tenant: string, targets: ReturnType<typeof inputs>, name = etl) =>
  assertOne(
    ledger,
    tenant,
    name,
    {
      fields: { count: targets.length },
      replace: [{ rel: 'USED', targets: targets.map((to) => ({ to })) }],
    },
    { names: targets },
  )

const jobRecords = async (tenant: string) =>
  (await headers(database, tenant)).filter(({ kind }) => kind === 'Job')

it('writes 300 changes of edges as one version, and 301 as two', async () => {
  const tenant = await freshTenant(ledger)
  const whole = await use(tenant, inputs(0, 300))
  expect(whole.outcomes).toMatchObject([{ version: 1 }])
  const split = await use(tenant, inputs(0, 301), job('other'))
  expect(split.outcomes).toMatchObject([{ version: 2 }])
  const records = await jobRecords(tenant)
  expect(records.map(({ links }) => links.length)).toEqual([300, 300, 1])
  await expectClean(database, tenant)
})

it('splits 650 changes into consecutive versions: drops before additions, one body, small headers', async () => {
  const tenant = await freshTenant(ledger)
  await use(tenant, inputs(0, 340))
  const { outcomes } = await use(tenant, inputs(330, 650))
  const records = (await jobRecords(tenant)).slice(2)
  expect(records.map(({ links, unlinks }) => [unlinks.length, links.length])).toEqual([
    [300, 0],
    [30, 270],
    [0, 40],
  ])
  expect(records.map(({ version }) => version)).toEqual([3, 4, 5])
  const first = records[0]!.seq
  expect(records.map(({ seq }) => seq)).toEqual([first, first + 1, first + 2])
  expect(outcomes).toMatchObject([{ version: 5, seq: first + 2 }])
  expect(new Set(records.map(({ body }) => body)).size).toBe(1)
  const order = records.flatMap(({ unlinks, links }) => [
    unlinks.map(({ id }) => id),
    links.map(({ id }) => id),
  ])
  expect(order).toEqual(order.map((ids) => [...ids].sort()))
  const sizes = records.map((header) => leafBytes(header).length)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(65_535)
  await expectClean(database, tenant)
})

it('takes 5,000 leaves in one transaction, refuses 5,001, and writes nothing of them', async () => {
  const tenant = await freshTenant(ledger)
  // 4,983 stubs and 17 versions of the job.
  const [fits, tooMany] = [inputs(0, 4_983), inputs(5_000, 9_984)]
  await expect(use(tenant, tooMany, job('greedy'))).rejects.toEqual(
    withCode('LEDGER_TRANSACTION_TOO_LARGE'),
  )
  expect(await headers(database, tenant)).toEqual([])
  const { position, outcomes } = await use(tenant, fits)
  expect(position.seq).toBe(5_003)
  expect(outcomes).toMatchObject([{ seq: 5_002, version: 17 }])
  expect(await expectClean(database, tenant)).toBe(5_003)
})

it('lets nothing overtake a command that a full transaction puts off', async () => {
  const tenant = await freshTenant(ledger)
  const [big, second] = [inputs(0, 2_600), inputs(3_000, 5_500)]
  const receipts = await Promise.all([
    use(tenant, big, job('first')),
    use(tenant, second, job('second')),
    use(tenant, inputs(0, 1), job('third')),
    tell(ledger, tenant, (draft) => draft.retire(draft.urn('Job', 'jobs', 'third')), {
      names: [job('third')],
    }),
  ])
  const seqs = receipts.map(({ outcomes }) => outcomes[0]!.seq)
  expect(seqs).toEqual([...seqs].sort((x, y) => x - y))
  expect(receipts.at(-1)!.outcomes).toMatchObject([{ version: 2, changed: true }])
  await expectClean(database, tenant)
})
