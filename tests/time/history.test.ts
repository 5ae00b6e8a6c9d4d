import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodies } from '../../lineage/bodies.ts'
import { head, runId } from '../openlineage/events.ts'
import { send } from '../openlineage/world.ts'
import { dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { happen, histories, RUNS } from './happening.ts'
import { headersOf, replayed } from './replay.ts'

const test = await testApp()
const { ask, freshTenant, database, reads } = test

const HISTORY = `query History($id: ID!, $first: Int = 100, $after: String, $asOf: AsOf) {
  entity(id: $id, asOf: $asOf) {
    history(first: $first, after: $after) {
      nodes {
        version seq recordedAt eventTime actor action erases erasure
        erased { seq ground } changes { name change before after }
        linked { relation to } unlinked { relation to }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

interface Link {
  relation: string
  to: string
}
interface Version {
  version: number
  seq: number
  recordedAt: string
  eventTime: string | null
  actor: string
  action: string
  erases: number[]
  erasure: string | null
  erased: { seq: number; ground: string } | null
  changes: { name: string; change: string; before: unknown; after: unknown }[] | null
  linked: Link[]
  unlinked: Link[]
}
interface Page {
  nodes: Version[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

async function pageOf(tenant: string, variables: object): Promise<Page> {
  const { data, errors } = await ask<{ entity: { history: Page } }>(HISTORY, {
    tenant,
    variables: variables as Record<string, unknown>,
  })
  expect(errors).toBeUndefined()
  return data.entity.history
}

/** The whole history, page by page. */
async function wholeOf(tenant: string, id: string, first: number) {
  const versions: Version[] = []
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo } = await pageOf(tenant, { id, first, after })
    versions.push(...nodes)
    if (!pageInfo.hasNextPage) return versions
    after = pageInfo.endCursor
  }
}

/** What the entity says when all that its history tells is played, the oldest first. */
function played(versions: readonly Version[]) {
  const fields = new Map<string, unknown>()
  const links = new Set<string>()
  for (const { action, changes, linked, unlinked } of [...versions].reverse()) {
    for (const { relation, to } of unlinked) expect(links.delete(`${relation} ${to}`)).toBe(true)
    for (const { relation, to } of linked) links.add(`${relation} ${to}`)
    // Nothing is left to tell how an erased body differed.
    if (changes === null || action === 'ERASE') fields.clear()
    for (const { name, change, before, after } of changes ?? []) {
      if (change === 'REMOVED') fields.delete(name)
      else fields.set(name, after)
      expect(before === null || change !== 'ADDED').toBe(true)
    }
  }
  return { fields, links }
}

/** What a body says of its entity, without what it keeps for itself (docs/specs/record.md). */
function saidIn(fields: string | null): object {
  const { times, numbersAsText, ...said } = JSON.parse(fields ?? '{}')
  const own = Object.entries(said).filter(([name]) => !name.startsWith('facet:columnLineage:'))
  return Object.fromEntries(own)
}

describe('any history', () => {
  it('tells of every version who did what when, and leads to what is there', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.constantFrom(3, 100), async (history, first) => {
        const tenant = await freshTenant()
        for (const happening of history) await happen(test, tenant, happening)
        const { read } = database.graph(tenant)
        const headers = await headersOf(read)
        const gone = new Set(headers.flatMap(({ targets = [] }) => targets))
        for (const [id, now] of replayed(headers, Number.MAX_SAFE_INTEGER)) {
          const own = headers.filter((header) => header.id === id).reverse()
          const versions = await wholeOf(tenant, id, first)
          expect(
            versions.map(({ version, seq, action, recordedAt, actor, erases }) => ({
              ...{ version, seq, action: action.toLowerCase(), at: recordedAt, actor, erases },
            })),
          ).toEqual(
            own.map(({ version, seq, action, at, actor, targets = [] }) => ({
              ...{ version, seq, action, at, actor, erases: targets },
            })),
          )
          for (const [i, { seq, changes, erased }] of versions.entries()) {
            expect(erased !== null).toBe(gone.has(seq))
            const before = versions[i + 1]
            const isKnown = !gone.has(seq) && !(before && gone.has(before.seq))
            if (own[i]!.action === 'assert') expect(changes !== null).toBe(isKnown)
          }
          const { links, fields } = played(versions)
          expect([...links].sort()).toEqual([...now.out.keys()].sort())
          if (versions.some(({ changes }) => changes === null)) continue
          const [body] = await bodies(read, [now.seq])
          expect(Object.fromEntries(fields)).toEqual(saidIn(body!.fields))
        }
      }),
      RUNS,
    )
  }, 240_000)
})

const described = (description: string | null, more = {}) => dataset('a', { description, ...more })

describe('a version', () => {
  it('tells fields that came, changed and went, and edges that came and went', async () => {
    const tenant = await freshTenant()
    const [, made] = await recorded(test, tenant, [
      dataset('raw'),
      described('one', { derivedFrom: [near('raw')] }),
    ])
    const id = made!.id
    await recorded(test, tenant, [described('two', { derivedFrom: [near('other')] })])
    await recorded(test, tenant, [described(null)])
    await ask('mutation R($id: ID!) { retire(id: $id) { position } }', {
      tenant,
      variables: { id },
    })
    const [retired, third, second, first] = (await pageOf(tenant, { id })).nodes
    const raw = first!.linked[0]!.to
    expect(first).toMatchObject({
      version: 1,
      action: 'ASSERT',
      changes: [
        { name: 'description', change: 'ADDED', before: null, after: 'one' },
        { name: 'name', change: 'ADDED', after: 'a' },
        { name: 'namespace', change: 'ADDED', after: 'db' },
      ],
      linked: [{ relation: 'WAS_DERIVED_FROM', to: expect.stringContaining('urn:') }],
      unlinked: [],
      eventTime: null,
      erased: null,
      erasure: null,
    })
    expect(second).toMatchObject({
      changes: [{ name: 'description', change: 'CHANGED', before: 'one', after: 'two' }],
      unlinked: [{ relation: 'WAS_DERIVED_FROM', to: raw }],
    })
    expect(third!.changes).toEqual([
      { name: 'description', change: 'REMOVED', before: 'two', after: null },
    ])
    expect(retired).toMatchObject({
      action: 'RETIRE',
      changes: [
        { name: 'name', change: 'REMOVED' },
        { name: 'namespace', change: 'REMOVED' },
      ],
      linked: [],
      unlinked: second!.linked,
    })
    expect(new Set([retired, third, second, first].map((one) => one!.actor)).size).toBe(1)
    expect(first!.actor).toMatch(/^p_/)
  })

  it('tells when that happened which it was recorded from, however late it is told', async () => {
    const tenant = await freshTenant()
    const job = { namespace: 'jobs', name: 'j' }
    const event = (time: string, i: number, inputs: string[]) => ({
      ...head(time),
      eventType: 'COMPLETE',
      run: { runId: runId(i) },
      job,
      inputs: inputs.map(near),
      outputs: [{ ...near('out'), facets: { note: { said: i } } }],
    })
    await send(test.ledger, tenant, event('2026-03-01T12:00:00.5+01:00', 1, ['a']))
    const { data } = await ask<{ entity: { id: string } }>(
      '{ entity(kind: Dataset, namespace: "db", name: "out") { id } }',
      { tenant },
    )
    await send(test.ledger, tenant, event('2026-03-03T00:00:00Z', 3, ['a']))
    const [third, first] = (await pageOf(tenant, { id: data.entity.id })).nodes.filter(
      ({ changes }) => changes!.some(({ name }) => name === 'facet:dataset:note'),
    )
    expect(first!.eventTime).toBe('2026-03-01T11:00:00.500000000Z')
    expect(third).toMatchObject({
      eventTime: '2026-03-03T00:00:00.000000000Z',
      changes: [
        { name: 'facet:dataset:note', change: 'CHANGED', before: { said: 1 }, after: { said: 3 } },
      ],
    })
    const run = await ask<{ entity: { history: Page } }>(
      `{ entity(kind: Run, namespace: "run", name: "${runId(1)}") { history { nodes { eventTime } } } }`,
      { tenant },
    )
    expect(run.data.entity.history.nodes.at(0)!.eventTime).toBe('2026-03-01T11:00:00.500000000Z')
  })

  it('shows what was erased as erased, and why', async () => {
    const tenant = await freshTenant()
    const [made] = await recorded(test, tenant, [described('one')])
    const { id } = made!
    await recorded(test, tenant, [described('two')])
    await ask(
      'mutation E($id: ID!) { erase(id: $id, ground: CONSENT_WITHDRAWN, reason: "case 7") { position } }',
      { tenant, variables: { id } },
    )
    await recorded(test, tenant, [described('three')])
    const { nodes } = await pageOf(tenant, { id })
    const [third, erase, second, first] = nodes
    expect(third!.changes).toContainEqual({
      ...{ name: 'description', change: 'ADDED', before: null, after: 'three' },
    })
    expect(erase).toMatchObject({
      ...{ action: 'ERASE', changes: [], erases: [first!.seq, second!.seq], erased: null },
      erasure: expect.stringContaining('urn:selvedge:erasure:'),
    })
    for (const version of [second, first]) {
      expect(version).toMatchObject({
        ...{ changes: null, eventTime: null },
        erased: { seq: erase!.seq, ground: 'CONSENT_WITHDRAWN' },
      })
    }
    expect(JSON.stringify(nodes)).not.toMatch(/"(one|two)"/)
  })

  it('is one of the moment that its entity was read at', async () => {
    const tenant = await freshTenant()
    const [made] = await recorded(test, tenant, [described('one')])
    const { id, seq } = made!
    await recorded(test, tenant, [described('two')])
    const { nodes } = await pageOf(tenant, { id, asOf: { position: `0:${seq + 1}` } })
    expect(nodes.map(({ version }) => version)).toEqual([1])
  })
})

describe('a page', () => {
  it('costs what a page is, however long the history', async () => {
    const tenant = await freshTenant()
    const [made] = await recorded(test, tenant, [described('0')])
    const { id } = made!
    const readsOf = async () => {
      reads()
      const { nodes } = await pageOf(tenant, { id, first: 3 })
      expect(nodes[0]!.changes).toHaveLength(1)
      return reads()
    }
    for (let i = 1; i < 5; i++) await recorded(test, tenant, [described(String(i))])
    const short = await readsOf()
    for (let i = 5; i < 40; i++) await recorded(test, tenant, [described(String(i))])
    expect(await readsOf()).toEqual(short)
    expect(short).toEqual(['entities by ids', 'versions of an entity', 'bodies of records'])
  })

  it('refuses a cursor of another entity, and a page that is too large', async () => {
    const tenant = await freshTenant()
    const [a, b] = await recorded(test, tenant, [dataset('a'), dataset('b')])
    await recorded(test, tenant, [described('two')])
    const { pageInfo } = await pageOf(tenant, { id: a!.id, first: 1 })
    for (const [variables, code] of [
      [{ id: b!.id, after: pageInfo.endCursor }, 'LINEAGE_CURSOR_INVALID'],
      [{ id: a!.id, first: 101 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
      [{ id: a!.id, first: 0 }, 'LINEAGE_PAGE_OUT_OF_RANGE'],
    ] as const) {
      const { errors } = await ask(HISTORY, { tenant, variables })
      expect(errors).toMatchObject([{ extensions: { code } }])
    }
  })
})
