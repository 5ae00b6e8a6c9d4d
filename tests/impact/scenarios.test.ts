import { beforeAll, describe, expect, it } from 'vitest'
import { give } from '../grants/support.ts'
import { recordedKind } from '../kinds/recording.ts'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { IMPACT, type ImpactAnswer, told } from './asking.ts'

const test = await testApp()
const { ask, freshTenant } = test

let tenant: string
const ids: Record<string, string> = {}

const LINKS = 'mutation L($items: [LinksInput!]!) { linksRecord(items: $items) { position } }'
const packet = (more: object) => ({
  ...{ title: 'Scores', description: 'Scored.', necessity: 'Nothing else would do.' },
  ...{ risks: [{ description: 'A wrong score.', likelihood: 'LOW', severity: 'HIGH' }] },
  ...{ measures: ['A person looks at each.'], ...more },
})

/** shop → raw → (sum up) → report → model → prediction; report is of the sales team. */
beforeAll(async () => {
  tenant = await freshTenant()
  const keep = (names: string[], outcomes: { id: string }[]) => {
    for (const [i, name] of names.entries()) ids[name] = outcomes[i]!.id
  }
  const kind = async (
    ...[of, names, items]: [Parameters<typeof recordedKind>[1], string[], object[]]
  ) => keep(names, await recordedKind(test, of, { tenant, items }))
  await kind(
    'Clause',
    ['may use', 'name us'],
    [
      { ...near('may use'), body: { type: 'permission', action: 'use' } },
      { ...near('name us'), body: { type: 'duty', action: 'attribute' } },
    ],
  )
  await kind(
    'License',
    ['shop 2026'],
    [
      {
        ...near('shop 2026'),
        body: { title: 'Terms of the shop' },
        hasClause: [near('may use'), near('name us')],
      },
    ],
  )
  await kind(
    'Source',
    ['shop'],
    [
      {
        ...near('shop'),
        body: { title: 'Orders', description: 'Of the shop.' },
        licensedUnder: [near('shop 2026')],
      },
    ],
  )
  await kind(
    'DpiaPacket',
    ['dpia', 'newer'],
    [
      { ...near('dpia'), body: packet({ expiresAt: '2026-06-30T00:00:00Z' }) },
      { ...near('newer'), body: packet({}) },
    ],
  )
  await kind('Principal', ['sales'], [{ ...near('sales'), body: { title: 'Sales', type: 'team' } }])
  await kind(
    'Transformation',
    ['sums'],
    [
      {
        ...near('sums'),
        body: {
          rule: 'aggregation',
          lifts: [{ type: 'prohibition', action: 'sell' }],
          justification: 'Sums of a thousand.',
          approvedBy: 'The board',
        },
      },
    ],
  )
  keep(
    ['raw', 'sum up', 'report'],
    await recorded(test, tenant, [
      dataset('raw'),
      job('sum up', { uses: [near('raw')] }),
      dataset('report', { generatedBy: [near('sum up')] }),
    ]),
  )
  await kind(
    'Model',
    ['score'],
    [{ ...near('score'), body: { title: 'Score' }, trainedOn: [{ ...near('report') }] }],
  )
  await kind(
    'Prediction',
    ['ann'],
    [
      {
        ...near('ann'),
        body: { target: 'Pays', predictedAt: '2026-03-31T09:15:02Z', label: 'yes' },
        predictedBy: [near('score')],
      },
    ],
  )
  const { errors } = await ask(LINKS, {
    tenant,
    variables: {
      items: [
        {
          entity: { kind: 'Dataset', ...near('raw') },
          fromSource: [near('shop')],
          assessedBy: [near('dpia')],
        },
        { entity: { kind: 'Job', ...near('sum up') }, describedBy: [near('sums')] },
        {
          entity: { kind: 'Dataset', ...near('report') },
          attributedTo: [near('sales')],
          assessedBy: [near('newer')],
        },
      ],
    },
  })
  expect(errors).toBeUndefined()
})

