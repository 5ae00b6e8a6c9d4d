import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { findArtifacts } from '../../server/neo4j/artifacts.ts'
import { homeAt, makeFolders } from '../../server/neo4j/home.ts'
import { findJava, fits, onPath } from '../../server/neo4j/java.ts'
import { launch } from '../../server/neo4j/launch.ts'
import { resetNeo4j } from '../../server/neo4j/operate.ts'
import { processMark } from '../../server/neo4j/process-mark.ts'
import { silent } from '../../server/neo4j/progress.ts'
import { readState } from '../../server/neo4j/state.ts'
import { mountSmallDisk } from '../objects/s3-server.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'

const MEGABYTE = 2 ** 20
const root = mkdtempSync(join(tmpdir(), 'selvedge-bad-days-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const envOf = (home: string) => ({
  SELVEDGE_HOME: home,
  SELVEDGE_NEO4J: 'embedded',
  SELVEDGE_NEO4J_HEAP: '512m',
})
const configOf = (home: string, more = {}) =>
  readConfig({ ...process.env, NEO4J_URI: '', ...envOf(home), ...more })

const config = configOf(join(root, 'home'))
const java = (await findJava(config)).find(fits)
const maven = onPath('mvn', config.searchPath)
const runnable = java !== undefined && (maven !== null || findArtifacts(config.cache) !== null)
const tiny = mountSmallDisk(32 * MEGABYTE)
afterAll(() => tiny?.unmount())
if (!runnable) process.stderr.write('\n  !! 8 tests skipped: embedded Neo4j was not run here\n\n')
if (!tiny) process.stderr.write('\n  !! 3 tests skipped: no small disk can be mounted here\n\n')

async function until(holds: () => boolean | Promise<boolean>, what: string | (() => string)) {
  const giveUpAt = Date.now() + 150_000
  while (!(await holds())) {
    if (Date.now() > giveUpAt) {
      throw new Error(`it never came to this: ${typeof what === 'string' ? what : what()}`)
    }
    await sleep(100)
  }
}

describe.skipIf(!runnable)('a running server', { timeout: 300_000 }, () => {
  const folder = join(root, 'home')
  const home = homeAt(folder)
  const running = () => readState(home)?.running
  let server: ChildProcess
  let [url, said, logged] = ['', '', '']
  /** Founds a tenant, trying again while a busy database is too slow, and says whether it was new. */
  const found = async (name: string): Promise<'new' | 'known'> => {
    const body = JSON.stringify({ query: `mutation { tenantCreate(name: "${name}") { name } }` })
    const headers = { 'content-type': 'application/json' }
    let told = ''
    await until(
      async () => {
        const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
        told = await response.text()
        return told.includes(`"name":"${name}"`) || told.includes('TENANT_EXISTS')
      },
      () => `a tenant is founded: ${told}`,
    )
    return told.includes('TENANT_EXISTS') ? 'known' : 'new'
  }
  const isReady = async () => (await fetch(`${url}/readyz`)).status === 200

  beforeAll(async () => {
    server = spawnSelvedge(['start'], { ...envOf(folder), SELVEDGE_PORT: '0' })
    server.stdout?.on('data', (chunk) => {
      said += chunk
    })
    server.stderr?.on('data', (chunk) => {
      logged += chunk
    })
    await until(() => /serves at (\S+)/.test(said), 'it serves')
    url = /serves at (\S+)/.exec(said)![1]!
    await until(isReady, 'it is ready')
    await found('acme')
  }, 300_000)
  afterAll(async () => {
    server.kill('SIGKILL')
    await resetNeo4j(config, silent)
  }, 120_000)

  it.each(['Neo4j itself', 'what watches over it'])(
    'goes on without a restart where %s is killed',
    async (who) => {
      const { pid, supervisor } = running()!
      process.kill(who === 'Neo4j itself' ? pid : supervisor.pid, 'SIGKILL')
      await until(() => ![undefined, null, pid].includes(running()?.pid), 'another Neo4j runs')
      expect(processMark(pid)).toBeNull()
      await until(isReady, 'it is ready again')
      // What was acknowledged is there, and more can be written.
      expect(await found('acme')).toBe('known')
      await found(`after-${supervisor.pid}`)
      expect(logged).toContain('NEO4J_ENDED')
      expect(server.exitCode).toBeNull()
    },
  )

  it('lets a Neo4j that is stopped on purpose be, and goes on once it is started', async () => {
    const { port } = readState(home)!
    expect(await selvedge(['neo4j', 'stop'], envOf(folder))).toMatchObject({ code: 0 })
    await until(() => logged.includes('NEO4J_STOPPED'), 'it says that Neo4j was stopped')
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect(running()).toBeNull()
    expect(await selvedge(['neo4j', 'start', '--detach'], envOf(folder))).toMatchObject({ code: 0 })
    expect(readState(home)!.port).toBe(port)
    await until(isReady, 'it is ready again')
    expect(server.exitCode).toBeNull()
  })

  it('is not joined by a command with another password than the database has', async () => {
    const right = readFileSync(home.password, 'utf8')
    writeFileSync(home.password, 'another\n')
    const { code, stderr } = await selvedge(['fsck', '--all'], envOf(folder))
    writeFileSync(home.password, right)
    expect(code).toBe(1)
    expect(stderr).toMatch(/NEO4J_PASSWORD_WRONG: .*put the right file back/)
    expect(stderr).not.toContain(right.trim())
    expect(await selvedge(['fsck', '--all'], envOf(folder))).toMatchObject({ code: 0 })
  })
})

