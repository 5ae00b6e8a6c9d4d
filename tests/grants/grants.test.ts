import { describe, expect, it, vi } from 'vitest'
import { query } from '../../lineage/graph.ts'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import {
  codeOf,
  give,
  patient,
  readGranted,
  revoke,
  soon,
  tryToGive,
  tryToRead,
  tryToRevoke,
} from './support.ts'

let clock: number | null = null
const test = patient(await testApp('on demand', { now: () => clock ?? Date.now() }))
const { ask, freshTenant, ledger, database } = test

/** raw <- load <- clean <- weave <- public, and raw <- twin: datasets and the jobs between them. */
async function woven(tenant: string) {
  const outcomes = await recorded(test, tenant, [
    dataset('raw', { description: 'as it came' }),
    job('load', { uses: [near('raw')] }),
    dataset('clean', {
      generatedBy: [near('load')],
      description: 'without dirt',
      facets: [
        { group: 'dataset', name: 'schema', value: { fields: 3, big: 1 } },
        { group: 'dataset', name: 'owner', value: { who: 'ada' } },
      ],
    }),
    job('weave', { uses: [near('clean')] }),
    dataset('public', { generatedBy: [near('weave')] }),
  ])
  const [raw, load, clean, weave, open] = outcomes.map(({ id }) => id)
  return { raw: raw!, load: load!, clean: clean!, weave: weave!, open: open! }
}

async function two() {
  const [giver, taker] = [await freshTenant(), await freshTenant()]
  return { giver, taker, ...(await woven(giver)) }
}

interface Listed {
  grants: { nodes: { id: string; side: string; active: boolean }[] }
}

const listed = async (tenant: string, args: string) => {
  const answer = await ask<Listed>(`{ grants(${args}) { nodes { id side active } } }`, { tenant })
  return answer.data.grants.nodes.map(({ id }) => id)
}

const leavesOf = async (tenant: string) => {
  const { data } = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
  return data.log.size
}

const [giver, taker] = [await freshTenant(), await freshTenant()]
const own = await woven(giver)
/** An id of the same form, of nothing. Ids are keyed anew in every run: any letter may be the last of one. */
const absent = own.raw.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))
const far = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

