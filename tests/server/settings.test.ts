import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Config,
  configFileOf,
  findConfigFaults,
  listConfig,
  readConfig,
  SETTINGS,
} from '../../server/config.ts'
import { MOST_FILE_BYTES, readSettingsFile } from '../../server/settings/file.ts'
import { nearest } from '../../server/settings/nearest.ts'
import { flagOf } from '../../server/settings/sources.ts'
import { selvedge } from '../setup/selvedge.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-settings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
/** A file of its own for each test. */
function written(text: string | Uint8Array, name = 'settings.yaml') {
  const at = join(folder, `${files++}`)
  mkdirSync(at)
  writeFileSync(join(at, name), text)
  return join(at, name)
}

const fromFile = (text: string | Uint8Array, env: Record<string, string> = {}) =>
  readConfig({ SELVEDGE_CONFIG: written(text), ...env })

const refusal = (code: string, ...said: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(said.join('.*'), 's')),
  })

describe('a setting', () => {
  const SOURCES = ['flag', 'environment', 'file'] as const

  it('is what the flag says, else the environment, else the file, else the default', () => {
    fc.assert(
      fc.property(fc.subarray([...SOURCES]), (given) => {
        const env = {
          SELVEDGE_CONFIG: written(given.includes('file') ? 'port: 3003' : ''),
          ...(given.includes('environment') && { SELVEDGE_PORT: '2002' }),
        }
        const flags = given.includes('flag') ? { port: '1001' } : {}
        const [first] = SOURCES.filter((source) => given.includes(source))
        const ports = { flag: 1001, environment: 2002, file: 3003, none: 4600 }
        expect(readConfig(env, flags).port).toBe(ports[first ?? 'none'])
        const listed = listConfig(env, flags).find(({ key }) => key === 'port')
        expect(listed).toMatchObject({
          from: first ?? 'default',
          value: String(ports[first ?? 'none']),
        })
      }),
      { numRuns: 40 },
    )
  })

  it('counts as not set where its flag or its variable is empty', () => {
    const env = { SELVEDGE_CONFIG: written('port: 3003'), SELVEDGE_PORT: '' }
    expect(readConfig(env, { port: '' }).port).toBe(3003)
  })

  it.each([
    ['a flag', {}, { port: 'http' }, 'SELVEDGE_PORT \\(flag\\) is "http"'],
    ['the file', { SELVEDGE_CONFIG: written('port: http') }, {}, 'SELVEDGE_PORT \\(file\\)'],
  ])('that %s gives wrongly is told with where it is from', (_what, env, flags, said) => {
    expect(() => readConfig(env, flags)).toThrow(refusal('CONFIG_INVALID', said))
  })
})

