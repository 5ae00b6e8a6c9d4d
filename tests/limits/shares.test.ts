import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openShares, type ShareOptions, type Turn } from '../../server/limits/shares.ts'

/** One piece of work, as whoever asked for its turn sees it. */
interface Job {
  party: string
  number: number
  state: 'waiting' | 'running' | 'refused' | 'left'
  turn?: Turn
}

/** Shares on a clock that the test moves, and all that was asked of them, in order. */
function world(options: ShareOptions) {
  let time = 0
  const shares = openShares(options, () => time)
  const jobs: Job[] = []
  const starts: Job[] = []
  const of = (state: Job['state'], party?: string) =>
    jobs.filter((job) => job.state === state && (party ?? job.party) === job.party)
  return {
    ...{ shares, jobs, starts, of },
    pass: (ms: number) => {
      time += ms
    },
    enter(party: string) {
      const job: Job = { party, number: jobs.length, state: 'waiting' }
      jobs.push(job)
      job.turn = shares.enter(party, {
        begin: () => {
          job.state = 'running'
          starts.push(job)
        },
        refuse: () => {
          job.state = 'refused'
        },
      })
      return job
    },
    leave(job: Job) {
      job.turn!.leave()
      if (job.state !== 'refused') job.state = 'left'
    },
  }
}

describe('rest between turns', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Turns that are followed by a rest as long as themselves; the timers go by the same clock. */
  const resting = (options: Partial<ShareOptions> = {}) => {
    const w = world({ slots: 4, shared: 2, queue: 99, rest: 1, ...options })
    const pass = (ms: number) => {
      w.pass(ms)
      vi.advanceTimersByTime(ms)
    }
    return { ...w, pass }
  }

  it('is as long as the turn was, where more is waiting and others are there', () => {
    const { enter, leave, pass } = resting()
    leave(enter('quiet'))
    const [first, second] = [enter('flood'), enter('flood')]
    pass(8)
    leave(first)
    pass(7)
    expect(second.state).toBe('waiting')
    pass(1)
    expect(second.state).toBe('running')
  })

  it('is not taken by one that is alone', () => {
    const { enter, leave, pass } = resting({ slots: 1 })
    const [first, second] = [enter('flood'), enter('flood')]
    pass(8)
    leave(first)
    expect(second.state).toBe('running')
  })

  it('is not taken by one that asks again when it has its answer', () => {
    const { enter, leave, pass } = resting()
    leave(enter('other'))
    const first = enter('quiet')
    pass(8)
    leave(first)
    expect(enter('quiet').state).toBe('running')
  })

  it('leaves its slot to the others', () => {
    const { enter, leave, pass } = resting({ slots: 1, shared: 1 })
    const [first, second, other] = [enter('flood'), enter('flood'), enter('other')]
    pass(8)
    leave(first)
    expect([second.state, other.state]).toEqual(['waiting', 'running'])
  })

  it('ends when the others have been gone for a moment', () => {
    const { enter, leave, pass } = resting({ lingerMs: 30 })
    leave(enter('quiet'))
    const [first, second] = [enter('flood'), enter('flood')]
    pass(29)
    leave(first)
    pass(1)
    enter('flood')
    expect(second.state).toBe('running')
  })

  it('is 50 ms after a turn of any length', () => {
    const { enter, leave, pass } = resting({ lingerMs: 99_999 })
    leave(enter('quiet'))
    const [first, second] = [enter('flood'), enter('flood')]
    pass(10_000)
    leave(first)
    pass(49)
    expect(second.state).toBe('waiting')
    pass(1)
    expect(second.state).toBe('running')
  })
})

