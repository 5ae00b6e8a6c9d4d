import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openRegister } from '../../ledger/register.ts'
import { withCode } from './support.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selvedge-register-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const open = (name = 'register.sqlite') => openRegister(join(folder, name))

const signed = (size: number, root = `root ${size}`) => ({ size, root })
const always = (entry: { size: number; root: string } | null) => async () => entry

it('keeps the id that it was founded with', async () => {
  const register = open()
  expect(await register.id()).toBeNull()
  expect(await register.found('one')).toBe('one')
  register.close()
  const again = open()
  expect(await again.found('two')).toBe('one')
  expect(await again.id()).toBe('one')
  again.close()
})

it('remembers what was signed last, each origin apart', async () => {
  const register = open()
  await register.sign('a', always(signed(3)))
  await register.sign('a', always(signed(9)))
  await register.sign('b', always(signed(5)))
  register.close()
  const again = open()
  expect([await again.last('a'), await again.last('b'), await again.last('c')]).toEqual([
    signed(9),
    signed(5),
    null,
  ])
  again.close()
})

it('appends nothing where nothing is decided, or the decision fails', async () => {
  const register = open()
  await register.sign('a', always(signed(3)))
  expect(await register.sign('a', always(null))).toBeNull()
  const failing = register.sign('a', async () => {
    throw new Error('on second thoughts')
  })
  await expect(failing).rejects.toThrow('on second thoughts')
  expect(await register.last('a')).toEqual(signed(3))
  register.close()
})

it.each([
  ['go back', signed(8)],
  ['sign a size again with another root', signed(9, 'another')],
])('does not %s, whatever was decided', async (_what, entry) => {
  const register = open()
  await register.sign('a', always(signed(9)))
  await expect(register.sign('a', always(entry))).rejects.toEqual(withCode('REGISTER_MISMATCH'))
  await register.sign('a', always(signed(9)))
  expect(await register.last('a')).toEqual(signed(9))
  register.close()
})

it('answers whoever asks while another connection decides, as soon as that has decided', async () => {
  const [one, two] = [open(), open()]
  const order: string[] = []
  const slow = one.sign('a', async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 200)
    })
    order.push('decided')
    return signed(1)
  })
  const asked = [two.last('a'), two.id(), two.found('id')].map((answer) =>
    answer.then(() => order.push('answered')),
  )
  await Promise.all([slow, ...asked])
  expect(order).toEqual(['decided', 'answered', 'answered', 'answered'])
  expect(await two.last('a')).toEqual(signed(1))
  for (const register of [one, two]) register.close()
})

it('is busy to whoever waits too long for another that decides', async () => {
  const [slow, hasty] = [open(), openRegister(join(folder, 'register.sqlite'), { patienceMs: 50 })]
  await slow.id()
  let decide = () => {}
  const decided = new Promise<void>((resolve) => {
    decide = resolve
  })
  const deciding = slow.sign('a', async () => {
    await decided
    return signed(1)
  })
  await expect(hasty.last('a')).rejects.toEqual(withCode('REGISTER_BUSY'))
  decide()
  await deciding
  expect(await hasty.last('a')).toEqual(signed(1))
  for (const register of [slow, hasty]) register.close()
})

it('is let go of in time for others by a decision for which nobody answers, which then decides nothing', async () => {
  const [held, other] = [open(), open()]
  await held.sign('a', always(signed(3)))
  let answer = (_entry: { size: number; root: string } | null) => {}
  const answered = new Promise<{ size: number; root: string } | null>((resolve) => {
    answer = resolve
  })
  const deciding = held.sign('a', () => answered)
  const late = expect(deciding).rejects.toEqual(withCode('DATABASE_TIMEOUT'))
  // Another server waits for it as long as it does for any: it would be told REGISTER_BUSY.
  expect(await other.sign('a', always(signed(5)))).toEqual(signed(5))
  await late
  answer(signed(9, 'from before'))
  expect(await held.last('a')).toEqual(signed(5))
  held.close()
  other.close()
}, 60_000)

it('lets entries of several processes only ever grow, though some are killed amid them', async () => {
  const path = join(folder, 'register.sqlite')
  openRegister(path).close()
  const children = Array.from({ length: 4 }, () =>
    fork(new URL('./register-hammer.ts', import.meta.url), [path], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  const ends = children.map((child) => once(child, 'exit'))
  const told: number[][] = children.map((child) => {
    const sizes: number[] = []
    child.on('message', (size) => sizes.push(Number(size)))
    return sizes
  })
  await vi.waitFor(
    () => {
      expect(told.flat().length).toBeGreaterThan(20)
      expect(told.filter((sizes) => sizes.length > 0).length).toBeGreaterThan(1)
    },
    { timeout: 40_000 },
  )
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(ends)
  const all = told.flat()
  // Every size once: nobody decided on another's entry without seeing it.
  expect(new Set(all).size).toBe(all.length)
  for (const sizes of told) expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
  const register = openRegister(path)
  const last = await register.last('log')
  expect(last!.size).toBeGreaterThanOrEqual(Math.max(...all))
  expect(last!.size).toBeLessThanOrEqual(Math.max(...all) + children.length)
  await register.sign('log', always(signed(last!.size + 1)))
  register.close()
})