describe('giving', () => {
  it('records the same terms on both logs, under one id, and the receiver’s refers to the giver’s', async () => {
    const { giver, taker, open } = await two()
    const before = { giver: await leavesOf(giver), taker: await leavesOf(taker) }
    const given = await give(test, giver, { to: taker, root: open, depth: 3, fields: ['name'] })
    expect(given).toMatchObject({
      side: 'GIVEN',
      from: giver,
      to: taker,
      root: open,
      direction: 'UPSTREAM',
      depth: 3,
      kinds: ['Dataset', 'Job'],
      fields: ['name'],
      active: true,
      reference: null,
    })
    const { data } = await ask<{
      entity: Record<string, unknown> & { reference: { seq: number; leaf: string } }
    }>(
      `{ entity(id: "${given.id}") { ... on Grant { id side from to root direction depth kinds fields begins until active revokedAt reference { seq leaf } } } }`,
      { tenant: taker },
    )
    const { reference, ...received } = data.entity
    expect(received).toEqual({ ...given, side: 'RECEIVED', reference: undefined })
    const { data: log } = await ask<{ log: { inclusion: { leaf: string; header: string } } }>(
      `{ log { inclusion(seq: ${reference.seq}) { leaf header } } }`,
      { tenant: giver },
    )
    expect(log.log.inclusion.leaf).toBe(reference.leaf)
    expect(JSON.parse(log.log.inclusion.header)).toMatchObject({ id: given.id, kind: 'Grant' })
    expect(await leavesOf(giver)).toBe(before.giver + 2)
    expect(await leavesOf(taker)).toBe(before.taker + 1)
  })

  it('does not tell the receiver’s log who gave it', async () => {
    const { giver, taker, open } = await two()
    const headers = { 'x-selvedge-subject': 'ada' }
    await tryToGive(test, giver, { to: taker, root: open }, headers)
    const actors = await database.graph(taker).read(
      query<{ subject: string }>(`
      // the subjects of a test
      MATCH (a:Actor {tenant: $tenant}) RETURN a.subject AS subject`),
    )
    expect(actors.map(({ subject }) => subject)).toEqual(['test', `→${giver}`])
  })

  it('is done once under one Idempotency-Key, and refuses another request under it', async () => {
    const { giver, taker, open } = await two()
    const terms = { to: taker, root: open, until: soon() }
    const headers = { 'idempotency-key': 'k1' }
    const first = await tryToGive(test, giver, terms, headers)
    const again = await tryToGive(test, giver, terms, headers)
    expect(again.data.grantCreate).toEqual({ ...first.data.grantCreate, replayed: true })
    expect(codeOf(await tryToGive(test, giver, { ...terms, depth: 6 }, headers))).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    )
    expect(await listed(taker, 'side: RECEIVED')).toEqual([first.data.grantCreate.grant.id])
  })

  it('grants an alias as what it is an alias of', async () => {
    const { giver, taker, raw, clean } = await two()
    await ledger.submit({
      tenant: giver,
      subject: 'test',
      request: 'merge',
      ids: [raw, clean],
      run: async (draft) => [draft.retire(raw, clean)],
    })
    expect((await give(test, giver, { to: taker, root: raw })).root).toBe(clean)
  })

  it.each([
    ['to nobody’s tenant', { to: 'no-such-tenant' }, 'TENANT_UNKNOWN'],
    ['to what is no tenant’s name', { to: '-' }, 'GRANT_INVALID'],
    ['to itself', { to: giver }, 'GRANT_INVALID'],
    ['of a root that is not there', { root: absent }, 'ENTITY_UNKNOWN'],
    ['of what is no id', { root: 'raw' }, 'ENTITY_ID_INVALID'],
    ['of less than no hops', { depth: -1 }, 'GRANT_INVALID'],
    ['of 21 hops', { depth: 21 }, 'GRANT_INVALID'],
    ['of no kind', { kinds: [] }, 'GRANT_INVALID'],
    ['of a kind that is not the root’s', { kinds: ['Job'] }, 'GRANT_INVALID'],
    ['of runs', { kinds: ['Dataset', 'Run'] }, 'GRANT_INVALID'],
    ['of exports', { kinds: ['Dataset', 'Export'] }, 'GRANT_INVALID'],
    ['of grants', { kinds: ['Dataset', 'Grant'] }, 'GRANT_INVALID'],
    ['with an empty pattern', { fields: [''] }, 'GRANT_INVALID'],
    ['with a pattern of 257 characters', { fields: ['x'.repeat(257)] }, 'GRANT_INVALID'],
    [
      'with 65 patterns',
      { fields: Array.from({ length: 65 }, (_, i) => `f${i}`) },
      'GRANT_INVALID',
    ],
    ['that is over', { until: '2020-01-01T00:00:00Z' }, 'GRANT_INVALID'],
    ['that ends before it begins', { begins: far(3), until: far(2) }, 'GRANT_INVALID'],
    ['for 1,831 days', { until: far(1_831) }, 'GRANT_INVALID'],
    ['until a leap second', { until: '2027-06-30T23:59:60Z' }, 'GRANT_INVALID'],
    ['from a leap second on', { begins: '2027-06-30T23:59:60Z' }, 'GRANT_INVALID'],
  ])('is refused %s, and leaves nothing on either log', async (_what, terms, code) => {
    const before = [await leavesOf(giver), await leavesOf(taker)]
    expect(codeOf(await tryToGive(test, giver, { to: taker, root: own.raw, ...terms }))).toBe(code)
    expect([await leavesOf(giver), await leavesOf(taker)]).toEqual(before)
  })

  it.each([
    ['a root that is not there', { root: absent }, 'ENTITY_UNKNOWN'],
    ['a time that is over', { until: '2020-01-01T00:00:00Z' }, 'GRANT_INVALID'],
    ['the key of another grant', { depth: 7 }, 'IDEMPOTENCY_KEY_REUSED'],
  ])(
    'is refused for %s before it is said whether there is such a tenant',
    async (_what, terms, code) => {
      const headers = { 'idempotency-key': 'of-another-grant', 'x-request-id': 'the-same' }
      const isReused = code === 'IDEMPOTENCY_KEY_REUSED'
      if (isReused) await tryToGive(test, giver, { to: taker, root: own.raw }, headers)
      const asked = isReused ? headers : { 'x-request-id': 'the-same' }
      const [there, nowhere] = await Promise.all(
        [taker, 'no-such-tenant'].map((to) =>
          tryToGive(test, giver, { to, root: own.raw, ...terms }, asked),
        ),
      )
      expect(codeOf(there!)).toBe(code)
      expect(nowhere).toEqual(there)
    },
  )

  it.each([
    ['0 hops', { depth: 0 }],
    ['20 hops', { depth: 20 }],
    ['no field', { fields: [] }],
    ['64 patterns', { fields: Array.from({ length: 64 }, (_, i) => `f${i}`) }],
    ['a pattern of 256 characters', { fields: ['x'.repeat(256)] }],
    ['1,829 days', { until: far(1_829) }],
  ])('takes %s', async (_what, terms) => {
    await give(test, giver, { to: taker, root: own.raw, ...terms })
  })
})