describe('the file of settings', () => {
  it('takes every setting that is not told by the surroundings, by its key', () => {
    const config = fromFile(`
# for the machine in the corner
host: 127.0.0.1
signer: false
service: "lineage.example"
neo4jUri: neo4j+s://db.example
backupDays: 31
`)
    expect(config).toMatchObject({
      signer: false,
      service: 'lineage.example',
      neo4jUri: 'neo4j+s://db.example',
      backupDays: 31,
    })
  })

  it('is read as it is written: no number or truth is made of a text', () => {
    const values = readSettingsFile(
      written('a: 1.10\nb: 0x10\nc: yes\nd: "4"\ne: [1.0, x]\nf: {g: [1]}'),
    )
    expect([...values]).toEqual([
      ['a', '1.10'],
      ['b', '0x10'],
      ['c', 'yes'],
      ['d', '4'],
      ['e', '1.0,x'],
      ['f', '{"g":[1]}'],
    ])
  })

  it('names paths from where it lies', () => {
    const at = written('home: data\nwitnessPolicy: /etc/policy')
    expect(readConfig({ SELVEDGE_CONFIG: at })).toMatchObject({
      home: join(at, '..', 'data'),
      witnessPolicy: '/etc/policy',
    })
  })

  it('is the one that is named, or else selvedge.yaml in the home', () => {
    const inHome = written('port: 3003', 'selvedge.yaml')
    const home = join(inHome, '..')
    const named = written('port: 3004')
    expect(configFileOf({ SELVEDGE_HOME: home })).toBe(inHome)
    expect(readConfig({ SELVEDGE_HOME: home }).port).toBe(3003)
    expect(readConfig({ SELVEDGE_HOME: home, SELVEDGE_CONFIG: named }).port).toBe(3004)
    expect(readConfig({}, { home, configFile: named }).port).toBe(3004)
    expect(configFileOf({ SELVEDGE_HOME: join(home, 'elsewhere') })).toBeNull()
  })

  it('is selvedge.yaml in the working directory before that of the home', async () => {
    const at = join(written('logLevel: warn', 'selvedge.yaml'), '..')
    const home = join(written('logLevel: error', 'selvedge.yaml'), '..')
    const { stdout } = await selvedge(['config', '--json'], { SELVEDGE_HOME: home }, at)
    expect(JSON.parse(stdout)).toMatchObject({ file: join(at, 'selvedge.yaml') })
  })

  it.each<[string, string | Uint8Array, string, ...string[]]>([
    ['an unknown key', 'prot: 1', 'CONFIG_UNKNOWN', '"prot"', '"port" may be meant'],
    ['a variable for a key', 'NEO4J_URI: 1', 'CONFIG_UNKNOWN', '"neo4jUri" may be meant'],
    ['a key like no other', 'colourOfTheSky: blue', 'CONFIG_UNKNOWN', '"colourOfTheSky"\\.'],
    ['where the file itself lies', 'configFile: b.yaml', 'CONFIG_UNKNOWN', 'configFile'],
    ['what the surroundings tell', 'searchPath: /bin', 'CONFIG_UNKNOWN', 'searchPath'],
    ['a key twice', 'port: 1\nport: 2', 'CONFIG_FILE_INVALID', 'duplicate key at line 2'],
    ['no map', '- port', 'CONFIG_FILE_INVALID', 'must be a map'],
    ['a key without a value', 'host: x\nport:', 'CONFIG_FILE_INVALID', '"port" at line 2'],
    ['a reference', 'host: &a x\nservice: *a', 'CONFIG_FILE_INVALID', '"service" at line 2'],
    ['a tag', 'host: !!js/function x', 'CONFIG_FILE_INVALID', 'line 1'],
    ['what is no YAML', 'host: [', 'CONFIG_FILE_INVALID', 'no YAML', 'line 1'],
    ['two documents', 'port: 1\n---\nport: 2', 'CONFIG_FILE_INVALID', 'no YAML'],
    ['what is not UTF-8', Uint8Array.of(0xff), 'CONFIG_FILE_INVALID', 'not UTF-8'],
    ['one byte too many', '#'.repeat(MOST_FILE_BYTES + 1), 'CONFIG_FILE_INVALID', 'longer than'],
  ])('refuses %s', (_what, text, code, ...said) => {
    expect(() => fromFile(text)).toThrow(refusal(code, ...said))
  })

  it('may be as long as that, and empty', () => {
    expect(fromFile('#'.repeat(MOST_FILE_BYTES)).port).toBe(4600)
    expect(fromFile('').port).toBe(4600)
  })

  it.each([
    ['is not there', join(folder, 'nowhere')],
    ['is a folder', folder],
  ])('is refused where it %s', (_what, at) => {
    expect(() => readConfig({ SELVEDGE_CONFIG: at })).toThrow(refusal('CONFIG_FILE_INVALID'))
  })
})

