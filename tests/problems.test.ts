import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const FLOORS = ['core', 'lineage', 'ledger', 'domains', 'loaders', 'resolvers', 'schema', 'server']

/** Made by GraphQL itself and by the server under it, not by us; a caller meets them all the same. */
const BY_GRAPHQL = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
]

const sourceOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')

const source = [...FLOORS, 'cli'].map(sourceOf).join('\n')
const proofCodes = readFileSync('proofs/error.ts', 'utf8')
const rows = readFileSync('docs/problems.md', 'utf8')

const codesIn = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, code]) => code!).sort()

/** A code stands first in what is thrown, also where a helper of the room makes the `Problem`. */
const THROWN = /\b(?:new Problem|unavailable)\(\s*'([A-Z][A-Z0-9_]+)'/g

const thrown = [
  ...codesIn(source, THROWN),
  ...codesIn(proofCodes, /^\s*\| '([A-Z0-9_]+)'/gm),
  ...BY_GRAPHQL,
]
const told = codesIn(rows, /^\| `([A-Z0-9_]+)`/gm)

it('every problem has a row in docs/problems.md', () => {
  expect(thrown.length).toBeGreaterThan(100)
  expect(thrown.filter((code) => !told.includes(code))).toEqual([])
})

it('every row in docs/problems.md has a problem', () => {
  const known = (code: string) => thrown.includes(code) || source.includes(`'${code}'`)
  expect(told.filter((code) => !known(code))).toEqual([])
})

it('no problem has two rows', () => {
  expect(told.filter((code, i) => told.indexOf(code) !== i)).toEqual([])
})

it('a problem is made by its code alone, so that this test sees it', () => {
  const made = source.match(/\bnew Problem\(/g)!.length
  const fromAnswers =
    source.match(/\bnew Problem\(\s*(?:code|refused\.code|error\.extensions)/g) ?? []
  const literal = source.match(/\bnew Problem\(\s*'/g)!.length
  expect(made).toBe(literal + fromAnswers.length)
})
