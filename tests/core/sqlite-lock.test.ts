import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { lockedFile } from '../../core/sqlite-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-lock-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

const [busy, unreadable] = [new Error('busy'), new Error('unreadable')]

function open(file: string, patienceMs: number) {
  const locked = lockedFile(new DatabaseSync(join(folder, file), { timeout: 0 }), {
    patienceMs,
    refusals: { busy: () => busy, unreadable: () => unreadable },
  })
  afterAll(() => locked.close())
  return locked
}

it('gives up a lock that another holds, also where the clock is set back while it waits', async () => {
  const [holder, waiter] = [open('back', 50), open('back', 50)]
  const now = Date.now()
  let looks = 0
  vi.spyOn(Date, 'now').mockImplementation(() => now - 3_600_000 * looks++)
  await holder.locked(async () => {
    await expect(waiter.locked(() => {})).rejects.toBe(busy)
  })
  expect(await waiter.locked(() => 'had')).toBe('had')
})

it('waits for one that is given back, also where the clock is set forward meanwhile', async () => {
  const [holder, waiter] = [open('forward', 600_000), open('forward', 600_000)]
  const now = Date.now()
  let looks = 0
  vi.spyOn(Date, 'now').mockImplementation(() => now + 3_600_000 * looks++)
  const release = Promise.withResolvers<void>()
  const holding = holder.locked(() => release.promise)
  const waiting = waiter.locked(() => 'had')
  // By then it has found the lock taken, and waits.
  await new Promise((resolve) => {
    setTimeout(resolve, 50)
  })
  release.resolve()
  await holding
  expect(await waiting).toBe('had')
})