describe('revoking', () => {
  it('ends it on both logs for the next request, and says so once', async () => {
    const { giver, taker, open } = await two()
    const { id } = await give(test, giver, { to: taker, root: open })
    await readGranted(test, taker, id)
    const ended = await revoke(test, giver, id)
    expect(ended).toMatchObject({ active: false, revokedAt: expect.any(String) })
    expect(codeOf(await tryToRead(test, taker, id))).toBe('GRANT_UNKNOWN')
    const { data } = await ask<{ entity: object }>(
      `{ entity(id: "${id}") { version ... on Grant { revokedAt active } } }`,
      { tenant: taker },
    )
    expect(data.entity).toEqual({ version: 2, revokedAt: ended.revokedAt, active: false })
    const size = await leavesOf(taker)
    expect((await revoke(test, giver, id)).revokedAt).toBe(ended.revokedAt)
    expect(await leavesOf(taker)).toBe(size)
  })

  it('is for who gave it alone', async () => {
    const { giver, taker, open } = await two()
    const third = await freshTenant()
    const { id } = await give(test, giver, { to: taker, root: open })
    for (const tenant of [taker, third]) {
      expect(codeOf(await tryToRevoke(test, tenant, id))).toBe('GRANT_UNKNOWN')
    }
    expect(codeOf(await tryToRevoke(test, giver, open))).toBe('GRANT_UNKNOWN')
    expect((await readGranted(test, taker, id)).total).toBe(5)
  })

  it('is the only way: a grant is neither retired nor erased on one log alone', async () => {
    const { giver, taker, open } = await two()
    const { id } = await give(test, giver, { to: taker, root: open })
    for (const tenant of [giver, taker]) {
      const retired = await ask(`mutation { retire(id: "${id}") { position } }`, { tenant })
      expect(codeOf(retired)).toBe('RETIRE_REFUSED')
      const erased = await ask(
        `mutation { erase(id: "${id}", ground: OTHER, reason: "none") { position } }`,
        { tenant },
      )
      expect(codeOf(erased)).toBe('ERASE_REFUSED')
    }
    expect((await readGranted(test, taker, id)).total).toBe(5)
  })
})

