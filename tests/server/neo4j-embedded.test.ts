import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../lineage/graph.ts'
import { readConfig } from '../../server/config.ts'
import { findArtifacts } from '../../server/neo4j/artifacts.ts'
import { resolveNeo4j } from '../../server/neo4j/find.ts'
import { homeAt } from '../../server/neo4j/home.ts'
import { findJava, fits, onPath } from '../../server/neo4j/java.ts'
import { neo4jStatus, resetNeo4j } from '../../server/neo4j/operate.ts'
import { processMark } from '../../server/neo4j/process-mark.ts'
import { silent } from '../../server/neo4j/progress.ts'
import { readState, writeState } from '../../server/neo4j/state.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-embedded-'))
const ENV = { SELVEDGE_HOME: folder, SELVEDGE_NEO4J: 'embedded', SELVEDGE_NEO4J_HEAP: '512m' }
const config = readConfig({ ...process.env, NEO4J_URI: '', ...ENV })
const home = homeAt(folder)

const java = (await findJava(config)).find(fits)
const tooled = onPath('mvn', config.searchPath) !== null || findArtifacts(config.cache) !== null
const missing = java === undefined ? 'no Java 17 or 21' : 'no Maven'
const runnable = java !== undefined && tooled
if (!runnable) {
  process.stderr.write(`\n  !! 9 tests skipped: embedded Neo4j was not run here: ${missing}\n\n`)
}

const running = () => readState(home)?.running
const javaAlive = (pid: number) => processMark(pid)?.includes('CommunityEntryPoint') ?? false

