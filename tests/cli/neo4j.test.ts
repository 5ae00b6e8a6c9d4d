import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { selvedge } from '../setup/selvedge.ts'

const root = mkdtempSync(join(tmpdir(), 'selvedge-cli-'))
afterAll(() => rmSync(root, { recursive: true }))
const given = { NEO4J_URI: 'bolt://db.example:7687', SELVEDGE_HOME: root }
const own = { SELVEDGE_HOME: root, SELVEDGE_NEO4J: 'embedded' }

it('starts nothing where NEO4J_URI names one, and says so', async () => {
  const { code, stdout } = await selvedge(['neo4j', 'start'], given)
  expect(code).toBe(0)
  expect(stdout).toContain('bolt://db.example:7687')
  expect(stdout).toContain('nothing to do')
})

it('stops nothing where NEO4J_URI names one', async () => {
  const { code, stdout } = await selvedge(['neo4j', 'stop'], given)
  expect(code).toBe(0)
  expect(stdout).toContain('does not stop')
})

it('deletes nothing where NEO4J_URI names one', async () => {
  const { code, stderr } = await selvedge(['neo4j', 'reset', '--yes'], given)
  expect(code).toBe(1)
  expect(stderr).toContain('NEO4J_NOT_OURS')
})

it('says that none runs in a new home', async () => {
  const { stdout } = await selvedge(['neo4j', 'status', '--json'], own)
  expect(JSON.parse(stdout)).toMatchObject({ state: 'stopped', uri: null, home: root })
})

it('has nothing to stop in a new home', async () => {
  expect(await selvedge(['neo4j', 'stop'], own)).toMatchObject({
    code: 0,
    stdout: 'it was not running\n',
  })
})

it('deletes nothing unasked where it cannot ask', async () => {
  const { code, stderr } = await selvedge(['neo4j', 'reset'], own)
  expect(code).toBe(1)
  expect(stderr).toContain('NEO4J_RESET_UNCONFIRMED')
  expect(stderr).toContain('--yes')
})

it('names the three cures where no way is open', async () => {
  const env = { ...own, SELVEDGE_JAVA: join(root, 'java'), SELVEDGE_CACHE: join(root, 'cache') }
  const { code, stderr } = await selvedge(['neo4j', 'start'], env)
  expect(code).toBe(1)
  expect(stderr).toContain('NEO4J_NOT_FOUND')
  for (const cure of ['NEO4J_URI', 'Docker', 'Java 17 or 21']) expect(stderr).toContain(cure)
})
