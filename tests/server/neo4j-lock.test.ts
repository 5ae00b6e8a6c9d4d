import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { withLock } from '../../server/neo4j/lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-lock-'))
afterAll(() => rmSync(folder, { recursive: true }))
const MODULE = fileURLToPath(new URL('../../server/neo4j/lock.ts', import.meta.url))

/** Another process that holds the lock until it is killed. */
async function holder(file: string) {
  const program = `
    const { withLock } = await import(${JSON.stringify(MODULE)})
    await withLock(${JSON.stringify(file)}, { waitSeconds: 5 }, async () => {
      console.log('held')
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

it('lets one run at a time', async () => {
  const file = join(folder, 'one')
  const events: string[] = []
  const work = (name: string) => async () => {
    events.push(`${name} begins`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    events.push(`${name} ends`)
  }
  await Promise.all(['a', 'b'].map((name) => withLock(file, { waitSeconds: 5 }, work(name))))
  expect(events.map((event) => event.split(' ')[1])).toEqual(['begins', 'ends', 'begins', 'ends'])
})

it('is free again after work that failed', async () => {
  const file = join(folder, 'failed')
  const failing = withLock(file, { waitSeconds: 1 }, () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  expect(await withLock(file, { waitSeconds: 1 }, async () => 'free')).toBe('free')
})

it('keeps another process out, and goes with its owner when that is killed', async () => {
  const file = join(folder, 'killed')
  const child = await holder(file)
  let waited = false
  const onWait = () => {
    waited = true
  }
  await expect(withLock(file, { waitSeconds: 0.3, onWait }, async () => 'in')).rejects.toThrow(
    expect.objectContaining({ code: 'NEO4J_LOCK_TIMEOUT' }),
  )
  expect(waited).toBe(true)
  child.kill('SIGKILL')
  expect(await withLock(file, { waitSeconds: 5 }, async () => 'in')).toBe('in')
})
