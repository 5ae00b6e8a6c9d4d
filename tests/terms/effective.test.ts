import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mayUse, type Reason } from '../../domains/terms/may-use.ts'
import { MOST_CUTS, type Term, type Terms, termsOf } from '../../proofs/terms/effective.ts'
import type { Said } from '../../proofs/terms/statement.ts'
import { day, question, ROOTS, recordedWorld } from './arbitrary.ts'
import { termsCutBy, termsIn } from './cuts.ts'
import { type RecordedWorld, termsByHand } from './reference.ts'

/** A term as the reference writes it. */
function told({ says, licence, clause, spdx, isChoice, way }: Term, { closure: { ids } }: Terms) {
  const what = 'unknown' in says ? says.unknown : `${says.type} ${says.action}`
  if (licence === null) return `${what} ${ids[way().at(-1)!]}`
  const where = [
    ids[licence],
    ...(clause === null ? [] : [ids[clause]]),
    ...(spdx === null ? [] : [spdx, isChoice]),
  ]
  return [what, ...where, way().length].join(' ')
}

function reasonTold({ code, says, licence, clause, way }: Reason, { closure: { ids } }: Terms) {
  const place = clause === null ? null : ids[clause]
  if (licence === null) return `${code} NO_LICENSE ${ids[way().at(-1)!]}`
  if (code === 'NOT_PERMITTED') return `${code} ${ids[licence]}`
  const what = 'unknown' in says! ? says.unknown : says!.action
  if (code !== 'TERMS_UNKNOWN') return `${code} ${what} ${ids[licence]} ${place}`
  return [code, what, ids[licence], ...(place ? [place] : [])].join(' ')
}

/** Licences whose root is one are under themselves: their ways are one thing shorter. */
const isLicence = (root: string) => root.includes(':license:')

describe('generated worlds', () => {
  it('have just the terms that trying every way finds, each with a way as short', () => {
    let unknowns = 0
    let lifted = 0
    fc.assert(
      fc.property(
        recordedWorld,
        fc.constantFrom(...ROOTS.filter((root) => !isLicence(root))),
        day,
        (world, root, on) => {
          const terms = termsIn(world, root, on)
          const all = termsOf(terms).map((term) => told(term, terms))
          expect(all.sort()).toEqual(termsByHand(world, root, on).terms().sort())
          unknowns += all.filter((one) => one.startsWith('NO_LICENSE')).length
          const bare = {
            ...world,
            edges: world.edges.filter((one) => one.relation !== 'DESCRIBED_BY'),
          }
          if (termsOf(termsIn(bare, root, on)).length > all.length) lifted++
        },
      ),
      { numRuns: 1_000 },
    )
    // What was compared is not all trivial.
    expect(unknowns).toBeGreaterThan(20)
    expect(lifted).toBeGreaterThan(5)
  }, 60_000)

  it('may be used just as trying every way says, for the same reasons', () => {
    const answers = new Set<string>()
    fc.assert(
      fc.property(
        recordedWorld,
        fc.constantFrom(...ROOTS.filter((root) => !isLicence(root))),
        day,
        fc.array(question, { minLength: 6, maxLength: 6 }),
        (world, root, on, questions) => {
          const terms = termsIn(world, root, on)
          const reference = termsByHand(world, root, on)
          for (const asked of questions) {
            const { answer, reasons } = mayUse(terms, asked)
            const expected = reference.mayUse(asked)
            expect({ answer, asked }).toEqual({ answer: expected.answer, asked })
            // Of expressions the reference tells only whether they deny.
            const byClauses = reasons.filter(({ spdx }) => spdx === null)
            expect(byClauses.map((reason) => reasonTold(reason, terms)).sort()).toEqual(
              expected.reasons,
            )
            answers.add(answer)
          }
        },
      ),
      { numRuns: 1_000 },
    )
    expect(answers.size).toBe(3)
  }, 60_000)
})

const id = (kind: string, i: number | string) => `urn:selvedge:${kind}:h:${i}`
const edge = (from: string, relation: string, to: string) => ({ from, relation, to })
const assert = (fields: Record<string, unknown>) => ({ action: 'assert', fields })
const lifting = (...lifts: object[]) =>
  assert({ rule: 'aggregation', justification: 'Sums.', approvedBy: 'The board', lifts })
const [a, b, c] = [id('dataset', 'a'), id('dataset', 'b'), id('dataset', 'c')]
const [licence, clause, rule] = [id('license', 1), id('clause', 1), id('transformation', 1)]
const ask = { action: 'distribute', purpose: 'dpv:Marketing' }
const ON = '2026-03-31'