describe('a secret', () => {
  const kept = (text: string) => written(text, 'password')

  it.each([
    ['the environment', (at: string) => readConfig({ NEO4J_PASSWORD_FILE: at })],
    ['a flag', (at: string) => readConfig({}, { neo4jPasswordFile: at })],
    ['the file', (at: string) => fromFile(`neo4jPasswordFile: ${at}`)],
  ])('is read from the file that %s names, without its last line end', (_what, read) => {
    expect(read(kept('open sesame\n')).neo4jPassword).toBe('open sesame')
    expect(read(kept(' open\nsesame ')).neo4jPassword).toBe(' open\nsesame ')
  })

  it('goes by the order of sources, whichever way each gives it', () => {
    const env = { NEO4J_PASSWORD_FILE: kept('from the environment') }
    expect(fromFile('neo4jPassword: from the file', env).neo4jPassword).toBe('from the environment')
  })

  it.each([
    ['both ways', { NEO4J_PASSWORD: 'sesame', NEO4J_PASSWORD_FILE: 'x' }, 'CONFIG_INVALID'],
    ['from no file', { NEO4J_PASSWORD_FILE: '/nowhere' }, 'CONFIG_SECRET_FILE'],
    ['from an empty file', { NEO4J_PASSWORD_FILE: kept('\n') }, 'CONFIG_SECRET_FILE'],
    [
      'from a long file',
      { NEO4J_PASSWORD_FILE: kept('sesame'.repeat(11_000)) },
      'CONFIG_SECRET_FILE',
    ],
  ])('is refused %s, and not told', (_what, env, code) => {
    const problem = expect.objectContaining({
      code,
      message: expect.not.stringContaining('sesame'),
    })
    expect(() => readConfig(env)).toThrow(problem)
    expect(JSON.stringify([listConfig(env), findConfigFaults(env)])).not.toContain('sesame')
  })

  it('is told nowhere: not in a list, not in a check, not where its file is no YAML', () => {
    const env = { NEO4J_PASSWORD_FILE: kept('sesame'), SELVEDGE_PORT: 'http' }
    expect(JSON.stringify([listConfig(env), findConfigFaults(env)])).not.toContain('sesame')
    for (const text of ['neo4jPassword: "sesame', 'neo4jPassword: [sesame', '*sesame: sesame']) {
      expect(() => fromFile(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('sesame') }),
      )
    }
  })

  it.each([
    ['NEO4J_URI', 'neo4j+s://me:sesame@db.example:7687'],
    ['NEO4J_URI', 'https://me:sesame@db.example'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://me:sesame@collector.example'],
    ['SELVEDGE_S3_ENDPOINT', 'https://me:sesame@store.example'],
    ['SELVEDGE_REPLAYER', 'k+00000000+AAAA https://me:sesame@replayer.example'],
    ['SELVEDGE_PORT', 'https://me:sesame@host'],
  ])('has no place in the address of %s, and is not told where it stands there', (name, value) => {
    const env = { [name]: value }
    const problem = expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('sesame'),
    })
    expect(() => readConfig(env)).toThrow(problem)
    expect(JSON.stringify([listConfig(env), findConfigFaults(env)])).not.toContain('sesame')
  })

  it('has no flag of its own: everybody on a machine sees those', async () => {
    const { code, stderr } = await selvedge(['config', '--neo4j-password', 'x'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('unknown option')])
  })
})

