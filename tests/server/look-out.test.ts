import { afterEach, describe, expect, it, vi } from 'vitest'
import { keepLooking, type LookOut } from '../../server/look-out.ts'

const open: LookOut[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.stop()
})

/** Looks as often as it can at what a test says. */
function looking(look: (signal: AbortSignal) => Promise<void>, withinMs = 60_000) {
  const told: unknown[] = []
  const out = keepLooking(look, {
    ...{ what: 'the store', everyMs: 1, withinMs },
    onFailing: (error) => told.push(error),
  })
  open.push(out)
  return { out, told }
}

describe('a look-out', () => {
  it('knows nothing good until it has looked', async () => {
    const answer = Promise.withResolvers<void>()
    const { out } = looking(() => answer.promise)
    expect(out.isWell()).toBe(false)
    answer.resolve()
    await out.first
    expect(out.isWell()).toBe(true)
  })

  it('tells of a failure once, until it is well again and fails anew', async () => {
    let [fails, looks] = [false, 0]
    const { out, told } = looking(async () => {
      looks += 1
      if (fails) throw new Error('full')
    })
    const seen = (more: number) => {
      const from = looks
      return vi.waitFor(() => expect(looks).toBeGreaterThan(from + more), { timeout: 20_000 })
    }
    await out.first
    fails = true
    await seen(5)
    expect([out.isWell(), told.length]).toEqual([false, 1])
    fails = false
    await seen(2)
    expect([out.isWell(), told.length]).toEqual([true, 1])
    fails = true
    await seen(2)
    expect([out.isWell(), told.length]).toEqual([false, 2])
  })

  it('gives up what hangs, and looks again', async () => {
    let given = 0
    const { out, told } = looking(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            given += 1
            reject(signal.reason)
          })
        }),
      5,
    )
    await vi.waitFor(() => expect(given).toBeGreaterThan(3), { timeout: 20_000 })
    expect([out.isWell(), told.length]).toEqual([false, 1])
  })

  it('never looks twice at once, also where what hangs does not heed that it is given up', async () => {
    const looks: (() => void)[] = []
    const { out, told } = looking(
      () =>
        new Promise((resolve) => {
          looks.push(resolve)
        }),
      5,
    )
    const late = new Error('the store did not answer within 5 ms')
    await vi.waitFor(() => expect(told).toEqual([late]), { timeout: 20_000 })
    expect([out.isWell(), looks.length]).toEqual([false, 1])
    looks[0]!()
    await vi.waitFor(() => expect(looks).toHaveLength(2), { timeout: 20_000 })
  })

  it('looks no more once it is stopped, and lets go of what it waits for', async () => {
    const signals: AbortSignal[] = []
    const { out, told } = looking((signal) => {
      signals.push(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
    })
    out.stop()
    await out.first
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(told).toEqual([])
  })
})
