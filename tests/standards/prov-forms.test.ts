import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LineageAnswer } from '../../domains/standards/prov/answer.ts'
import { onCircles } from '../../domains/standards/prov/circles.ts'
import { describeLineage } from '../../domains/standards/prov/describe.ts'
import { writeProvJson } from '../../domains/standards/prov/prov-json.ts'
import { writeProvN } from '../../domains/standards/prov/prov-n.ts'
import type { Relation } from '../../lineage/kinds.ts'
import { answer, edge, node } from './answers.ts'

const inJson = (one: LineageAnswer) =>
  JSON.parse([...writeProvJson(describeLineage(one))].join('')) as Record<
    string,
    Record<string, Record<string, unknown>>
  >
const inN = (one: LineageAnswer) => [...writeProvN(describeLineage(one))].join('')

const [report, etl, raw] = [node(1), node(2, 'Job'), node(3)]

describe('what is said', () => {
  it('makes everything an entity, a job a plan besides, and tells the question at its root', () => {
    const { entity } = inJson(answer([report, etl, raw]))
    const [first, plan] = Object.values(entity!)
    expect(plan!['prov:type']).toEqual([
      { $: 'prov:Plan', type: 'xsd:QName' },
      { $: 'selvedge:Job', type: 'xsd:QName' },
    ])
    expect(first).toEqual({
      'prov:type': { $: 'selvedge:Dataset', type: 'xsd:QName' },
      'prov:label': 'n1',
      'selvedge:namespace': 'db',
      'selvedge:name': 'n1',
      'selvedge:version': { $: '1', type: 'xsd:long' },
      'selvedge:record': { $: '1', type: 'xsd:long' },
      'selvedge:recordedAt': { $: '2026-03-31T09:15:02.113Z', type: 'xsd:dateTime' },
      'selvedge:direction': 'UPSTREAM',
      'selvedge:depth': { $: '4', type: 'xsd:long' },
      'selvedge:position': '0:42',
    })
  })

  it('says no name and no namespace where they were erased', () => {
    const { entity } = inJson(answer([{ ...raw, namespace: '', name: '', recordedAt: null }]))
    const [erased] = Object.values(entity!)
    expect(Object.keys(erased!)).not.toContain('prov:label')
    expect(Object.keys(erased!).filter((name) => /name|recordedAt/.test(name))).toEqual([])
  })

  it.each<[Relation, string]>([
    ['WAS_DERIVED_FROM', 'wasDerivedFrom'],
    ['FROM_SOURCE', 'wasDerivedFrom'],
    ['TRAINED_ON', 'wasDerivedFrom'],
    ['USED', 'wasInfluencedBy'],
    ['WAS_GENERATED_BY', 'wasInfluencedBy'],
    ['PART_OF', 'wasInfluencedBy'],
    ['LICENSED_UNDER', 'wasInfluencedBy'],
  ])('says %s as %s, and which of our relations it was', (relation, sort) => {
    const said = inJson(answer([report, raw], [edge(report, raw, relation)]))[sort]!
    const [members] = Object.values(said)
    expect(Object.values(members!).slice(0, 2)).toEqual([
      `dataset:${report.id.split(':').at(-1)}`,
      `dataset:${raw.id.split(':').at(-1)}`,
    ])
    expect(members!['prov:type']).toEqual({ $: `selvedge:${relation}`, type: 'xsd:QName' })
  })

  it('says as an influence what lies on a circle of derivations, for each would be older than itself', () => {
    const beside = edge(report, raw)
    const [there, back, self] = [edge(raw, node(4)), edge(node(4), raw), edge(node(5), node(5))]
    const said = inJson(answer([report, raw, node(4), node(5)], [beside, there, back, self]))
    expect(Object.keys(said.wasDerivedFrom!)).toHaveLength(1)
    expect(Object.keys(said.wasInfluencedBy!)).toHaveLength(3)
  })

  it('leaves out times that XML Schema cannot write, and trims those that it can', () => {
    const run = {
      ...{ ...node(9, 'Run'), job: etl.id, state: null, links: [] },
      ...{ startedAt: '2016-12-31T23:59:60.000000000Z', endedAt: '2017-01-01T00:00:01.500000000Z' },
    }
    const { activity } = inJson(answer([etl], [], { runs: [run] }))
    const [said] = Object.values(activity!)
    expect(said!['prov:startTime']).toBeUndefined()
    expect(said!['prov:endTime']).toBe('2017-01-01T00:00:01.5Z')
  })
})

describe('PROV-N', () => {
  it('is written a statement a line, with names and texts escaped', () => {
    const odd = {
      ...node(1, 'Dataset', 'a "b" \\ \n\t'),
      id: `urn:selvedge:dataset:h:-${'A'.repeat(42)}`,
    }
    const lines = inN(answer([odd, raw], [edge(odd, raw)])).split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'document',
      'prefix selvedge <urn:selvedge:term:>',
      'prefix dataset <urn:selvedge:dataset:h:>',
      '',
    ])
    expect(lines[4]).toMatch(/^entity\(dataset:\\-A{42}, \[prov:type='selvedge:Dataset', /)
    expect(lines[4]).toContain(String.raw`prov:label="a \"b\" \\ \n\t"`)
    expect(lines[4]).toContain('selvedge:version="1" %% xsd:long')
    expect(lines[6]).toMatch(
      /^wasDerivedFrom\(dataset:\\-A+, dataset:A+3A, \[prov:type='selvedge:WAS_DERIVED_FROM', selvedge:since="7" %% xsd:long\]\)$/,
    )
    expect(lines.slice(-2)).toEqual(['endDocument', ''])
  })
})

/** Edges among a few things, circles and edges to themselves among them. */
const edges = fc.array(fc.record({ from: fc.nat(6), to: fc.nat(6) }), { maxLength: 14 })

it('finds just the edges whose upstream end leads back to their downstream end', () => {
  fc.assert(
    fc.property(edges, (some) => {
      const arrows = some.map(({ from, to }) => ({ from: `${from}`, to: `${to}` }))
      const reach = (from: string, seen = new Set([from])): Set<string> => {
        for (const { from: at, to } of arrows) {
          if (at === from && !seen.has(to)) reach(to, seen.add(to))
        }
        return seen
      }
      const want = arrows.filter(({ from, to }) => reach(to).has(from))
      expect(onCircles(arrows)).toEqual(new Set(want))
    }),
    { numRuns: 300 },
  )
})

it('keeps every edge of any graph, and never has a thing derived from itself, however far about', () => {
  fc.assert(
    fc.property(edges, (some) => {
      const nodes = Array.from({ length: 7 }, (_, i) => node(i))
      const given = [...new Set(some.map(({ from, to }) => `${from} ${to}`))].map((text) => {
        const [from, to] = text.split(' ').map(Number) as [number, number]
        return edge(nodes[from]!, nodes[to]!)
      })
      const { wasDerivedFrom = {}, wasInfluencedBy = {} } = inJson(answer(nodes, given))
      const ends = [...Object.values(wasDerivedFrom), ...Object.values(wasInfluencedBy)].map(
        (said) => Object.values(said).slice(0, 2).join(' '),
      )
      const tail = (id: string) => `dataset:${id.split(':').at(-1)}`
      expect(ends.sort()).toEqual(given.map(({ from, to }) => `${tail(from)} ${tail(to)}`).sort())
      const derivations = Object.values(wasDerivedFrom).map((said) => {
        const [from, to] = Object.values(said) as [string, string]
        return { from, to }
      })
      expect(onCircles(derivations)).toEqual(new Set())
    }),
    { numRuns: 200 },
  )
})
