import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { listIn, tableOf } from '../../cli/query/table.ts'
import { variableOf, variablesFrom } from '../../cli/query/variables.ts'
import { chain } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'
import { find, NAMES, SIZE, save } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-query-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('a variable', () => {
  it.each([
    ['first=20', { first: 20 }],
    ['kinds=["Job"]', { kinds: ['Job'] }],
    ['name="20"', { name: '20' }],
    ['name=orders', { name: 'orders' }],
    ['name=a=b', { name: 'a=b' }],
    ['name=', { name: '' }],
    ['at=null', { at: null }],
  ])('is JSON where it is JSON, and else a text: %s', (given, expected) => {
    expect(variableOf(given)).toEqual(expected)
  })

  it.each(['first', '=20', 'a b=1', ''])('is name=value, and not %s', (given) => {
    expect(() => variableOf(given)).toThrow('It must be name=value.')
  })

  it('goes before one of the same name in the file', () => {
    const variables = file('v.json', '{"first": 1, "kind": "Job"}')
    expect(variablesFrom(variables, { first: 2 })).toEqual({ first: 2, kind: 'Job' })
  })

  it.each(['[1]', '"x"', '{', ''])('is not taken from a file that holds %s', (text) => {
    expect(() => variablesFrom(file('bad.json', text), undefined)).toThrow(
      expect.objectContaining({ code: 'QUERY_VARIABLES_INVALID' }),
    )
  })
})

describe('an answer', () => {
  const rows = [{ id: 1 }, { id: 2 }]

  it.each([
    ['nodes', { a: { nodes: rows } }],
    ['edges', { a: { edges: rows.map((node) => ({ node, cursor: 'x' })) } }],
    ['a plain list', { a: rows }],
  ])('is a table where it is one list: %s', (_what, data) => {
    expect(tableOf(listIn(data)!)).toBe('id\n1\n2')
  })

  it.each([
    ['two fields', { a: { nodes: rows }, b: 1 }],
    ['no list', { a: { size: 1 } }],
    ['an empty list', { a: { nodes: [] } }],
    ['a list of texts', { a: ['x'] }],
    ['nothing', null],
    ['null in the list', { a: [null] }],
  ])('is none where it is not: %s', (_what, data) => {
    expect(listIn(data)).toBeNull()
  })

  it('has a column for each plain value, and nothing that a terminal acts on', () => {
    const node = { a: { b: 'x\u001b[2J\ny', c: null }, d: ['e'], f: true }
    const data = { q: { nodes: [node, { g: 1 }], pageInfo: { hasNextPage: true } } }
    expect(tableOf(listIn(data)!)).toBe(
      'a.b      a.c  d      f     g\nx [2J y  -    ["e"]  true  -\n-        -    -      -     1\n(there is more)',
    )
  })
})

describe('selvedge query', async () => {
  const test = await testApp('on demand')
  const url = await listening(test.app)
  const tenant = await test.freshTenant()
  const query = (...args: string[]) =>
    selvedge(['query', ...args, '--tenant', tenant, '--url', url])

  it('says that there is none, and runs a text from standard input', async () => {
    expect((await query('--list')).stdout).toBe('There is no saved query.\n')
    const args = ['query', '--document', '-', '--tenant', tenant, '--url', url]
    const { code, stdout } = await selvedge(args, {}, undefined, SIZE)
    expect([code, JSON.parse(stdout)]).toEqual([0, { log: { size: expect.any(Number) } }])
  })

  it('saves from a file with its variables, in place of what was saved before', async () => {
    await chain(test, tenant)
    const path = file('names.graphql', NAMES)
    const saved = await query('--save', 'names', path, '--var', 'first=1', '--json')
    expect(JSON.parse(saved.stdout)).toMatchObject({
      ...{ ok: true, tenant, changed: true },
      savedQuery: { name: 'names', version: 1, variables: { first: 1 } },
    })
    expect((await query('--save', 'names', path, '--var', 'first=1')).stdout).toBe(
      'names was saved just so already, as version 1.\n',
    )
    expect((await query('names')).stdout).toMatch(/^kind +name\nDataset +\w+\n$/)
    await save(test, tenant, { name: 'names', document: SIZE })
    expect((await query('names', '--saved-version', '1')).stdout).toMatch(/^kind +name\n/)
    expect(await find(test, tenant, 'names')).toMatchObject({ version: 2, variables: null })
  })

  it.each([
    ['what is not there', ['never'], 1, 'SAVED_QUERY_NOT_FOUND'],
    ['to show what is not there', ['--show', 'never'], 1, 'SAVED_QUERY_NOT_FOUND'],
    ['to remove what is not there', ['--remove', 'never'], 1, 'SAVED_QUERY_NOT_FOUND'],
    ['a file that is not there', ['--document', join(folder, 'none')], 1, 'FILE_REFUSED'],
    [
      'a document that does not fit',
      ['--document', file('a.graphql', '{\n  nope\n}')],
      1,
      'GRAPHQL_VALIDATION_FAILED.*line 2, column 3',
    ],
    [
      'to save one that does not fit',
      ['--save', 'a', file('b.graphql', '{\n  nope\n}')],
      1,
      'SAVED_QUERY_INVALID: document, line 2, column 3',
    ],
    [
      'an answer with an error in it',
      ['--document', file('c.graphql', '{ entity(id: "x") { id } log { size } }')],
      1,
      'ENTITY_ID_INVALID.*at entity',
    ],
    ['no name', [], 2, 'name a saved query'],
    ['no file to save', ['--save', 'a'], 2, 'name the file'],
    ['two things at once', ['--list', '--remove', 'a'], 2, 'cannot be used with'],
    ['a name that is of no use', ['a', '--list'], 2, 'what is a for here'],
  ])('refuses %s', async (_what, args, code, says) => {
    const ended = await query(...args)
    expect([ended.code, ended.stdout]).toEqual([code, ''])
    expect(ended.stderr).toMatch(new RegExp(says))
  })
})