interface Asked {
  change: string
  [more: string]: unknown
}

async function impactOf(name: string, asked: Asked, of = tenant) {
  const variables = { id: ids[name]!, first: 50, counted: true, ...asked }
  const { data, errors } = await ask<ImpactAnswer>(IMPACT, { tenant: of, variables })
  expect(errors).toBeUndefined()
  return data.impact
}

const rowsOf = ({ nodes }: ImpactAnswer['impact']) =>
  nodes.map(({ entity, distance, effect }) => `${distance} ${entity.name} ${effect}`)

async function codeOf(name: string, asked: Asked & { first?: number }, of = tenant) {
  const variables = { id: ids[name]!, first: 50, ...asked }
  const { errors } = await ask(IMPACT, { tenant: of, variables })
  return errors?.[0]?.extensions.code
}

const sell = { type: 'prohibition', action: 'sell' }

describe('new terms of a licence', () => {
  it('block what is under it, as far as no transformation lifts what comes', async () => {
    const clauses = [{ id: ids['may use'] }, { id: ids['name us'] }, { body: sell }]
    const impact = await impactOf('shop 2026', { change: 'TERMS', terms: { clauses } })
    expect(rowsOf(impact)).toEqual(['1 shop BLOCKED', '2 raw BLOCKED'])
    expect(told(impact.nodes[1]!).reasons).toEqual([
      `TERM_COMES BLOCKED prohibition sell ${ids['shop 2026']} null null`,
    ])
  })

  it('free of what goes, and tell that a duty that comes is for review', async () => {
    const clauses = [{ id: ids['may use'] }, { body: { type: 'duty', action: 'inform' } }]
    const impact = await impactOf('shop 2026', { change: 'TERMS', terms: { clauses } })
    expect(told(impact.nodes[0]!).reasons).toEqual([
      `TERM_COMES REVIEW duty inform ${ids['shop 2026']} null null`,
      `TERM_GOES FREED duty attribute ${ids['shop 2026']} ${ids['name us']} null`,
    ])
    expect(impact.counts!.total).toBe(6)
  })

  it('affect nothing where they say in other clauses what the licence says already', async () => {
    const clauses = [
      { body: { type: 'duty', action: 'odrl:attribute' } },
      { body: { type: 'permission', action: 'use' } },
    ]
    const impact = await impactOf('shop 2026', { change: 'TERMS', terms: { clauses } })
    expect(impact.nodes).toEqual([])
  })

  it('are for review where only the words change', async () => {
    const impact = await impactOf('shop 2026', {
      change: 'TERMS',
      terms: { license: { version: '2' } },
    })
    expect(rowsOf(impact)).toContain('6 ann REVIEW')
    expect(told(impact.nodes[0]!).reasons).toEqual([
      `WORDING_CHANGES REVIEW ${ids['shop 2026']} null`,
    ])
  })

  it('block all where the clauses go and nobody knows what is left', async () => {
    const impact = await impactOf('shop 2026', { change: 'TERMS', terms: { clauses: [] } })
    expect(rowsOf(impact)).toContain('6 ann BLOCKED')
  })

  it('take effect on the day that is asked about', async () => {
    const clauses = [
      { id: ids['may use'] },
      { id: ids['name us'] },
      { body: { ...sell, validFrom: '2027-01-01' } },
    ]
    const asked = { change: 'TERMS', terms: { clauses } }
    expect((await impactOf('shop 2026', { ...asked, at: '2026-12-31T00:00:00Z' })).nodes).toEqual(
      [],
    )
    const later = await impactOf('shop 2026', { ...asked, at: '2027-01-01T00:00:00Z' })
    expect(later.nodes).toHaveLength(2)
  })
})

