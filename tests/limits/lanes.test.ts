import { expect, it } from 'vitest'
import { openLanes } from '../../server/limits/lanes.ts'
import { defaultLimits } from '../../server/limits/limits.ts'

const lanesOf = (slots: number, queue: number) =>
  openLanes({ ...defaultLimits(), readSlots: slots, writeSlots: slots, queue })

const until = (more: { timeoutMs?: number; signal?: AbortSignal } = {}) => {
  const { timeoutMs = 600_000 } = more
  return { timeoutMs, endsAt: performance.now() + timeoutMs, ...more }
}

/** Work that is under way until it is told to end. */
function held() {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { work: () => promise, end: () => resolve('done') }
}

it('does what waits when its turn has come, and gives back what it was', async () => {
  const { inTurn, lanes } = lanesOf(1, 9)
  const first = held()
  const one = inTurn('read', { party: 'a', until: until() }, first.work)
  const two = inTurn('read', { party: 'b', until: until() }, () => 'second')
  await expect.poll(() => lanes.read.waiting).toBe(1)
  // Another lane is not held up.
  expect(await inTurn('write', { party: 'a', until: until() }, () => 'written')).toBe('written')
  first.end()
  expect([await one, await two]).toEqual(['done', 'second'])
  await expect.poll(() => [lanes.read.running, lanes.read.waiting]).toEqual([0, 0])
})

it('begins the next read only when the answer to the last is written, and not beside it', async () => {
  const { inTurn } = lanesOf(1, 9)
  const order: string[] = []
  const read = async (name: string) => {
    await inTurn('read', { party: name, until: until() }, () => order.push(`${name} is read`))
    // Turning a result into a response takes some turns of promises, and one of the event loop to be sent.
    for (let i = 0; i < 100; i++) await null
    order.push(`${name} is answered`)
  }

  await Promise.all([read('first'), read('second')])

  expect(order).toEqual([
    ...['first is read', 'first is answered'],
    ...['second is read', 'second is answered'],
  ])
})

it('gives the turn back where the work fails', async () => {
  const { inTurn, lanes } = lanesOf(1, 9)
  const fail = () => Promise.reject(new Error('no'))
  await expect(inTurn('read', { party: 'a', until: until() }, fail)).rejects.toThrow('no')
  await expect.poll(() => lanes.read.running).toBe(0)
})

it('tells who writes when its time is over, and keeps the turn until what was begun has ended', async () => {
  const { inTurn, lanes } = lanesOf(1, 9)
  const first = held()
  const late = inTurn('write', { party: 'a', until: until({ timeoutMs: 30 }) }, first.work)
  await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', status: 504 })
  expect(lanes.write.running).toBe(1)
  const next = inTurn('write', { party: 'b', until: until() }, () => 'next')
  first.end()
  expect(await next).toBe('next')
  expect(lanes.write.running).toBe(0)
})

it('says at once that it is busy where the queue is full', async () => {
  const { inTurn } = lanesOf(1, 0)
  const first = held()
  const one = inTurn('read', { party: 'a', until: until() }, first.work)
  await expect(inTurn('read', { party: 'a', until: until() }, () => 1)).rejects.toMatchObject({
    ...{ code: 'SERVER_BUSY', status: 503, details: { retryAfterSeconds: 1 } },
  })
  first.end()
  await one
})

it('lets nobody wait beyond the end, nor for who has gone, and keeps no place for them', async () => {
  const { inTurn, lanes } = lanesOf(1, 9)
  const first = held()
  const one = inTurn('read', { party: 'a', until: until() }, first.work)
  const caller = new AbortController()
  const gone = inTurn('read', { party: 'a', until: until({ signal: caller.signal }) }, () => 1)
  const late = inTurn('read', { party: 'a', until: until({ timeoutMs: 30 }) }, () => 1)
  const refused = Promise.all([
    expect(gone).rejects.toMatchObject({ code: 'REQUEST_CANCELLED' }),
    expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', details: { timeoutMs: 30 } }),
  ])
  caller.abort()
  await refused
  expect(lanes.read.waiting).toBe(0)
  first.end()
  await one
})