async function until(holds: () => boolean, seconds: number, what: string) {
  const giveUpAt = Date.now() + seconds * 1000
  while (!holds()) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${seconds} s: ${what}`)
    await sleep(50)
  }
}

async function untilPrinted(child: ChildProcess, text: string) {
  let printed = ''
  child.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  await until(() => printed.includes(text), 90, text)
}

async function connects(neo4j: { uri: string; username: string; password: string }) {
  const database = openDatabase(neo4j)
  await database.verify()
  await database.close()
}

/** One home through its whole life, in order: a start takes seconds, so each serves several claims. */
describe.skipIf(!runnable)(
  `an embedded Neo4j (needs Java 17 or 21 and Maven)`,
  {
    timeout: 180_000,
  },
  () => {
    afterAll(async () => {
      await resetNeo4j(config, silent)
      rmSync(folder, { recursive: true, force: true })
    })

    it('is not locked out by a first start that was killed half way', async () => {
      const child = spawnSelvedge(['neo4j', 'start'], ENV)
      await until(
        () => existsSync(join(home.data, 'databases', 'system', 'neostore')),
        60,
        'a store',
      )
      const { pid, supervisor } = running()!
      child.kill('SIGKILL')
      process.kill(supervisor.pid, 'SIGKILL')
      process.kill(pid, 'SIGKILL')
      await until(() => !javaAlive(pid), 5, 'the end of Java')

      const neo4j = await resolveNeo4j(config)
      await connects(neo4j)
      expect(neo4j).toMatchObject({ way: 'embedded', ours: true })
      const started = running()!.pid
      await neo4j.stop()
      expect(javaAlive(started)).toBe(false)
    })

    it('refuses another password than its own, which only its owner can read', async () => {
      expect(statSync(home.password).mode & 0o777).toBe(0o600)
      expect(statSync(home.state).mode & 0o777).toBe(0o600)
      const neo4j = await resolveNeo4j(config, { keep: true })
      await expect(connects({ ...neo4j, password: 'neo4j' })).rejects.toThrow()
      await connects(neo4j)
    })

    it('is one for all that start it, and stays when it was asked to', async () => {
      const ran = await Promise.all([1, 2].map(() => selvedge(['neo4j', 'start', '--detach'], ENV)))
      expect(ran.map(({ code }) => code)).toEqual([0, 0])
      const { pid } = running()!
      for (const { stdout } of ran) expect(stdout).toContain(`process ${pid}`)
      const neo4j = await resolveNeo4j(config)
      await neo4j.stop()
      expect(javaAlive(pid)).toBe(true)
      expect(await neo4jStatus(config)).toMatchObject({ state: 'running', pid, answers: true })
    })

    it('is not given to a process that does not know the token', async () => {
      const state = readState(home)!
      const { supervisor } = state.running!
      const forged = { ...supervisor, token: '0'.repeat(supervisor.token.length) }
      writeState(home, { ...state, running: { ...state.running!, supervisor: forged } })
      expect(await neo4jStatus(config)).toMatchObject({ state: 'orphaned' })
      writeState(home, state)
      expect(await neo4jStatus(config)).toMatchObject({ state: 'running' })
    })

    it('whose state is lost keeps its store from a second one', async () => {
      const state = readState(home)!
      rmSync(home.state)
      await expect(resolveNeo4j(config)).rejects.toThrow(
        expect.objectContaining({ code: 'NEO4J_STORE_LOCKED' }),
      )
      writeState(home, state)
    })

    it('whose supervisor was killed is ended by the next start, which keeps the port if free', async () => {
      const { pid, supervisor } = running()!
      process.kill(supervisor.pid, 'SIGKILL')
      await until(() => processMark(supervisor.pid) === null, 5, 'the end of the supervisor')
      expect(await neo4jStatus(config)).toMatchObject({ state: 'orphaned', pid })
      const before = readState(home)!.port

      const child = spawnSelvedge(['neo4j', 'start'], ENV)
      await untilPrinted(child, 'It ends with this command')
      expect(javaAlive(pid)).toBe(false)
      expect(readState(home)!.port).toBe(before)
      await expectToDieWith(child)
    })

    /** Killed as no handler can see it: only the kernel tells the supervisor. */
    async function expectToDieWith(child: ChildProcess) {
      const { pid, supervisor } = running()!
      expect(javaAlive(pid)).toBe(true)
      child.kill('SIGKILL')
      await until(() => !javaAlive(pid), 10, 'the end of Java after its parent was killed')
      await until(() => processMark(supervisor.pid) === null, 5, 'the end of the supervisor')
      expect(running()).toBeNull()
    }

    it('takes another port where its own is taken, and ends with the last of its users', async () => {
      const { port } = readState(home)!
      const thief = createServer().listen({ host: '127.0.0.1', port })
      const [first, second] = await Promise.all([resolveNeo4j(config), resolveNeo4j(config)])
      thief.close()
      expect(first.uri).toBe(second.uri)
      expect(first.uri).not.toContain(`:${port}`)
      const { pid } = running()!
      await first.stop()
      await connects(second)
      await second.stop()
      expect(javaAlive(pid)).toBe(false)
    })

    it('is not mistaken for another process that was given its number', async () => {
      const state = readState(home)!
      const supervisor = { pid: process.pid, port: 1, token: 'x' }
      const reused = { pid: process.pid, mark: 'another', startedAt: '', supervisor }
      writeState(home, { ...state, running: reused })
      expect(await neo4jStatus(config)).toMatchObject({ state: 'stopped' })
      expect(await selvedge(['neo4j', 'stop'], ENV)).toMatchObject({
        stdout: 'it was not running\n',
      })
    })

    it('says what Java said when it does not start, and can be reset', async () => {
      const broken = { ...ENV, SELVEDGE_NEO4J_HEAP: '1k' }
      const { code, stderr } = await selvedge(['neo4j', 'start'], broken)
      expect(code).toBe(1)
      expect(stderr).toMatch(/NEO4J_START_FAILED.*heap/is)
      expect(await selvedge(['neo4j', 'reset', '--yes'], ENV)).toMatchObject({
        code: 0,
        stdout: 'the database is deleted\n',
      })
      expect(existsSync(home.data)).toBe(false)
      expect(existsSync(home.password)).toBe(false)
    })
  },
)
