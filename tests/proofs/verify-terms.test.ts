import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { Json } from '../../proofs/json.ts'
import { TERMS } from '../../proofs/manifest.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import { exitCode } from '../../proofs/report.ts'
import {
  LISTS,
  MOST_STATED,
  type StatedRule,
  type StatedTerms,
  type StatedUnknown,
} from '../../proofs/terms/stated.ts'
import { text } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { type Changes, makeBundle } from '../make/bundle.ts'
import { makeLog, type TestLink } from '../make/log.ts'
import { DAY, TEXT, termsLog } from '../make/terms-log.ts'
import { TEXTS, termsBundles, writeTerms } from '../make/terms-worlds.ts'
import { ROOTS, recordedWorld } from '../terms/arbitrary.ts'
import { termsByHand } from '../terms/reference.ts'
import { told } from '../terms/told.ts'
import { genuine } from './mutants/mutant.ts'
import { genuineTerms, statedTerms, termed, termsAsked } from './mutants/terms-mutants.ts'

const { log, report, shop, clauses, rule, mit } = termed
const failuresOf = async (changes: Changes) => {
  const { checks } = await verifyBundle({ sha256, ...makeBundle(log, termsAsked, changes) })
  return checks.flatMap(({ name, code }) => (code ? [`${name} ${code}`] : []))
}
const without = (id: string) => (records: ShownRecord[]) =>
  records.filter(({ header }) => header.id !== id)
/** The terms stated stay those of the genuine bundle. */
const kept = { terms: () => statedTerms() }

describe('a bundle with terms', () => {
  it('passes, and says what they are', async () => {
    const { verdict, terms, checks } = await verifyBundle({ sha256, ...genuineTerms() })
    expect(verdict.terms.result).toBe('pass')
    expect(verdict.terms.detail).toBe(
      '1 unknowns, 2 prohibitions, 3 duties, 3 permissions on 2026-04-01',
    )
    expect(terms?.unknowns[0]).toMatchObject({ unknown: 'NO_LICENSE', path: [report, termed.list] })
    expect(terms?.transformations).toEqual([rule])
    expect(terms?.texts.map(({ held }) => held).sort()).toEqual([false, true])
    expect(checks.find(({ name }) => name === 'license-texts')!.detail).toContain('1 of 2 texts')
  })

  it('has no terms as stated where what they follow from does not hold', async () => {
    const shown = (records: ShownRecord[]) =>
      records.map((record) =>
        record.header.id === clauses[1]
          ? { ...record, fields: record.fields!.map((one) => sell(one)) }
          : record,
      )
    const bundle = makeBundle(log, termsAsked, { shown })
    const { verdict, checks } = await verifyBundle({ sha256, ...bundle })
    expect(checks.find(({ name }) => name === 'terms-stated')!.result).toBe('pass')
    expect(verdict.terms).toMatchObject({ result: 'fail', detail: 'failed: bodies' })
  })
})

const sell = (field: NonNullable<ShownRecord['fields']>[number]) =>
  field.name === 'action' && 'value' in field ? { ...field, value: 'sell' as Json } : field

it('a bundle of the first form verifies as it did, and nothing is said of terms', async () => {
  const { verdict, terms, checks } = await verifyBundle({ sha256, ...genuine() })
  expect(verdict.terms).toEqual({
    result: 'not evaluated',
    detail: 'a bundle of this form states no terms',
  })
  expect(terms).toBeNull()
  expect(checks.filter(({ result }) => result === 'fail')).toEqual([])
})

it('a bundle of the first form may have any file that is called terms.json', async () => {
  const attachments = [{ path: TERMS, bytes: new TextEncoder().encode('None.') }]
  const { terms: _, ...asked } = termsAsked
  const question = { ...asked.question, depth: 9 }
  const bundle = makeBundle(log, { ...asked, question, attachments })
  expect(exitCode(await verifyBundle({ sha256, ...bundle }))).toBe(0)
})