describe('a retirement', () => {
  it('of a source demotes what comes from it, and blocks it for want of a licence', async () => {
    const impact = await impactOf('shop', { change: 'RETIRE' })
    expect(rowsOf(impact)[0]).toBe('1 raw BLOCKED')
    expect(told(impact.nodes[0]!).reasons).toEqual([
      'TERM_COMES BLOCKED NO_LICENSE null null null',
      'UPSTREAM_RETIRED DEMOTED',
    ])
  })

  it('of a model demotes its predictions', async () => {
    const impact = await impactOf('score', { change: 'RETIRE' })
    expect(impact.nodes[0]!.reasons.map(({ cause }) => cause)).toContain('UPSTREAM_RETIRED')
  })

  it('of who answers for things is for review of those alone', async () => {
    expect(rowsOf(await impactOf('sales', { change: 'RETIRE' }))).toEqual(['1 report REVIEW'])
  })

  it('of a transformation is for review from where it lifts something on', async () => {
    const rows = rowsOf(await impactOf('sums', { change: 'RETIRE' }))
    expect(rows.slice(0, 2)).toEqual(['1 sum up REVIEW', '2 report REVIEW'])
  })

  it('writes nothing', async () => {
    const size = async () =>
      (await ask<{ log: { size: number } }>('{ log { size } }', { tenant })).data.log.size
    const before = await size()
    await impactOf('shop', { change: 'RETIRE' })
    expect(await size()).toBe(before)
  })
})

it('an erasure is for review of everything that was made of it', async () => {
  const impact = await impactOf('raw', { change: 'ERASE' })
  expect(rowsOf(impact)).toEqual([
    ...['1 sum up REVIEW', '2 report REVIEW', '3 score REVIEW', '4 ann REVIEW'],
  ])
})

describe('the end of an assessment', () => {
  it('is for review as far as no other assessment holds, when it says that it ends', async () => {
    const impact = await impactOf('dpia', { change: 'EXPIRE' })
    expect(Date.parse(impact.at)).toBe(Date.parse('2026-06-30T00:00:00Z'))
    expect(rowsOf(impact)).toEqual(['1 raw REVIEW', '2 sum up REVIEW'])
  })

  it('affects nothing of what another one covers', async () => {
    const rows = rowsOf(await impactOf('newer', { change: 'EXPIRE', at: '2026-07-01T00:00:00Z' }))
    expect(rows[0]).toBe('1 report REVIEW')
  })
})

describe('counts', () => {
  it('are by effect, by owner and by the grants through which others see it', async () => {
    const neighbour = await freshTenant()
    const granted = { root: ids.raw!, direction: 'DOWNSTREAM', depth: 20, fields: ['*'] }
    const { id } = await give(test, tenant, {
      to: neighbour,
      ...granted,
      kinds: ['Dataset', 'Job'],
    })
    const { counts } = await impactOf('shop', { change: 'RETIRE' })
    expect(counts!.total).toBe(5)
    expect(counts!.byEffect.map(({ count }) => count).reduce((a, b) => a + b)).toBe(5)
    expect(counts!.byOwner).toEqual([
      { owner: null, count: 4 },
      { owner: { id: ids.sales }, count: 1 },
    ])
    const byGrant = `query G($id: ID!) { impact(id: $id, change: RETIRE) { counts { total byGrant { to count grant { id } } } } }`
    const answer = await ask<{ impact: { counts: { byGrant: unknown } } }>(byGrant, {
      tenant,
      variables: { id: ids.shop },
    })
    expect(answer.data.impact.counts.byGrant).toEqual([{ to: neighbour, count: 3, grant: { id } }])
  })
})