describe('reading', () => {
  it('walks as plain lineage does, as far as it is granted', async () => {
    const { giver, taker, open, weave, clean, load, raw } = await two()
    const { id } = await give(test, giver, { to: taker, root: open, depth: 3 })
    const page = await readGranted(test, taker, id)
    expect(page.nodes.map(({ entity, distance }) => [entity.id, distance])).toEqual([
      [open, 0],
      [weave, 1],
      [clean, 2],
      [load, 3],
    ])
    expect(page.edges).toEqual([
      { relation: 'WAS_GENERATED_BY', from: open, to: weave },
      { relation: 'USED', from: weave, to: clean },
      { relation: 'WAS_GENERATED_BY', from: clean, to: load },
    ])
    expect(page).toMatchObject({ total: 4, hidden: 0, beyond: 0, root: { id: open } })
    expect(codeOf(await tryToRead(test, taker, id, { root: raw }))).toBe('LINEAGE_ROOT_UNKNOWN')
  })

  it('does not go on from what is not granted, and counts it', async () => {
    const { giver, taker, open } = await two()
    const { id } = await give(test, giver, { to: taker, root: open, kinds: ['Dataset'] })
    const page = await readGranted(test, taker, id)
    expect(page).toMatchObject({ total: 1, hidden: 1, edges: [] })
  })

  it('starts from any granted entity, with what the grant leaves from there', async () => {
    const { giver, taker, open, clean, load, raw } = await two()
    const { id } = await give(test, giver, { to: taker, root: open, depth: 4 })
    const page = await readGranted(test, taker, id, { root: clean })
    expect(page.nodes.map(({ entity }) => entity.id)).toEqual([clean, load, raw])
    const more = await tryToRead(test, taker, id, { root: clean, depth: 3 })
    expect(more.errors?.[0]?.extensions).toMatchObject({ code: 'GRANT_EXCEEDED', most: 2 })
    const less = await readGranted(test, taker, id, { root: clean, depth: 1 })
    expect(less.nodes.map(({ entity }) => entity.id)).toEqual([clean, load])
  })

  it('shows the fields that are granted, and names no other', async () => {
    const { giver, taker, clean } = await two()
    const show = async (fields: string[]) => {
      const { id } = await give(test, giver, { to: taker, root: clean, depth: 0, fields })
      const { data } = await ask<{ granted: { entity: object } }>(
        `{ granted(grant: "${id}") { entity(id: "${clean}") { id kind namespace name description facets { group name value } } } }`,
        { tenant: taker },
      )
      return data.granted.entity
    }
    const none = { id: clean, kind: 'Dataset', namespace: null, name: null, description: null }
    expect(await show([])).toEqual({ ...none, facets: [] })
    expect(await show(['Job.*'])).toEqual({ ...none, facets: [] })
    expect(await show(['Dataset.name', 'schema'])).toEqual({
      ...none,
      name: 'clean',
      facets: [{ group: 'dataset', name: 'schema', value: { fields: 3, big: 1 } }],
    })
    expect(await show(['*'])).toMatchObject({
      namespace: 'db',
      name: 'clean',
      description: 'without dirt',
      facets: [{ name: 'owner' }, { name: 'schema' }],
    })
  })

  it('ends by the clock, without anything being done', async () => {
    const { giver, taker, open } = await two()
    const until = soon()
    const { id } = await give(test, giver, { to: taker, root: open, until })
    const last = Date.parse(until)
    const at = async (instant: number) => {
      clock = instant
      try {
        return codeOf(await tryToRead(test, taker, id))
      } finally {
        clock = null
      }
    }
    expect(await at(last - 1)).toBeUndefined()
    expect(await at(last)).toBe('GRANT_UNKNOWN')
    expect(await at(last + 1)).toBe('GRANT_UNKNOWN')
  })

  it('begins by the clock', async () => {
    const { giver, taker, open } = await two()
    const begins = new Date(Date.now() + 1_800_000).toISOString()
    const { id } = await give(test, giver, { to: taker, root: open, begins })
    expect(codeOf(await tryToRead(test, taker, id))).toBe('GRANT_UNKNOWN')
    clock = Date.parse(begins)
    const { total } = await readGranted(test, taker, id).finally(() => {
      clock = null
    })
    expect(total).toBe(5)
  })

  it('begins at once also where the clock was ahead while the log was written to', async () => {
    const { giver, taker, open } = await two()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    await recorded(test, giver, [dataset('from the future')])
    vi.useRealTimers()
    const until = new Date(Date.now() + 1_800_000).toISOString()
    const { id, begins, active } = await give(test, giver, { to: taker, root: open, until })
    expect([active, Date.parse(begins)]).toEqual([true, expect.toSatisfy((at) => at <= Date.now())])
    expect((await readGranted(test, taker, id)).total).toBe(5)
  })

  it('names the giver’s checkpoint, and proves its entities against it', async () => {
    const { giver, taker, open, raw } = await two()
    const { id } = await give(test, giver, { to: taker, root: open, depth: 4 })
    const { data, errors } = await ask<{
      granted: {
        from: string
        position: string
        checkpoint: { note: string; size: number; root: string }
        lineage: {
          nodes: { entity: { id: string; seq: number; inclusion: Record<string, unknown> } }[]
        }
      }
    }>(
      `{ granted(grant: "${id}") { from position checkpoint { note size root }
         lineage(first: 20) { nodes { entity { id seq inclusion { seq size leaf header path root note tlogProof } } } } } }`,
      { tenant: taker },
    )
    expect(errors).toBeUndefined()
    const { from, checkpoint, lineage } = data.granted
    expect(from).toBe(giver)
    expect(checkpoint.note.split('\n')[0]).toBe(`selvedge.test/${giver}`)
    for (const { entity } of lineage.nodes) {
      const own = await ask<{ log: { inclusion: Record<string, unknown> } }>(
        `{ log { inclusion(seq: ${entity.seq}) { seq size leaf header path root note tlogProof } } }`,
        { tenant: giver },
      )
      expect(entity.inclusion).toEqual(own.data.log.inclusion)
      expect(entity.inclusion).toMatchObject({ note: checkpoint.note, root: checkpoint.root })
    }
    expect(lineage.nodes.at(-1)!.entity.id).toBe(raw)
  })

  it('keeps back a header that names what is not granted', async () => {
    const { giver, taker, open, weave } = await two()
    const { id } = await give(test, giver, { to: taker, root: open, depth: 1 })
    const { data } = await ask<{
      granted: {
        lineage: {
          nodes: { entity: { id: string; inclusion: { header: string | null; leaf: string } } }[]
        }
      }
    }>(
      `{ granted(grant: "${id}") { lineage(first: 20) { nodes { entity { id inclusion { header leaf } } } } } }`,
      { tenant: taker },
    )
    const headers = data.granted.lineage.nodes.map(({ entity }) => entity)
    expect(headers.map((entity) => entity.id)).toEqual([open, weave])
    expect(headers[0]!.inclusion.header).toContain(weave)
    expect(headers[1]!.inclusion).toEqual({ header: null, leaf: expect.any(String) })
  })
})