/** c comes from a over b, and a is under a licence that permits use and forbids to distribute. */
const forbidding = (more: ReturnType<typeof edge>[] = [], said: [string, Said][] = []) => ({
  edges: [
    edge(c, 'WAS_DERIVED_FROM', b),
    edge(b, 'WAS_DERIVED_FROM', a),
    edge(a, 'LICENSED_UNDER', licence),
    edge(licence, 'HAS_CLAUSE', clause),
    edge(licence, 'HAS_CLAUSE', id('clause', 2)),
    ...more,
  ],
  said: new Map<string, Said>([
    [licence, assert({ title: 'One' }) as Said],
    [clause, assert({ type: 'prohibition', action: 'distribute' }) as Said],
    [id('clause', 2), assert({ type: 'permission', action: 'use' }) as Said],
    ...said,
  ]),
})
const answerOf = (world: RecordedWorld, root = c, on = ON) => mayUse(termsIn(world, root, on), ask)
const describedBy = edge(b, 'DESCRIBED_BY', rule)
const liftsIt = [rule, lifting({ type: 'prohibition', action: 'distribute' })] as [string, Said]

describe('a prohibition', () => {
  it('reaches what was made of what it is about', () => {
    const { answer, reasons } = answerOf(forbidding())
    expect([answer, reasons.map(({ code }) => code)]).toEqual(['DENY', ['PROHIBITED']])
  })

  it('is lifted where every way leads past a transformation that lifts it', () => {
    expect(answerOf(forbidding([describedBy], [liftsIt]))).toEqual({ answer: 'ALLOW', reasons: [] })
  })

  it('still holds by a way that leads past none', () => {
    const around = edge(c, 'WAS_DERIVED_FROM', a)
    const { answer, reasons } = answerOf(forbidding([describedBy, around], [liftsIt]))
    expect(answer).toBe('DENY')
    expect(reasons[0]!.way()).toHaveLength(4)
  })

  it('is not lifted from what the transformed thing itself is under', () => {
    const own = edge(b, 'LICENSED_UNDER', licence)
    expect(answerOf(forbidding([describedBy, own], [liftsIt])).answer).toBe('DENY')
  })

  it.each([
    ['another action', { type: 'prohibition', action: 'use' }],
    ['another sort', { type: 'duty', action: 'distribute' }],
    ['another clause', { type: 'prohibition', action: 'distribute', from: id('clause', 2) }],
  ])('is not lifted by what lifts %s', (_what, lift) => {
    expect(answerOf(forbidding([describedBy], [[rule, lifting(lift) as Said]])).answer).toBe('DENY')
  })

  it.each([
    ['not begun', { validFrom: '2026-04-01' }],
    ['ended', { validUntil: '2026-03-30' }],
  ])('is not lifted by a transformation that has %s', (_what, days) => {
    const { fields } = liftsIt[1]
    const said = assert({ ...fields, ...days }) as Said
    expect(answerOf(forbidding([describedBy], [[rule, said]])).answer).toBe('DENY')
  })

  it('of a part of what is asked is told, and does not deny', () => {
    const terms = termsIn(forbidding(), c, ON)
    const { answer, reasons } = mayUse(terms, { ...ask, action: 'use' })
    expect([answer, reasons.map(({ code }) => code)]).toEqual(['ALLOW', ['PART_PROHIBITED']])
  })
})

describe('what nobody knows', () => {
  it('denies where one of two branches has no licence, and is named', () => {
    const world = forbidding([edge(c, 'WAS_DERIVED_FROM', id('dataset', 'z'))])
    const terms = termsIn(world, c, ON)
    expect(termsOf(terms).map((term) => told(term, terms))[0]).toBe(
      `NO_LICENSE ${id('dataset', 'z')}`,
    )
  })

  it('is not what a licence on the way covers', () => {
    const world = forbidding([edge(a, 'WAS_DERIVED_FROM', id('dataset', 'z'))])
    expect(termsIn(world, c, ON).bare).toEqual([])
  })

  it('is a circle that no licence is reached from', () => {
    const [y, z] = [id('dataset', 'y'), id('dataset', 'z')]
    const world = {
      edges: [
        edge(c, 'WAS_DERIVED_FROM', y),
        edge(y, 'USED', z),
        edge(z, 'USED', y),
        edge(c, 'LICENSED_UNDER', licence),
      ],
      said: new Map(),
    }
    expect(termsIn(world, y, ON).bare).toHaveLength(1)
    expect(termsIn(world, c, ON).bare).toEqual([])
  })

  it('is not lifted by any transformation', () => {
    const edges = [edge(c, 'WAS_DERIVED_FROM', b), edge(c, 'DESCRIBED_BY', rule)]
    const all = [...(liftsIt[1].fields!.lifts as object[]), { type: 'permission', action: 'use' }]
    const world = { edges, said: new Map([[rule, lifting(...all)]]) }
    expect(answerOf(world).answer).toBe('DENY')
  })
})

it('tells the terms of a licence itself', () => {
  const terms = termsIn(forbidding(), licence, ON)
  expect(termsOf(terms).map((term) => told(term, terms))).toEqual([
    `prohibition distribute ${licence} ${clause} 2`,
    `permission use ${licence} ${id('clause', 2)} 2`,
  ])
})

it(`walks for up to ${MOST_CUTS} different sets of what lifts something, and no more`, () => {
  expect(termsCutBy(MOST_CUTS)).toHaveLength(MOST_CUTS)
  expect(() => termsCutBy(MOST_CUTS + 1)).toThrow(
    expect.objectContaining({ code: 'TERMS_CUT_TOO_OFTEN' }),
  )
})
