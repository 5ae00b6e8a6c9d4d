import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import {
  idlePatterns,
  parseStatedWithholding,
  parseWithholding,
  WITHHOLD_LIMITS,
  withheldNames,
  withholdFields,
} from '../../proofs/withhold.ts'
import { makeBundle } from '../make/bundle.ts'
import { makeLog } from '../make/log.ts'
import { cpuMs } from '../setup/cpu.ts'

const names = [
  ...['description', 'facet:dataset:ownership', 'facet:dataset:schema', 'facet:job:sql'],
  ...['name', 'namespace', 'rows'],
]
const withheld = (patterns: string[], kind = 'Dataset') => [
  ...withheldNames(parseWithholding(patterns), kind, names),
]

describe('a pattern', () => {
  it.each([
    ['a field by its name', ['rows'], ['rows']],
    ['a facet by its whole field', ['facet:dataset:schema'], ['facet:dataset:schema']],
    ['a facet by its name alone', ['schema'], ['facet:dataset:schema']],
    ['the facets of a group', ['facet:job:*'], ['facet:job:sql']],
    ['an asterisk in the middle', ['facet:*:s*'], ['facet:dataset:schema', 'facet:job:sql']],
    ['an asterisk for nothing', ['rows*'], ['rows']],
    ['everything', ['*'], names],
    ['a field of this kind', ['Dataset.rows'], ['rows']],
    ['a field of another kind', ['Job.rows'], []],
    ['no part of a name', ['row'], []],
    ['no other case', ['Rows'], []],
    ['what several name, once, in the order of the body', ['rows', 'r*', 'name'], ['name', 'rows']],
  ])('meets %s', (_what, patterns, met) => {
    expect(withheld(patterns)).toEqual(met)
  })

  it('means what a regular expression of the same form means', () => {
    const some = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
    fc.assert(
      fc.property(some, text, (pattern, name) => {
        const met = withheldNames(parseWithholding([pattern]), 'Dataset', [name]).size === 1
        expect(met).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name))
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes no more time for a pattern made to be slow', async () => {
    const pattern = `${'*a'.repeat(127)}b`
    const long = 'a'.repeat(1_000_000)
    const took = await cpuMs(() => {
      expect(withheldNames(parseWithholding([pattern]), 'Job', [long]).size).toBe(0)
    })
    expect(took).toBeLessThan(1_000)
  })
})

it('withholds the fields that tell of others with any other field, and not by themselves', () => {
  const all = ['facet:dataset:schema', 'name', 'numbersAsText', 'times']
  const of = (patterns: string[]) => [...withheldNames(parseWithholding(patterns), 'Dataset', all)]
  expect(of(['schema'])).toEqual(['facet:dataset:schema', 'numbersAsText', 'times'])
  expect(of(['rows'])).toEqual([])
})

it('says which patterns meet nothing at all', () => {
  const withholding = parseWithholding(['Job.rows', 'rows', 'slipp*'])
  expect(idlePatterns(withholding, [{ kind: 'Dataset', names }])).toEqual(['Job.rows', 'slipp*'])
})

describe('limits', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `field ${i}`)
  it('takes the most patterns and the longest, and not one more', () => {
    const { patterns, characters } = WITHHOLD_LIMITS
    expect(parseWithholding(many(patterns)).patterns).toHaveLength(patterns)
    parseWithholding(['x'.repeat(characters)])
    for (const wrong of [many(patterns + 1), ['x'.repeat(characters + 1)], [''], []]) {
      expect(() => parseWithholding(wrong)).toThrow(
        expect.objectContaining({ code: 'PROOF_WITHHOLD' }),
      )
    }
  })

  it.each([[['b', 'a']], [['a', 'a']], [['a', 'b', 'b']]])('refuses %j as stated', (stated) => {
    expect(() => parseStatedWithholding(stated)).toThrow(
      expect.objectContaining({ code: 'PROOF_WITHHOLD' }),
    )
  })
})

describe('a bundle that withholds by patterns', () => {
  const log = makeLog()
  const raw = log.assert('Dataset', 'raw', { rows: 3, times: { a: 1 } }).id
  const clean = log.assert('Dataset', 'clean', { 'facet:dataset:schema': [] }, [
    ['WAS_DERIVED_FROM', raw],
  ]).id
  const question = { root: clean, direction: 'UPSTREAM', depth: 3 } as const
  const withholding = parseWithholding(['name', 'rows'])
  const bundle = makeBundle(
    log,
    { question },
    {
      shown: (records) =>
        records.map((record) => ({
          ...record,
          fields: withholdFields(
            sha256,
            record.fields!,
            withheldNames(
              withholding,
              record.header.kind,
              record.fields!.map(({ name }) => name),
            ),
          ),
        })),
      manifest: (manifest) => ({
        ...manifest,
        predicate: { ...manifest.predicate, withhold: withholding.patterns },
      }),
    },
  )

  it('verifies, and the report names what is kept back, record by record', async () => {
    const report = await verifyBundle({ sha256, ...bundle })
    expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
    expect(exitCode(report)).toBe(0)
    expect(report.withheld).toEqual([
      { seq: 3, id: raw, names: ['name', 'rows', 'times'] },
      { seq: 4, id: clean, names: ['name'] },
    ])
    expect(report.bundle?.withhold).toEqual(['name', 'rows'])
    expect(report.verdict.intact.detail).toContain('4 fields withheld in 2 records')
    expect(report.checks.find(({ name }) => name === 'withheld-fields')?.detail).toBe(
      '4 in 2 records, by the 2 patterns that the manifest states',
    )
  })

  it('holds nothing of what it keeps back', () => {
    const text = Buffer.from(bundle.bytes).toString('latin1')
    for (const kept of ['"raw"', '"clean"', '"value":3']) expect(text).not.toContain(kept)
    expect(text).toContain('"namespace"')
  })
})
