import { describe, expect, it, vi } from 'vitest'
import { openSweeper, type Sweep } from '../../core/sweeper.ts'

const EVERY_MS = 5

/** A sweeper over tenants that have work until it is done, with what it was told. */
function sweeping(
  left: Set<string>,
  finish: Sweep['finish'],
  { tenants = async () => [...left] }: Partial<Pick<Sweep, 'tenants'>> = {},
) {
  const errors: unknown[] = []
  const sweeper = openSweeper({
    ...{ everyMs: EVERY_MS, tenants, finish },
    onError: (error) => errors.push(error),
  })
  return { sweeper, errors }
}

describe('work in the background', () => {
  it('goes on tenant by tenant, though one of them fails, which is told once until it goes on', async () => {
    // given
    const left = new Set(['bad', 'good'])
    let tries = 0
    let isMended = false
    const { sweeper, errors } = sweeping(left, async (tenant) => {
      if (tenant === 'bad') tries++
      if (tenant === 'bad' && !isMended) throw new Error('broken')
      if (tenant === 'good' || tries > 8) left.delete(tenant)
    })

    // when it fails again and again, goes on, and fails anew
    await vi.waitFor(() => expect(tries).toBeGreaterThanOrEqual(3))
    const first = errors.length
    isMended = true
    await vi.waitFor(() => expect(left.size).toBe(0))
    left.add('bad')
    isMended = false
    await vi.waitFor(() => expect(errors).toHaveLength(first + 1))
    await sweeper.close()

    // then
    expect(first).toBe(1)
  })

  it('tells once that it cannot look for tenants', async () => {
    // given
    let looks = 0
    const { sweeper, errors } = sweeping(new Set(), async () => {}, {
      tenants: async () => {
        looks++
        throw new Error('no database')
      },
    })

    // when
    await vi.waitFor(() => expect(looks).toBeGreaterThanOrEqual(3))
    await sweeper.close()

    // then
    expect(errors).toEqual([new Error('no database')])
  })

  it('never runs twice at once, and closes when what is under way is done, beginning nothing more', async () => {
    // given
    const under = Promise.withResolvers<void>()
    const begun: string[] = []
    const { sweeper } = sweeping(new Set(['first', 'second']), async (tenant, isStopped) => {
      begun.push(tenant)
      await under.promise
      expect(isStopped()).toBe(true)
    })
    await vi.waitFor(() => expect(begun).toEqual(['first']))
    await new Promise((resolve) => setTimeout(resolve, 4 * EVERY_MS))

    // when
    const closed = vi.fn()
    const closing = sweeper.close().then(closed)
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).not.toHaveBeenCalled()
    under.resolve()
    await closing

    // then
    expect(begun).toEqual(['first'])
  })
})
