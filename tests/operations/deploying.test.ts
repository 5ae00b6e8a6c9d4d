import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig, SETTINGS } from '../../server/config.ts'

const VARIABLES = Object.values(SETTINGS).flatMap(({ name }) => [name, `${name}_FILE`])
const folder = mkdtempSync(join(tmpdir(), 'selvedge-deploying-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Whether a program is there and answers; says aloud that a test is left out where it is not. */
function answers(command: string, args: string[]) {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`\n  SKIPPED: no ${[command, ...args].join(' ')} here\n\n`)
    return false
  }
}

describe('the Containerfile', () => {
  const text = readFileSync('Containerfile', 'utf8')
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
    from!.split(' '),
  )
  const ignored = readFileSync('.dockerignore', 'utf8')

  it('copies what there is, and what .dockerignore lets through', () => {
    expect(copied.length).toBeGreaterThan(10)
    expect(copied.filter((from) => !existsSync(from))).toEqual([])
    expect(copied.filter((from) => !ignored.includes(`\n!${from}\n`))).toEqual([])
  })

  it('copies everything that the server and the commands import', () => {
    const folders = copied.filter((from) => /^[a-z]+$/.test(from))
    const sources = folders.flatMap((from) =>
      readdirSync(from, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.startsWith('dist'))
        .map((name) => join(from, name)),
    )
    const IMPORTED = /(?:from|import\()\s*['"](\.{1,2}\/[^'"]+\.ts)['"]/g
    const imported = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(IMPORTED)].map(([, to]) => join(file, '..', to!)),
    )
    expect(imported.length).toBeGreaterThan(500)
    const outside = imported.filter((file) => !folders.some((from) => file.startsWith(`${from}/`)))
    expect([...new Set(outside)]).toEqual([])
  })

  it('sets what are settings, listens where it says, and is nobody of importance', () => {
    const set = [...text.matchAll(/\b((?:SELVEDGE|NEO4J)_\w+)=/g)].map(([, name]) => name!)
    expect(set.filter((name) => !VARIABLES.includes(name))).toEqual([])
    expect(text).toContain(`EXPOSE ${readConfig({}).port}\n`)
    expect(text).toMatch(/^USER (?!0)\d+/m)
  })
})

describe('the compose file', () => {
  const text = readFileSync('compose.yaml', 'utf8')
  const { services, volumes, secrets } = parse(text) as {
    services: Record<
      string,
      { environment: Record<string, string>; volumes: string[]; image?: string }
    >
    volumes: Record<string, unknown>
    secrets: Record<string, unknown>
  }

  it('sets what are settings, and gives the password as a file', () => {
    const { environment } = services.selvedge!
    expect(Object.keys(environment).filter((name) => !VARIABLES.includes(name))).toEqual([])
    expect(environment.NEO4J_PASSWORD_FILE).toBe(`/run/secrets/${Object.keys(secrets)[0]}`)
    expect(environment).not.toHaveProperty('NEO4J_PASSWORD')
  })

  it('names volumes that there are, and the Neo4j that is tested', () => {
    const named = Object.values(services).flatMap((one) =>
      one.volumes.map((at) => at.split(':')[0]!),
    )
    expect(named.filter((name) => !/^[./]/.test(name) && !(name in volumes))).toEqual([])
    expect(services.neo4j!.image).toMatch(/neo4j:5\.26-community$/)
  })

  it.skipIf(!answers('docker', ['compose', 'version']))('is one to docker', () => {
    const env = { ...process.env, NEO4J_PASSWORD: 'x' }
    execFileSync('docker', ['compose', '-f', 'compose.yaml', 'config', '--quiet'], { env })
  })
})

describe('the unit file', () => {
  const text = readFileSync('docs/operations/selvedge.service', 'utf8')

  it('sets what are settings, and gives more time to end than the settings take', () => {
    const set = [...text.matchAll(/^Environment=((?:SELVEDGE|NEO4J)_\w+)=(.*)$/gm)]
    expect(set.length).toBeGreaterThan(3)
    expect(set.filter(([, name]) => !VARIABLES.includes(name!))).toEqual([])
    const env = Object.fromEntries(set.map(([, name, value]) => [name, value]))
    const { drainWait, shutdownWithin } = readConfig({
      SELVEDGE_DRAIN_WAIT: env.SELVEDGE_DRAIN_WAIT,
    })
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])
    expect(seconds * 1000).toBeGreaterThan(drainWait + 2 * shutdownWithin)
  })

  it.skipIf(!answers('systemd-analyze', ['--version']))('is one to systemd', () => {
    const at = join(folder, 'selvedge.service')
    const here = text
      .replaceAll('/usr/bin/node', process.execPath)
      .replaceAll('/opt/selvedge', resolve('.'))
    writeFileSync(at, here)
    execFileSync('systemd-analyze', ['verify', '--man=no', at], { stdio: 'pipe' })
    // It tells one that is none: otherwise this test would say nothing.
    writeFileSync(at, here.replace('Type=exec', 'Type=exec\nExecStart=/nowhere/node'))
    expect(() =>
      execFileSync('systemd-analyze', ['verify', '--man=no', at], { stdio: 'pipe' }),
    ).toThrow()
  })
})