describe('whoever signs a bundle anew is found out who', () => {
  it('leaves out a clause', async () => {
    expect(await failuresOf({ records: without(clauses[1]!), ...kept })).toEqual([
      'terms-stated PROOF_TERMS_OTHER',
    ])
  })

  it('leaves out a clause, and that the licence has it', async () => {
    const shown = (records: ShownRecord[]) =>
      without(clauses[1]!)(records).map((record) => ({
        ...record,
        out: record.out!.filter(({ id }) => id !== clauses[1]),
      }))
    expect(await failuresOf({ records: shown })).toEqual([
      ...['out-sets PROOF_OUT_SET', 'link-changes PROOF_LINK_CHANGES'],
    ])
  })

  it('leaves out a licence', async () => {
    expect(await failuresOf({ records: without(mit), ...kept })).toContain(
      'terms-stated PROOF_TERMS_OTHER',
    )
  })

  it('changes an action, and what follows from it', async () => {
    const shown = (records: ShownRecord[]) =>
      records.map((one) => ({ ...one, fields: one.fields!.map(sell) }))
    expect(await failuresOf({ shown })).toEqual(['bodies PROOF_BODY'])
  })

  it('leaves out the transformation by which a duty is lifted, or adds to what it lifts', async () => {
    expect(await failuresOf({ records: without(rule), ...kept })).toContain(
      'terms-stated PROOF_TERMS_OTHER',
    )
    const lifting = (records: ShownRecord[]) =>
      records.map((record) => ({
        ...record,
        fields: record.fields!.map((field) =>
          field.name === 'lifts' && 'value' in field
            ? { ...field, value: [{ type: 'prohibition', action: 'commercialize' }] as Json }
            : field,
        ),
      }))
    expect(await failuresOf({ shown: lifting })).toEqual(['bodies PROOF_BODY'])
  })

  it('withholds a clause, and states what it said', async () => {
    const shown = (records: ShownRecord[]) =>
      records.map((record) =>
        record.header.id === clauses[0] ? { ...record, fields: null } : record,
      )
    expect(await failuresOf({ shown, ...kept })).toEqual(['terms-stated PROOF_TERMS_OTHER'])
    expect(await failuresOf({ shown })).toEqual([])
  })

  it('swaps two texts', async () => {
    const twice = termsLog()
    const other = 'Another text.\n'
    const asked = { ...termsAsked, terms: { day: DAY, texts: [TEXT] } }
    const swapped = makeBundle(twice.log, asked, {
      replace: (subjects) =>
        subjects.map((one) =>
          one.path.startsWith('licenses/')
            ? { ...one, bytes: new TextEncoder().encode(other) }
            : one,
        ),
    })
    const { checks } = await verifyBundle({ sha256, ...swapped })
    expect(checks.flatMap(({ code }) => code ?? [])).toEqual(['PROOF_TERMS_TEXT'])
  })
})

/** Changes of a statement, each of which says something else. */
const change: fc.Arbitrary<(stated: StatedTerms) => StatedTerms> = fc
  .record({
    list: fc.constantFrom(...LISTS),
    to: fc.constantFrom(...LISTS),
    i: fc.nat(9),
    j: fc.nat(9),
    how: fc.nat(9),
  })
  .map(({ list, to, i, j, how }) => (stated) => {
    const terms = [...stated[list]] as (StatedRule & StatedUnknown)[]
    if (terms.length === 0) return stated
    const [at, other] = [i % terms.length, j % terms.length]
    const one = terms[at]!
    const put = (changed: object) => ({
      ...stated,
      [list]: terms.with(at, { ...one, ...changed } as typeof one),
    })
    const rule = one.rule as StatedRule['rule'] | undefined
    switch (how) {
      case 0:
        return { ...stated, total: stated.total - 1, [list]: terms.toSpliced(at, 1) }
      case 1:
        return { ...stated, [list]: terms.with(at, terms[other]!).with(other, one) }
      case 2:
        return to === list
          ? stated
          : { ...stated, [list]: terms.toSpliced(at, 1), [to]: [...stated[to], one] }
      case 3:
        return put(rule ? { rule: { ...rule, action: 'odrl:read' } } : { unknown: 'NOTHING' })
      case 4:
        return put({ path: one.path.slice(0, -1) })
      case 5:
        return put({ path: one.path.toReversed() })
      case 6:
        return put({ license: one.clause, clause: one.license })
      case 7:
        return put({ choice: !one.choice })
      case 8:
        return { ...stated, total: stated.total + 1, [list]: [...terms, one] }
      default:
        return put(rule ? { rule: { ...rule, purposes: ['dpv:Marketing', 'x'] } } : { spdx: 'MIT' })
    }
  })

const world = fc.tuple(recordedWorld, fc.constantFrom(...ROOTS))

it('no change of what is stated passes, in any world', async () => {
  let changed = 0
  await fc.assert(
    fc.asyncProperty(world, change, async ([made, named], alter) => {
      const { log: inLog, idOf } = writeTerms(made)
      const root = idOf(named)
      fc.pre(inLog.shown(root) !== undefined)
      let isChanged = false
      const bundle = makeBundle(
        inLog,
        {
          question: { root, direction: 'UPSTREAM', depth: 12 },
          terms: { day: '2026-06-15', texts: TEXTS },
        },
        {
          terms: (stated) => {
            const other = alter(stated)
            isChanged = JSON.stringify(other) !== JSON.stringify(stated)
            return other
          },
        },
      )
      const { checks } = await verifyBundle({ sha256, ...bundle })
      const codes = checks.flatMap(({ code }) => code ?? [])
      if (isChanged) changed++
      expect(codes).toEqual(
        isChanged ? [expect.stringMatching(/^PROOF_(?:TERMS_OTHER|TERMS_FORM|MEMBERS)$/)] : [],
      )
    }),
    { numRuns: 150 },
  )
  expect(changed).toBeGreaterThan(40)
}, 60_000)

