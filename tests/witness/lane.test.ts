import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openLane, type Pause } from '../../server/witnessing/lane.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A lane whose work ends when the test says so. */
function controlled() {
  const begun: string[] = []
  const ends = new Map<string, (pause: Pause | null) => void>()
  const lane = openLane((tenant) => {
    begun.push(tenant)
    return new Promise((resolve) => ends.set(tenant, resolve))
  })
  const end = async (tenant: string, pause: Pause | null = null) => {
    ends.get(tenant)!(pause)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { lane, begun, end }
}

it('asks about eight logs at once, and about the others in turn', async () => {
  const { lane, begun, end } = controlled()
  const tenants = Array.from({ length: 20 }, (_, i) => `t${i}`)
  tenants.forEach(lane.add)
  expect(begun).toEqual(tenants.slice(0, 8))
  await end('t3')
  await end('t0')
  expect(begun).toEqual(tenants.slice(0, 10))
})

it('asks once more about a log that has grown while it was asked about, however often it grew', async () => {
  const { lane, begun, end } = controlled()
  for (let i = 0; i < 5; i++) lane.add('a')
  expect(begun).toEqual(['a'])
  await end('a')
  expect(begun).toEqual(['a', 'a'])
  await end('a')
  expect(begun).toHaveLength(2)
})

it('leaves whoever is down alone, for longer each time, and then asks about all that waits', async () => {
  const { lane, begun, end } = controlled()
  lane.add('a')
  await end('a', { of: 'lane' })
  lane.add('b')
  expect(begun).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(begun.slice(1).sort()).toEqual(['a', 'b'])
  await end('a', { of: 'lane' })
  await end('b', { of: 'lane' })
  await vi.advanceTimersByTimeAsync(1_400)
  expect(begun).toHaveLength(3)
  await vi.advanceTimersByTimeAsync(600)
  expect(begun).toHaveLength(5)
})

it('never waits longer than a minute, and starts again from a second once it was answered', async () => {
  const { lane, begun, end } = controlled()
  lane.add('a')
  for (let i = 0; i < 12; i++) {
    await end('a', { of: 'lane' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(begun).toHaveLength(i + 2)
  }
  await end('a')
  lane.add('a')
  await end('a', { of: 'lane' })
  const before = begun.length
  await vi.advanceTimersByTimeAsync(1_000)
  expect(begun).toHaveLength(before + 1)
})

it('waits as long as it is asked to', async () => {
  const { lane, begun, end } = controlled()
  lane.add('a')
  await end('a', { of: 'lane', atLeastMs: 30_000 })
  await vi.advanceTimersByTimeAsync(29_000)
  expect(begun).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(begun).toHaveLength(2)
})

it('leaves a log alone that is refused, also where it grows, and goes on with the others', async () => {
  const { lane, begun, end } = controlled()
  lane.add('a')
  await end('a', { of: 'tenant' })
  lane.add('a')
  lane.add('b')
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(begun).toEqual(['a', 'b', 'a'])
  await end('a', { of: 'tenant' })
  await vi.advanceTimersByTimeAsync(1_400)
  expect(begun).toHaveLength(3)
  await vi.advanceTimersByTimeAsync(600)
  expect(begun).toHaveLength(4)
})

it('asks nothing more once it is closed, and has ended when that is done', async () => {
  const { lane, begun, end } = controlled()
  for (const tenant of ['a', 'b', 'c']) lane.add(tenant)
  await end('c', { of: 'tenant' })
  let ended = false
  const closing = lane.close().then(() => {
    ended = true
  })
  await end('a', { of: 'lane' })
  expect(ended).toBe(false)
  await end('b')
  await closing
  lane.add('d')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(begun).toEqual(['a', 'b', 'c'])
})