describe.skipIf(!runnable || maven === null)('jars that were damaged', { timeout: 300_000 }, () => {
  it('are fetched anew, though they are as long as they should be', async () => {
    const home = join(root, 'damaged')
    const from = findArtifacts(config.cache)
    const cache = join(root, 'cache')
    const to = join(cache, basename(from!))
    mkdirSync(to, { recursive: true })
    // Links, so that 125 MB need not be copied; what is damaged is a file of its own.
    for (const name of readdirSync(from!)) {
      if (name.endsWith('.jar')) linkOrCopy(join(from!, name), join(to, name))
      else if (name === 'complete.json') cpSync(join(from!, name), join(to, name))
    }
    const jar = readdirSync(to).find((name) => name.startsWith('neo4j-server-5'))!
    const { size } = statSync(join(to, jar))
    rmSync(join(to, jar))
    writeFileSync(join(to, jar), Buffer.alloc(size, 'x'))
    expect(findArtifacts(cache)).toBe(to)

    const env = { ...envOf(home), SELVEDGE_CACHE: cache }
    const { code, stdout, stderr } = await selvedge(['neo4j', 'start', '--detach'], env)
    expect([code, stderr]).toEqual([0, expect.stringContaining('the jars of Neo4j are damaged')])
    expect(stdout).toContain('embedded Neo4j')
    expect(readFileSync(join(to, jar)).subarray(0, 2).toString()).toBe('PK')
    await resetNeo4j(configOf(home), silent)
  })

  function linkOrCopy(from: string, to: string) {
    try {
      linkSync(from, to)
    } catch {
      cpSync(from, to)
    }
  }
})

describe.skipIf(!tiny)('a disk', { timeout: 300_000 }, () => {
  const home = join(tiny?.folder ?? root, 'home')
  const start = () => selvedge(['neo4j', 'start', '--detach'], envOf(home))

  it.skipIf(!runnable)('that is too full for a start is told before one is tried', async () => {
    const { code, stderr } = await start()
    expect(code).toBe(1)
    expect(stderr).toMatch(/NEO4J_DISK_FULL: .*has \d+ MB left, and Neo4j needs 192 MB.*make room/s)
    expect(stderr).not.toContain('starting Neo4j')
  })

  it.skipIf(!runnable)(
    'that is full by the time Neo4j writes is told by code as well',
    async () => {
      const at = homeAt(home)
      makeFolders(at)
      const jars = findArtifacts(config.cache)!
      const starting = launch(at, configOf(home), { java: java!.path, jars, progress: silent })
      await expect(starting).rejects.toMatchObject({
        code: 'NEO4J_DISK_FULL',
        status: 503,
        message: expect.stringContaining('make room'),
      })
    },
  )

  it.skipIf(!runnable)('that may only be read is told by code', async () => {
    execFileSync('mount', ['-o', 'remount,ro', tiny!.folder])
    const { code, stderr } = await start()
    execFileSync('mount', ['-o', 'remount,rw', tiny!.folder])
    expect(code).toBe(1)
    expect(stderr).toMatch(/NEO4J_HOME_UNWRITABLE: .*\(EROFS\).*another SELVEDGE_HOME/s)
  })
})

it('a Java of another release is refused by name, with the ways that are left', async () => {
  const program = join(root, 'java-11', 'bin', 'java')
  mkdirSync(dirname(program), { recursive: true })
  writeFileSync(program, '#!/bin/sh\necho \'openjdk version "11.0.2"\' >&2\n')
  chmodSync(program, 0o755)
  const env = { ...envOf(join(root, 'wrong-java')), SELVEDGE_JAVA: program }
  const { code, stderr } = await selvedge(['neo4j', 'start'], env)
  expect(code).toBe(1)
  expect(stderr).toMatch(/NEO4J_NOT_FOUND.*needs Java 17 or 21; found only .*java-11.* \(11\)/s)
  expect(stderr).toContain('install Java 17 or 21')
})