describe('listing', () => {
  it('gives both sides, those that hold and those that do not, in pages', async () => {
    const { giver, taker, open } = await two()
    const ids: string[] = []
    for (let i = 0; i < 3; i++) ids.push((await give(test, giver, { to: taker, root: open })).id)
    await revoke(test, giver, ids[1]!)
    const back = await recorded(test, taker, [dataset('own')])
    const returned = await give(test, taker, { to: giver, root: back[0]!.id })
    expect(await listed(taker, 'side: RECEIVED')).toEqual(ids)
    expect(await listed(taker, 'side: GIVEN')).toEqual([returned.id])
    expect(await listed(giver, 'active: true')).toEqual([ids[0], ids[2], returned.id])
    expect(await listed(giver, 'active: false')).toEqual([ids[1]])
    const { data } = await ask<{ grants: { nodes: object[]; pageInfo: { endCursor: string } } }>(
      '{ grants(first: 2) { nodes { id } pageInfo { endCursor hasNextPage } } }',
      { tenant: giver },
    )
    expect(data.grants).toMatchObject({
      nodes: ids.slice(0, 2).map((id) => ({ id })),
      pageInfo: { hasNextPage: true },
    })
    const rest = await listed(giver, `first: 2, after: "${data.grants.pageInfo.endCursor}"`)
    expect(rest).toEqual([ids[2], returned.id])
  })

  it('goes on from page to page past however many others have given', async () => {
    const { giver, taker, open } = await two()
    const name = (i: number) => `0000${String(i).padStart(4, '0')}-9751-7a91-a2a0-a51101a3970c`
    const idOf = (i: number) => `urn:selvedge:grant:${name(i)}`
    for (let from = 0; from < 2_500; from += 500) {
      await ledger.submit({
        tenant: giver,
        subject: 'others',
        request: `grants from ${from}`,
        ids: Array.from({ length: 500 }, (_, i) => idOf(from + i)),
        run: async (draft) =>
          Array.from({ length: 500 }, (_, i) =>
            draft.assert({
              kind: 'Grant',
              id: idOf(from + i),
              namespace: 'grant',
              name: name(from + i),
              fields: { side: 'received' },
            }),
          ),
      })
    }
    const given = await give(test, giver, { to: taker, root: open })
    const page = async (after: string | null) => {
      const { data, errors } = await ask<{
        grants: {
          nodes: { id: string }[]
          pageInfo: { hasNextPage: boolean; endCursor: string }
        }
      }>(
        'query ($after: String) { grants(side: GIVEN, first: 10, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }',
        { tenant: giver, variables: { after } },
      )
      expect(errors).toBeUndefined()
      return data.grants
    }
    const first = await page(null)
    expect(first).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true } })
    expect(await page(first.pageInfo.endCursor)).toMatchObject({
      nodes: [{ id: given.id }],
      pageInfo: { hasNextPage: false },
    })
  })
})
