import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { hashLeaf } from '../../proofs/leaf.ts'
import { parseRecords, recordsBytes, type ShownRecord } from '../../proofs/records.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { smallLog } from '../make/small-log.ts'
import { expectCode } from './support.ts'

const { log, clean, raw } = smallLog()
const shown = log.shown(clean)!
const line = (record: object = shown) => recordsBytes([record as ShownRecord])

it('writes a canonical line a record', () => {
  const [first, second, end] = text(recordsBytes([log.shown(raw)!, shown])).split('\n')
  expect(Object.keys(JSON.parse(first!))).toEqual(['fields', 'header', 'out'])
  expect(JSON.parse(second!).out).toEqual(shown.out!.map(({ rel, id, leaf }) => [rel, id, leaf]))
  expect(end).toBe('')
})

it('reads what it writes, each with its leaf', () => {
  const hidden = { ...log.shown(raw)!, out: null, fields: null }
  const read = parseRecords(sha256, recordsBytes([hidden, shown]))
  expect(read).toEqual([
    { ...hidden, leaf: hashLeaf(sha256, hidden.header) },
    { ...shown, leaf: hashLeaf(sha256, shown.header) },
  ])
})

it('keeps a field’s name and value as they are', () => {
  const field = {
    name: 'facet:run:e\u0301',
    salt: shown.header.body,
    value: [-1.5, { __proto__x: null }],
  }
  const [read] = parseRecords(sha256, line({ ...shown, fields: [field] }))
  expect(read!.fields).toEqual([field])
})

const edge = shown.out![0]!
it.each([
  [
    'an edge with a fourth part',
    (t: string) => t.replace(/(\["WAS_DERIVED_FROM",[^\]]*)/, '$1,0'),
    'PROOF_MEMBERS',
  ],
  [
    'an edge of no relation',
    (t: string) => t.replaceAll('["WAS_DERIVED_FROM"', '["was"'),
    'PROOF_VALUE',
  ],
  [
    'an edge to no id',
    (t: string) => t.replaceAll(`["${edge.rel}","urn:`, `["${edge.rel}","urm:`),
    'PROOF_VALUE',
  ],
  [
    'a field both shown and withheld',
    (t: string) => t.replace('"name"', '"c":"","name"'),
    'PROOF_MEMBERS',
  ],
  ['a salt of another length', (t: string) => t.replace(/"salt":"./, '"salt":"'), 'PROOF_VALUE'],
  ['no out-set member', (t: string) => t.replace(/,"out":\[\[.*(?=}\n)/, ''), 'PROOF_MEMBERS'],
  ['two records on a line', (t: string) => t.replace('\n', t), 'PROOF_JSON_SYNTAX'],
  ['a carriage return', (t: string) => t.replace('\n', '\r\n'), 'PROOF_JSON_NOT_CANONICAL'],
  ['no newline', (t: string) => t.trimEnd(), 'PROOF_RECORDS'],
  ['nothing at all', () => '', 'PROOF_RECORDS'],
] as const)('refuses %s', (_what, change, code) => {
  const changed = change(text(line()))
  expect(changed).not.toBe(text(line()))
  expectCode(() => parseRecords(sha256, utf8(changed)), code)
})

it('refuses records out of order, or one twice', () => {
  for (const records of [
    [shown, log.shown(raw)!],
    [shown, shown],
  ]) {
    expectCode(() => parseRecords(sha256, recordsBytes(records)), 'PROOF_RECORDS')
  }
})

it('refuses a line that is not UTF-8', () =>
  expectCode(() => parseRecords(sha256, Uint8Array.of(0xff, 0x0a)), 'PROOF_ENCODING'))
