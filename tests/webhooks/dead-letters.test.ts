import { expect, it } from 'vitest'
import { dataset, job, recorded } from '../schema/recording.ts'
import { openReceiver } from './receiver.ts'
import {
  create,
  hookOf,
  lettersOf,
  redeliver,
  steer,
  tryLetters,
  until,
  webhookTest,
} from './support.ts'

const test = await webhookTest({ mostDead: 5 })
const { freshTenant } = test
const receiver = await openReceiver()
const fresh = () => `/${crypto.randomUUID()}`

/** A webhook whose endpoint takes no datasets. */
async function picky() {
  const tenant = await freshTenant()
  const path = fresh()
  receiver.answer(path, ({ event }) => (event.data.kind === 'Dataset' ? { status: 422 } : {}))
  const { id } = await create(test, tenant, { url: receiver.url(path) })
  return { tenant, path, id }
}

it('gives an event up after as many attempts as are allowed, and goes on with the next', async () => {
  const { tenant, path, id } = await picky()
  const [bad, good] = await recorded(test, tenant, [dataset('a'), job('j')])
  await until(() => {
    expect(receiver.events(path).map(({ data }) => data.kind)).toEqual(['Webhook', 'Job'])
  })
  const tried = receiver.came(path, 'all').filter(({ status }) => status === 422)
  expect(tried).toHaveLength(3)
  expect(await lettersOf(test, tenant, id)).toEqual([
    {
      ...{ seq: bad!.seq, subject: bad!.id, kind: 'Dataset', attempts: 3 },
      ...{ lastStatus: 422, lastError: 'STATUS', again: false, failedAt: expect.any(String) },
    },
  ])
  expect(await hookOf(test, tenant, id)).toMatchObject({ delivery: { deadLetters: 1 } })
  expect(good!.seq).toBeGreaterThan(bad!.seq)
})

it('delivers dead letters again when asked to: those that come are none any more', async () => {
  const { tenant, path, id } = await picky()
  const all = await recorded(test, tenant, [dataset('a'), dataset('b'), dataset('c')])
  await until(async () => expect(await lettersOf(test, tenant, id)).toHaveLength(3))
  expect((await redeliver(test, tenant, id, [all[0]!.seq])).data.webhookRedeliver.count).toBe(1)
  await until(async () =>
    expect((await lettersOf(test, tenant, id))[0]).toMatchObject({ attempts: 4, again: false }),
  )
  receiver.answer(path, () => ({}))
  expect((await redeliver(test, tenant, id)).data.webhookRedeliver.count).toBe(3)
  await until(async () => expect(await lettersOf(test, tenant, id)).toEqual([]))
  expect(
    receiver
      .events(path)
      .slice(1)
      .map(({ data }) => data.id),
  ).toEqual(all.map((one) => one.id))
  const messages = receiver.came(path, 'all').map((one) => one.headers['webhook-id'])
  expect(new Set(messages).size).toBe(4)
  expect(await hookOf(test, tenant, id)).toMatchObject({ delivery: { deadLetters: 0 } })
})

it('lists dead letters page by page, in the order of the log', async () => {
  const { tenant, id } = await picky()
  const all = await recorded(
    test,
    tenant,
    ['a', 'b', 'c'].map((name) => dataset(name)),
  )
  await until(async () => expect(await lettersOf(test, tenant, id)).toHaveLength(3))
  const seqs: number[] = []
  for (let after: string | null = null; ; ) {
    const { data } = await tryLetters(test, tenant, id, { first: 2, after })
    const { nodes, pageInfo } = data.deadLetters
    seqs.push(...nodes.map(({ seq }) => seq))
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor
  }
  expect(seqs).toEqual(all.map(({ seq }) => seq))
})

it('ends where there are as many dead letters as may be, and goes on when resumed', async () => {
  const { tenant, path, id } = await picky()
  const names = Array.from({ length: 6 }, (_, i) => dataset(`d${i}`))
  await recorded(test, tenant, names)
  await until(async () =>
    expect(await hookOf(test, tenant, id)).toMatchObject({
      ...{ state: 'ENDED', delivery: { because: 'FULL', deadLetters: 5 } },
    }),
  )
  receiver.answer(path, () => ({}))
  await steer(test, tenant, 'webhookResume', id)
  await until(() => expect(receiver.events(path).map(({ data }) => data.kind)).toContain('Dataset'))
  expect(await lettersOf(test, tenant, id)).toHaveLength(5)
})

it.each([
  ['no webhook', 'urn:selvedge:webhook:00000000-0000-7000-8000-000000000000', 'WEBHOOK_UNKNOWN'],
  ['something else', 'urn:selvedge:dataset:x', 'WEBHOOK_UNKNOWN'],
])('has no dead letters of %s', async (_what, id, code) => {
  const tenant = await freshTenant()
  const codeOf = ({ errors }: { errors?: { extensions: { code?: unknown } }[] }) =>
    errors?.[0]?.extensions.code
  const told = codeOf(await tryLetters(test, tenant, id))
  expect([code, 'ENTITY_ID_INVALID']).toContain(told)
  expect(codeOf(await redeliver(test, tenant, id))).toBe(told)
})

it('refuses to deliver again what is no dead letter, and more than 1,000 at once', async () => {
  const { tenant, id } = await picky()
  const codeOf = ({ errors }: { errors?: { extensions: { code?: unknown } }[] }) =>
    errors?.[0]?.extensions.code
  expect(codeOf(await redeliver(test, tenant, id, [5]))).toBe('DEAD_LETTER_UNKNOWN')
  const many = Array.from({ length: 1_001 }, (_, i) => i)
  expect(codeOf(await redeliver(test, tenant, id, many))).toBe('WEBHOOK_INVALID')
  expect(codeOf(await redeliver(test, tenant, id, many.slice(1)))).toBe('DEAD_LETTER_UNKNOWN')
  expect(codeOf(await redeliver(test, tenant, id, []))).toBe('WEBHOOK_INVALID')
  expect((await redeliver(test, tenant, id)).data.webhookRedeliver.count).toBe(0)
  expect(test.errors).toEqual([])
})
