import { expect, it } from 'vitest'
import { TAKEN } from './attack.ts'
import { THEMES } from './themes.ts'

/** The attacks that issue 5 names. */
const NAMED = [
  ...['token forgeries', 'Cypher and log injection', 'SSRF', 'zip and JSON bombs', 'slow bodies'],
  ...['header floods', 'prototype pollution', 'path traversal'],
  ...['id', 'alias', 'fragment', 'variable', 'node id', 'cursor', 'idempotency key'],
  ...['export link', 'log URL', 'header', 'case'],
]

const attacks = THEMES.flatMap(({ theme, attacks }) =>
  attacks.map(([name, , status, code]) => ({ name: `${theme}: ${name}`, status, code })),
)

it.each(NAMED)('the table has attacks by %s', (named) => {
  const found = THEMES.filter(({ theme }) => theme.includes(named))
  expect(found.flatMap(({ attacks }) => attacks).length).toBeGreaterThan(4)
})

it('refuses more than 120 attacks, each under a name of its own, and never by a fault of ours', () => {
  const refused = attacks.filter(({ code }) => code !== TAKEN)
  expect(refused.length).toBeGreaterThan(120)
  expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length)
  expect(attacks.filter(({ status }) => status >= 500)).toEqual([])
})