it('what is stated is what trying every way finds, in any world', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(world, async ([made, named]) => {
      const { log: inLog, idOf } = writeTerms({
        ...made,
        // The reference knows of bodies that are gone, and a log of when they went.
        said: new Map(
          [...made.said].map(([id, one]) => [
            id,
            one.fields === null ? { ...one, action: 'erase' } : one,
          ]),
        ),
      })
      const root = idOf(named)
      fc.pre(inLog.shown(root) !== undefined && !named.includes(':license:'))
      const bundle = makeBundle(inLog, {
        question: { root, direction: 'UPSTREAM', depth: 12 },
        terms: { day: '2026-06-15' },
      })
      const { terms, verdict } = await verifyBundle({ sha256, ...bundle })
      expect(verdict.terms.result).toBe('pass')
      const retired = new Set(
        [...made.said].flatMap(([id, { action }]) => (action === 'retire' ? [id] : [])),
      )
      const edges = made.edges.filter(({ from }) => !retired.has(from))
      const named2 = (one: string) => one.replace(/urn:selvedge:\w+:h:\d+(?![\w-])/g, idOf)
      const reference = termsByHand({ ...made, edges }, named, '2026-06-15')
        .terms()
        .map(named2)
      const all = LISTS.flatMap((list) => [...terms![list]]).map(told)
      expect(all.sort()).toEqual(reference.sort())
      compared += all.length
    }),
    { numRuns: 120 },
  )
  expect(compared).toBeGreaterThan(100)
}, 60_000)

it('generated bundles in which something is not shown state what is unknown by that', async () => {
  let unseen = 0
  for (const bundle of termsBundles(60)) {
    const { checks, terms } = await verifyBundle({ sha256, ...bundle })
    expect(checks.filter(({ result }) => result === 'fail')).toEqual([])
    unseen += terms!.unknowns.filter(({ unknown }) => unknown === 'NOT_SHOWN').length
  }
  expect(unseen).toBeGreaterThan(10)
}, 60_000)

describe('at its limits', () => {
  const clauseLog = (count: number) => {
    const many = makeLog()
    const ids = Array.from(
      { length: count },
      (_, i) => many.assert('Clause', `c${i}`, { type: 'duty', action: `acme:d${i}` }).id,
    )
    // A header holds so many links.
    const licences = Array.from({ length: Math.ceil(count / 200) }, (_, i) => {
      const links = ids.slice(200 * i, 200 * (i + 1)).map((id): TestLink => ['HAS_CLAUSE', id])
      return many.assert('License', `l${i}`, { title: 'Many' }, links).id
    })
    const under = licences.map((id): TestLink => ['LICENSED_UNDER', id])
    const root = many.assert('Dataset', 'd', {}, under).id
    return makeBundle(many, {
      question: { root, direction: 'UPSTREAM', depth: 3 },
      terms: { day: DAY },
    })
  }

  it.each([
    [MOST_STATED, MOST_STATED, ''],
    [MOST_STATED + 1, MOST_STATED, ', and 1 more'],
  ])('%d terms are counted, and %d listed', async (count, listed, more) => {
    const { terms, verdict } = await verifyBundle({ sha256, ...clauseLog(count) })
    expect([terms!.total, terms!.duties.length]).toEqual([count, listed])
    expect(verdict.terms.result).toBe('pass')
    expect(verdict.terms.detail.endsWith(`on ${DAY}${more}`)).toBe(true)
  })

  it.each([
    [64, 64, []],
    [65, 1, ['CUT_TOO_OFTEN']],
  ])('terms lifted in %d sets of places are %d', async (count, total, unknowns) => {
    const many = makeLog()
    const clauseIds = Array.from(
      { length: count },
      (_, i) => many.assert('Clause', `c${i}`, { type: 'duty', action: `acme:d${i}` }).id,
    )
    const licence = many.assert(
      'License',
      'l',
      { title: 'Many' },
      clauseIds.map((id): TestLink => ['HAS_CLAUSE', id]),
    ).id
    const near = Array.from({ length: count }, (_, i) => {
      const lifts = [{ type: 'duty', action: `acme:d${i}` }]
      const by = many.assert('Transformation', `t${i}`, { rule: 'agreement', lifts }).id
      return many.assert('Dataset', `d${i}`, {}, [['DESCRIBED_BY', by]]).id
    })
    const root = many.assert('Dataset', 'root', {}, [
      ['LICENSED_UNDER', licence],
      ...near.map((id): TestLink => ['WAS_DERIVED_FROM', id]),
    ]).id
    const { terms, verdict } = await verifyBundle({
      sha256,
      ...makeBundle(many, {
        question: { root, direction: 'UPSTREAM', depth: 3 },
        terms: { day: DAY },
      }),
    })
    expect(terms!.total).toBe(total)
    expect(terms!.unknowns.map(({ unknown }) => unknown)).toEqual(unknowns)
    expect(verdict.terms.result).toBe('pass')
  })
})

it('terms are written in one form', () => {
  const entry = readZip(genuineTerms().bytes).find(({ path }) => path === TERMS)!
  expect(text(entry.bytes)).toMatch(/^\{"day":"2026-04-01","duties":\[/)
  expect(shop).toContain(':license:')
})
