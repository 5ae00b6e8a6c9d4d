import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { App } from '../../server/app.ts'
import { readConfig, SETTINGS } from '../../server/config.ts'
import { listen } from '../../server/listen.ts'

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

it.each([
  ['npm start', /"start": "(.*)"/, 'package.json'],
  ['npm run selvedge', /"selvedge": "(node .*)"/, 'package.json'],
  ['the program itself', /^#!(.*)$/m, 'cli/selvedge.ts'],
  ['the container', /^ENTRYPOINT (.*)$/m, 'Containerfile'],
  ['the systemd unit', /^ExecStart=(.*)$/m, 'docs/operations/selvedge.service'],
])('%s starts the server with a small young generation', (_what, command, file) => {
  const [, said] = command.exec(readFileSync(file, 'utf8')) ?? []
  expect(said).toContain('--max-semi-space-size=4')
})

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

  describe('asks whether the server lives', () => {
    const [program, ...args] = JSON.parse(
      /^HEALTHCHECK [^[]+(\[.+\])$/m.exec(text.replaceAll('\\\n', ''))![1]!,
    ) as string[]
    const healthy = async (env: Record<string, string>) => {
      expect(program).toBe('node')
      const child = spawn(process.execPath, args, { env, stdio: 'inherit' })
      const [code] = await once(child, 'close')
      return code
    }
    const alive = (status: number) =>
      ({
        isLocal: true,
        fetch: undefined as never,
        endSubscriptions: () => {},
        listener: ({ url }, outgoing) =>
          void outgoing.writeHead(url === '/livez' ? status : 404).end(),
      }) as App
    const tls = { cert: 'tests/fixtures/tls/first.crt', key: 'tests/fixtures/tls/first.key' }
    const secure = { SELVEDGE_TLS_CERT: tls.cert, SELVEDGE_TLS_KEY: tls.key }

    it.each<[string, number, typeof tls | null, Record<string, string>, number]>([
      ['of one that does', 200, null, {}, 0],
      ['of one that does, by TLS', 200, tls, secure, 0],
      ['of one that listens everywhere', 200, null, { SELVEDGE_HOST: '0.0.0.0' }, 0],
      ['of one that does not', 503, null, {}, 1],
      ['of one that does not, by TLS', 503, tls, secure, 1],
      ['of one that speaks no TLS though it is set', 200, null, secure, 1],
    ])(
      '%s',
      async (_what, status, files, env, code) => {
        const at = { host: '127.0.0.1', port: 0, tls: files, onTls: () => {} }
        const server = await listen(alive(status), at)
        try {
          expect(await healthy({ SELVEDGE_PORT: String(server.port), ...env })).toBe(code)
        } finally {
          await server.close()
        }
        // Nobody answers any more.
        expect(await healthy({ SELVEDGE_PORT: String(server.port), ...env })).toBe(1)
      },
      60_000,
    )
  })
})

describe('the compose file', () => {
  const text = readFileSync('compose.yaml', 'utf8')
  const { services, volumes, secrets } = parse(text) as {
    services: Record<
      string,
      {
        environment: Record<string, string>
        secrets: string[]
        volumes: string[]
        image?: string
        read_only?: boolean
      }
    >
    volumes: Record<string, unknown>
    secrets: Record<string, { file?: string }>
  }

  it('sets what are settings, and gives the password as a file', () => {
    const { environment } = services.selvedge!
    expect(Object.keys(environment).filter((name) => !VARIABLES.includes(name))).toEqual([])
    expect(environment.NEO4J_PASSWORD_FILE).toBe('/run/secrets/neo4j_password')
    expect(services.neo4j!.environment.NEO4J_AUTH_FILE).toBe('/run/secrets/neo4j_auth')
    expect(services.selvedge!.secrets).toEqual(['neo4j_password'])
    expect(services.neo4j!.secrets).toEqual(['neo4j_auth'])
    expect(text).not.toMatch(/NEO4J_(PASSWORD|AUTH):/)
  })

  it('takes secrets from files, as a container that is read-only must', () => {
    expect(services.selvedge!.read_only).toBe(true)
    for (const { file } of Object.values(secrets)) expect(file).toMatch(/^\.\/secrets\//)
  })

  it('finds in the secrets what the documented commands write there', () => {
    const page = readFileSync('docs/operations/deploying.md', 'utf8')
    const [, commands] = /```\n(install -d[\s\S]+?)docker compose up/.exec(page)!
    execFileSync('bash', ['-euc', commands!], { cwd: folder })
    const [auth, password] = ['neo4j_auth', 'neo4j_password'].map((name) => {
      const at = join(folder, secrets[name]!.file!)
      expect(statSync(at).mode & 0o777).toBe(0o444)
      return readFileSync(at, 'utf8')
    })
    expect(password).toMatch(/^[0-9a-f]{64}$/)
    expect(auth).toBe(`neo4j/${password}`)
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
    expect(readFileSync('.gitignore', 'utf8')).toContain('\n/secrets/\n')
  })

  it('names volumes that there are, and the Neo4j that is tested', () => {
    const named = Object.values(services).flatMap((one) =>
      one.volumes.map((at) => at.split(':')[0]!),
    )
    expect(named.filter((name) => !/^[./]/.test(name) && !(name in volumes))).toEqual([])
    expect(services.neo4j!.image).toMatch(/neo4j:5\.26-community$/)
  })

  it.skipIf(!answers('docker', ['compose', 'version']))('is one to docker', () => {
    execFileSync('docker', ['compose', '-f', 'compose.yaml', 'config', '--quiet'])
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
