import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listConfig, readConfig, SETTINGS, unknownSettings } from '../../server/config.ts'

const names = Object.values(SETTINGS).map(({ name }) => name)

describe('the settings', () => {
  it('hold their defaults where nothing is set', () => {
    expect(readConfig({})).toMatchObject({
      home: resolve('.selvedge'),
      host: '127.0.0.1',
      port: 4600,
      service: 'selvedge.localhost',
      signer: true,
      neo4jUri: null,
      neo4jUsername: 'neo4j',
      neo4jWay: 'auto',
    })
  })

  it('are read from the environment', () => {
    const env = { SELVEDGE_PORT: '0', SELVEDGE_SIGNER: 'false', NEO4J_URI: 'neo4j+s://db.example' }
    expect(readConfig(env)).toMatchObject({
      port: 0,
      signer: false,
      neo4jUri: 'neo4j+s://db.example',
    })
  })

  it('count an empty variable as not set', () => {
    expect(readConfig({ SELVEDGE_PORT: '', NEO4J_URI: '' })).toEqual(readConfig({}))
  })

  it('put the cache into the cache of the user', () => {
    expect(readConfig({ XDG_CACHE_HOME: '/caches' }).cache).toBe('/caches/selvedge')
    expect(readConfig({ SELVEDGE_CACHE: '/own', XDG_CACHE_HOME: '/caches' }).cache).toBe('/own')
  })

  it.each([
    ['SELVEDGE_PORT', 'http'],
    ['SELVEDGE_PORT', '65536'],
    ['SELVEDGE_PORT', '-1'],
    ['SELVEDGE_PORT', '4600.5'],
    ['SELVEDGE_SIGNER', 'yes'],
    ['SELVEDGE_SERVICE', 'Not A Host'],
    ['SELVEDGE_NEO4J', 'memory'],
    ['SELVEDGE_NEO4J_HEAP', 'much'],
    ['NEO4J_URI', 'http://db:7474'],
    ['NEO4J_URI', 'db:7687'],
  ])('refuse %s=%s and say what it must be', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) }),
    )
    const listed = listConfig({ [name]: value }).find((one) => one.name === name)
    expect(listed).toMatchObject({ value, from: 'environment', wanted: expect.any(String) })
  })

  it('never show a secret', () => {
    const listed = JSON.stringify(listConfig({ NEO4J_PASSWORD: 'open sesame' }))
    expect(listed).not.toContain('sesame')
    expect(listed).toContain('********')
  })

  it('tell of a variable that is misspelt', () => {
    const env = { SELVEDGE_PROT: '1', SELVEDGE_PORT: '1', OTHER: '1' }
    expect(unknownSettings(env)).toEqual(['SELVEDGE_PROT'])
  })
})

describe('the environment', () => {
  const FOLDERS = [
    'core proofs lineage ledger domains loaders resolvers schema server cli seeds bench console',
    'tests/setup',
  ].flatMap((list) => list.split(' '))
  const source = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({
        file: `${folder}/${name}`,
        text: readFileSync(`${folder}/${name}`, 'utf8'),
      })),
  )

  it('is read by no name that is not a setting', () => {
    const READ = /\benv(?:\.|\[['"])([A-Z][A-Z0-9_]+)/g
    const read = source.flatMap(({ file, text }) =>
      [...text.matchAll(READ)].map(([, name]) => ({ file, name })),
    )
    expect(read.length).toBeGreaterThan(0)
    expect(read.filter(({ name }) => name && !names.includes(name))).toEqual([])
  })

  it('has no setting that nothing reads', () => {
    const isSetting = ({ file }: { file: string }) => file.startsWith('server/settings/')
    const text = source
      .filter((one) => !isSetting(one))
      .map((one) => one.text)
      .concat(source.filter(isSetting).flatMap((one) => one.text.match(/env\.[A-Z_]+/g) ?? []))
      .join('\n')
    const unread = Object.entries(SETTINGS).filter(
      ([key, { name }]) => !new RegExp(`\\b(${key}|env\\.${name})\\b`).test(text),
    )
    expect(unread.map(([key]) => key)).toEqual([])
  })
})

describe('the bucket of object files', () => {
  it.each([
    ['s3://exports', { bucket: 'exports', prefix: '' }],
    ['s3://exports/', { bucket: 'exports', prefix: '' }],
    ['s3://my.exports-1/a/b_2/', { bucket: 'my.exports-1', prefix: 'a/b_2/' }],
  ])('is read from %s', (value, objects) => {
    expect(readConfig({ SELVEDGE_OBJECTS: value })).toMatchObject({ objects })
  })

  it.each([
    ['SELVEDGE_OBJECTS', 'exports'],
    ['SELVEDGE_OBJECTS', 's3://Exports'],
    ['SELVEDGE_OBJECTS', 's3://exports//a'],
    ['SELVEDGE_OBJECTS', 's3://exports/../a'],
    ['SELVEDGE_OBJECTS', `s3://exports/${'a'.repeat(201)}`],
    ['SELVEDGE_S3_ENDPOINT', 's3.example.org'],
    ['SELVEDGE_S3_ENDPOINT', 'ftp://s3.example.org'],
    ['SELVEDGE_S3_ENDPOINT', 'https://key:secret@s3.example.org'],
    ['SELVEDGE_S3_REGION', 'Frankfurt am Main'],
    ['SELVEDGE_EXPORT_DAYS', '-1'],
  ])('is not taken from %s=%s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) }),
    )
  })
})