describe('slots among parties', () => {
  it('are all for one that is alone', () => {
    const { enter, of } = world({ slots: 4, queue: 9 })
    for (let i = 0; i < 6; i++) enter('a')
    expect([of('running').length, of('waiting').length]).toEqual([4, 2])
  })

  it('give the next free one to who has none, however many others wait', () => {
    const { enter, leave, of } = world({ slots: 4, queue: 999 })
    for (let i = 0; i < 500; i++) enter('flood')
    const late = enter('quiet')
    expect(late.state).toBe('waiting')
    leave(of('running')[0]!)
    expect(late.state).toBe('running')
  })

  it('stay free for who comes now and then, and are all for the other once it stays away', () => {
    const { enter, leave, of, pass } = world({ slots: 4, queue: 999, lingerMs: 1_000 })
    for (let i = 0; i < 500; i++) enter('flood')
    const first = enter('quiet')
    leave(of('running', 'flood')[0]!)
    leave(first)
    for (let i = 0; i < 20; i++) {
      leave(of('running', 'flood')[0]!)
      pass(40)
      // Its share of the slots and no more: the others are there for whoever else comes.
      expect(of('running', 'flood').length).toBeLessThanOrEqual(3)
    }
    expect(of('running', 'flood').length).toBe(2)
    expect(enter('quiet').state).toBe('running')
    leave(of('running', 'quiet')[0]!)
    pass(1_000)
    leave(of('running', 'flood')[0]!)
    expect(of('running', 'flood').length).toBe(4)
  })

  it('are fewer for several than for one, where that is asked for', () => {
    const { enter, leave, of } = world({ slots: 8, shared: 4, queue: 99 })
    for (let i = 0; i < 30; i++) enter('a')
    expect(of('running').length).toBe(8)
    const b = enter('b')
    for (let i = 0; i < 8; i++) leave(of('running', 'a')[0]!)
    expect([b.state, of('running', 'a').length]).toEqual(['running', 2])
  })

  it('are one each where there are more parties than slots, in the order of their last turns', () => {
    const { enter, leave, of, starts } = world({ slots: 2, queue: 99 })
    for (let i = 0; i < 3; i++) for (const party of ['a', 'b', 'c']) enter(party)
    while (of('running').length > 0) leave(of('running')[0]!)
    // The first two began before the third was there.
    expect(
      starts
        .slice(2)
        .map(({ party }) => party)
        .join(''),
    ).toBe('cabcabc')
  })

  it('cut the longest line where the queue is full, and not that of who just came', () => {
    const { enter, of, jobs } = world({ slots: 1, queue: 3 })
    for (let i = 0; i < 4; i++) enter('flood')
    const quiet = enter('quiet')
    expect([quiet.state, of('waiting').length, jobs[3]?.state]).toEqual(['waiting', 3, 'refused'])
    expect(enter('flood').state).toBe('refused')
  })

  it('are given back by who waits no longer, and by nobody twice', () => {
    const { enter, leave, shares } = world({ slots: 1, queue: 9 })
    const [running, waiting, last] = [enter('a'), enter('a'), enter('b')]
    leave(waiting)
    leave(running)
    leave(running)
    expect([last.state, shares.running, shares.waiting]).toEqual(['running', 1, 0])
  })
})

describe('whatever is asked, in whatever order', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ enter: fc.constantFrom('a', 'b', 'c', 'd', 'e') }) },
    { weight: 4, arbitrary: fc.record({ leave: fc.nat(1_000) }) },
    { weight: 1, arbitrary: fc.record({ pass: fc.nat(1_500) }) },
  )
  const options = fc.record({
    slots: fc.integer({ min: 1, max: 6 }),
    queue: fc.integer({ min: 0, max: 12 }),
  })
  const steps = fc.array(step, { maxLength: 150 })

  function play(given: ShareOptions, all: object[], look: (w: World) => void) {
    const w = world(given)
    for (const one of all as { enter?: string; leave?: number; pass?: number }[]) {
      const there = [...w.of('running'), ...w.of('waiting')]
      if (one.enter !== undefined) w.enter(one.enter)
      else if (one.pass !== undefined) w.pass(one.pass)
      else if (there.length > 0) w.leave(there[one.leave! % there.length]!)
      look(w)
    }
    return w
  }
  type World = ReturnType<typeof world>

  it('no more runs than there are slots, nor waits than the queue holds', () => {
    fc.assert(
      fc.property(options, steps, (given, all) => {
        play(given, all, ({ shares, of }) => {
          expect(shares.running).toBeLessThanOrEqual(given.slots)
          expect(shares.waiting).toBeLessThanOrEqual(given.queue)
          expect([of('running').length, of('waiting').length]).toEqual([
            shares.running,
            shares.waiting,
          ])
        })
      }),
    )
  })

  it('a slot is free only where all who wait have their share, and who has nothing never waits for it', () => {
    fc.assert(
      fc.property(options, steps, (given, all) => {
        play(given, all, ({ shares, of }) => {
          if (shares.running >= given.slots) return
          for (const { party } of of('waiting')) {
            expect(of('running', party).length).toBeGreaterThanOrEqual(
              Math.max(1, Math.floor(given.slots / shares.parties)),
            )
          }
        })
      }),
    )
  })

  it('a party is served in the order in which it came', () => {
    fc.assert(
      fc.property(options, steps, (given, all) => {
        const { starts } = play(given, all, () => {})
        for (const party of 'abcde') {
          const numbers = starts.filter((job) => job.party === party).map(({ number }) => number)
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
        }
      }),
    )
  })

  it('who has nothing running is passed over by each other party once at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 80 }),
        fc.array(fc.nat(1_000), { maxLength: 80 }),
        (slots, crowd, ends) => {
          const w = world({ slots, queue: 1_000 })
          for (const party of crowd) w.enter(party)
          const late = w.enter('late')
          const before = w.starts.length
          for (const end of ends) {
            if (late.state === 'running') break
            const running = w.of('running')
            w.leave(running[end % running.length]!)
          }
          const passed = w.starts.slice(before).filter((job) => job !== late)
          const byParty = Map.groupBy(passed, ({ party }) => party)
          for (const jobs of byParty.values()) expect(jobs.length).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  it('nobody is held once all have left and a moment has passed', () => {
    fc.assert(
      fc.property(options, steps, (given, all) => {
        const w = play(given, all, () => {})
        for (const job of w.jobs) w.leave(job)
        expect([w.shares.running, w.shares.waiting]).toEqual([0, 0])
        w.pass(1_000)
        w.leave(w.enter('last'))
        expect(w.shares.parties).toBe(1)
      }),
    )
  })
})