it('tells nobody by which grants it is seen who may not list grants, and all else', async () => {
  const closed = await freshTenant()
  const [root] = await recorded(test, closed, [dataset('raw')])
  await recorded(test, closed, [dataset('made', { derivedFrom: [near('raw')] })])
  const text = 'forbid(principal, action == Action::"grant:read", resource);'
  const put = await ask(
    'mutation ($text: String!) { policyPut(name: "no-grants", text: $text) { position } }',
    { tenant: closed, variables: { text } },
  )
  expect(put.errors).toBeUndefined()
  const { data, errors } = await ask<{ impact: { counts: object } }>(
    'query G($id: ID!) { impact(id: $id, change: RETIRE) { counts { total byGrant { to } } } }',
    { tenant: closed, variables: { id: root!.id } },
  )
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['PERMISSION_DENIED'])
  expect(data.impact.counts).toEqual({ total: 1, byGrant: null })
})

describe('what cannot be', () => {
  it.each([
    ['raw', { change: 'EXPIRE' }, 'IMPACT_CHANGE_INVALID'],
    ['raw', { change: 'TERMS', terms: { licensedUnder: [] } }, 'IMPACT_CHANGE_INVALID'],
    ['shop', { change: 'TERMS' }, 'IMPACT_CHANGE_INVALID'],
    ['shop', { change: 'TERMS', terms: { clauses: [] } }, 'IMPACT_CHANGE_INVALID'],
    ['shop', { change: 'RETIRE', terms: { clauses: [] } }, 'IMPACT_CHANGE_INVALID'],
    ['shop 2026', { change: 'TERMS', terms: { clauses: [{}] } }, 'IMPACT_CHANGE_INVALID'],
    ['shop 2026', { change: 'TERMS', terms: { clauses: [{ id: 'x' }] } }, 'ENTITY_ID_INVALID'],
    ['shop 2026', { change: 'TERMS', terms: { license: { spdx: 'a b' } } }, 'BODY_INVALID'],
    ['may use', { change: 'TERMS', terms: { clause: { action: '§' } } }, 'BODY_INVALID'],
    ['raw', { change: 'RETIRE', after: 'x' }, 'LINEAGE_CURSOR_INVALID'],
    ['raw', { change: 'RETIRE', first: 501 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
  ])('is refused of %s: %j', async (name, asked, code) => {
    expect(await codeOf(name, asked)).toBe(code)
  })

  it('is to ask about what another tenant has', async () => {
    expect(await codeOf('raw', { change: 'RETIRE' }, await freshTenant())).toBe(
      'LINEAGE_ROOT_UNKNOWN',
    )
  })

  it('is to name a clause that is none, or of another tenant', async () => {
    for (const id of [ids.raw, 'urn:selvedge:clause:h:'.padEnd(65, 'A')]) {
      const asked = { change: 'TERMS', terms: { clauses: [{ id }] } }
      expect(await codeOf('shop 2026', asked)).toBe('IMPACT_CHANGE_INVALID')
    }
  })

  it('is to go on by the cursor of another change', async () => {
    const asked = { change: 'RETIRE', first: 1 }
    const { pageInfo } = await impactOf('shop', asked)
    expect(pageInfo.hasNextPage).toBe(true)
    const other = { change: 'ERASE', first: 1, after: pageInfo.endCursor }
    expect(await codeOf('shop', other)).toBe('LINEAGE_CURSOR_INVALID')
  })
})

it('is of the moment that is asked about, and its pages of that of the first', async () => {
  const { data } = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
  const first = await impactOf('raw', { change: 'ERASE', first: 2 })
  const [late] = await recorded(test, tenant, [dataset('late', { derivedFrom: [near('raw')] })])
  const rest = await impactOf('raw', { change: 'ERASE', after: first.pageInfo.endCursor })
  const names = [...first.nodes, ...rest.nodes].map(({ entity }) => entity.name)
  expect(names).toEqual(['sum up', 'report', 'score', 'ann'])
  const now = await impactOf('raw', { change: 'ERASE' })
  expect(now.nodes.map(({ entity }) => entity.id)).toContain(late!.id)
  const then = await impactOf('raw', { change: 'ERASE', asOf: { position: `0:${data.log.size}` } })
  expect(then.nodes).toHaveLength(4)
})