describe('selvedge config --check', () => {
  it.each([
    ['a value that is none', { SELVEDGE_PORT: 'http' }, 'SELVEDGE_PORT'],
    ['a variable that is misspelt', { SELVEDGE_PROT: '1' }, 'SELVEDGE_PORT" may be meant'],
    ['a key that is misspelt', { SELVEDGE_CONFIG: written('prot: 1') }, 'port'],
    ['a policy that is not there', { SELVEDGE_WITNESS_POLICY: '/nowhere' }, 'readable'],
    ['a policy that is none', { SELVEDGE_WITNESS_POLICY: written('what?') }, 'WITNESS_POLICY'],
    ['a passphrase that is a folder', { SELVEDGE_KEYS_PASSPHRASE_FILE: folder }, 'readable'],
    ['a command that is not executable', { SELVEDGE_KEYS_COMMAND: written('') }, 'executable'],
    ['a java that is not there', { SELVEDGE_JAVA: '/nowhere' }, 'executable'],
    ['issuers that are none', { SELVEDGE_ISSUERS: written('issuers: []') }, 'SELVEDGE_ISSUERS'],
    ['nobody to say who asks, in production', { NODE_ENV: 'production' }, 'SELVEDGE_ISSUERS'],
    ['nobody to say who asks, on a network', { SELVEDGE_HOST: '0.0.0.0' }, 'SELVEDGE_HOST'],
    ['an operation that is none', { SELVEDGE_OPERATIONS: written('{', 'a.json') }, 'OPERATIONS'],
    ['only operations, and none', { SELVEDGE_OPERATIONS_ONLY: '1' }, 'SELVEDGE_OPERATIONS_ONLY'],
    ['a home below a file', { SELVEDGE_HOME: join(written(''), 'home') }, 'SELVEDGE_HOME'],
  ])('finds %s', (_what, env, said) => {
    const faults = findConfigFaults(env as Record<string, string>)
    expect(faults.map(({ problem }) => problem).join('\n')).toContain(said)
  })

  it('takes a folder of operations, as the server does', () => {
    const operations = join(written('{ __typename }', 'a.graphql'), '..')
    const env = { SELVEDGE_OPERATIONS: operations, SELVEDGE_OPERATIONS_ONLY: 'true' }
    expect(findConfigFaults({ ...env, SELVEDGE_HOME: folder })).toEqual([])
  })

  it('finds keys that are kept both by a command and in encrypted files', () => {
    const command = written('')
    chmodSync(command, 0o700)
    const env = { SELVEDGE_KEYS_COMMAND: command, SELVEDGE_KEYS_PASSPHRASE_FILE: written('x') }
    expect(findConfigFaults(env)).toMatchObject([{ setting: 'SELVEDGE_KEYS_PASSPHRASE_FILE' }])
  })

  it('finds every fault at once, prints one JSON object and ends with 1', async () => {
    const env = { SELVEDGE_PORT: 'http', SELVEDGE_PROT: '1', SELVEDGE_SIGNER: 'perhaps' }
    const { code, stdout } = await selvedge(['config', '--check', '--json'], env)
    const { ok, faults } = JSON.parse(stdout) as { ok: boolean; faults: { setting: string }[] }
    expect([code, ok]).toEqual([1, false])
    const found = faults.map(({ setting }) => setting).sort()
    expect(found).toEqual(['SELVEDGE_PORT', 'SELVEDGE_PROT', 'SELVEDGE_SIGNER'])
  })

  it('ends with 0 where all can be used', async () => {
    const { code, stdout } = await selvedge(['config', '--check', '--json', '--port', '0'], {
      SELVEDGE_HOME: folder,
    })
    expect([code, JSON.parse(stdout)]).toEqual([0, { ok: true, file: null, faults: [] }])
  })
})

describe('a name', () => {
  it('that misses, swaps or adds a sign is known for what was meant', () => {
    const keys = Object.keys(SETTINGS)
    expect(nearest('hosts', keys)).toBe('host')
    expect(nearest('witnesPolicy', keys)).toBe('witnessPolicy')
    expect(nearest('zzzzzzzz', keys)).toBeNull()
    fc.assert(fc.property(fc.constantFrom(...keys), (key) => nearest(key, keys) === key))
  })

  it('of a setting has one flag, which no other has', () => {
    const flags = Object.keys(SETTINGS).map(flagOf)
    expect(new Set(flags).size).toBe(flags.length)
    const values: Config = readConfig({})
    expect(Object.keys(values)).toEqual(Object.keys(SETTINGS))
  })
})
