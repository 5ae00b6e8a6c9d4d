import { describe, expect, it } from 'vitest'
import { openGranted } from '../../lineage/granted.ts'
import { lockLog } from '../../lineage/log.ts'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import {
  codeOf,
  give,
  patient,
  READ,
  readGranted,
  revoke,
  tryToGive,
  tryToRead,
  tryToRevoke,
} from './support.ts'

let clock: number | null = null
const test = patient(await testApp('on demand', { now: () => clock ?? Date.now() }))
const { app, ask, database, freshTenant, faults } = test

/**
 * raw <- load <- clean <- weave <- open <- sell <- sold, of one tenant; another holds a grant from `open`
 * two hops upstream, and a wider one; a third holds nothing.
 */
const [giver, taker, third] = [await freshTenant(), await freshTenant(), await freshTenant()]
const outcomes = await recorded(test, giver, [
  dataset('raw', { description: 'SECRET' }),
  job('load', { uses: [near('raw')] }),
  dataset('clean', { generatedBy: [near('load')] }),
  job('weave', { uses: [near('clean')] }),
  dataset('open', { generatedBy: [near('weave')], description: 'told' }),
  job('sell', { uses: [near('open')] }),
  dataset('sold', { generatedBy: [near('sell')] }),
])
const [raw, load, clean, weave, open, sell, sold] = outcomes.map(({ id }) => id) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]
const nowhere = `urn:selvedge:dataset:h:${'A'.repeat(43)}`
const UNTIL = Date.now() + 3_600_000
const until = new Date(UNTIL).toISOString()
const terms = { to: taker, root: open, depth: 2, fields: ['Dataset.name'], until }
const narrow = (await give(test, giver, terms)).id
const wide = (await give(test, giver, { ...terms, direction: 'BOTH', depth: 20, fields: ['*'] })).id
const ofThird = (await give(test, giver, { ...terms, to: third })).id
const ended = (await give(test, giver, terms)).id
await revoke(test, giver, ended)
const notYet = (
  await give(test, giver, { ...terms, begins: new Date(UNTIL - 1_000).toISOString() })
).id
const given = (
  await give(test, taker, {
    ...terms,
    to: giver,
    root: (await recorded(test, taker, [dataset('own')]))[0]!.id,
  })
).id

const granted = (grant: string, what: string) => `{ granted(grant: "${grant}") { ${what} } }`
const cursorOf = async (grant: string, asked: object = {}) =>
  (await readGranted(test, taker, grant, { first: 1, ...asked })).pageInfo.endCursor!
const forged = (parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
const partsOf = (cursor: string) =>
  JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]

const narrowCursor = await cursorOf(narrow)
const wideCursor = await cursorOf(wide, { direction: 'UPSTREAM', depth: 2 })
const [asked, epoch, seq, ...place] = partsOf(narrowCursor)

/** What is done, by whom, and by which code it is refused. */
const ATTACKS: [what: string, tenant: string, query: string, code: string][] = [
  // Grants that the caller does not hold now: one answer for all of them.
  ['the grant of another', taker, granted(ofThird, 'lineage { total }'), 'GRANT_UNKNOWN'],
  ['a grant by who gave it', giver, granted(narrow, 'lineage { total }'), 'GRANT_UNKNOWN'],
  ['one’s own gift', taker, granted(given, 'lineage { total }'), 'GRANT_UNKNOWN'],
  ['a grant by a stranger', third, granted(narrow, 'lineage { total }'), 'GRANT_UNKNOWN'],
  ['a revoked grant', taker, granted(ended, 'lineage { total }'), 'GRANT_UNKNOWN'],
  ['a grant that has not begun', taker, granted(notYet, 'lineage { total }'), 'GRANT_UNKNOWN'],
  [
    'a grant that is nowhere',
    taker,
    granted('urn:selvedge:grant:01936893-9751-7a91-a2a0-a51101a3970c', 'lineage { total }'),
    'GRANT_UNKNOWN',
  ],
  ['a dataset for a grant', giver, granted(open, 'lineage { total }'), 'GRANT_UNKNOWN'],
  ['a dataset of another for a grant', taker, granted(open, 'lineage { total }'), 'GRANT_UNKNOWN'],
  ['no id for a grant', taker, granted('*', 'lineage { total }'), 'ENTITY_ID_INVALID'],
  ['Cypher for a grant', taker, granted("x' OR 1=1 //", 'lineage { total }'), 'ENTITY_ID_INVALID'],
  // Wider than the grant.
  [
    'another direction',
    taker,
    granted(narrow, 'lineage(direction: DOWNSTREAM) { total }'),
    'GRANT_EXCEEDED',
  ],
  [
    'both directions',
    taker,
    granted(narrow, 'lineage(direction: BOTH) { total }'),
    'GRANT_EXCEEDED',
  ],
  ['more hops', taker, granted(narrow, 'lineage(depth: 3) { total }'), 'GRANT_EXCEEDED'],
  [
    'more hops than there are',
    taker,
    granted(narrow, 'lineage(depth: 21) { total }'),
    'LINEAGE_DEPTH_OUT_OF_RANGE',
  ],
  [
    'less than no hops',
    taker,
    granted(narrow, 'lineage(depth: -1) { total }'),
    'LINEAGE_DEPTH_OUT_OF_RANGE',
  ],
  [
    'as many hops from further on',
    taker,
    granted(narrow, `lineage(root: "${weave}", depth: 2) { total }`),
    'GRANT_EXCEEDED',
  ],
  [
    'hops from the last',
    taker,
    granted(narrow, `lineage(root: "${clean}", depth: 1) { total }`),
    'GRANT_EXCEEDED',
  ],
  [
    'the way back from further on',
    taker,
    granted(wide, `lineage(root: "${weave}", direction: DOWNSTREAM) { total }`),
    'GRANT_EXCEEDED',
  ],
  [
    'both ways from further on',
    taker,
    granted(wide, `lineage(root: "${weave}", direction: BOTH) { total }`),
    'GRANT_EXCEEDED',
  ],
  ['kinds', taker, granted(narrow, 'lineage(kinds: [Run]) { total }'), 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a page of none',
    taker,
    granted(wide, 'lineage(first: 0) { total }'),
    'LINEAGE_PAGE_OUT_OF_RANGE',
  ],
  [
    'a page of too many',
    taker,
    granted(wide, 'lineage(first: 5001) { total }'),
    'LINEAGE_PAGE_OUT_OF_RANGE',
  ],
  [
    'pages by aliases',
    taker,
    granted(
      wide,
      Array.from({ length: 5 }, (_, i) => `a${i}: lineage(first: 5000) { total }`).join(' '),
    ),
    'REQUEST_ASKS_TOO_MUCH',
  ],
  // Elsewhere than in the grant: told alike whether it is there or not.
  [
    'a root beyond the depth',
    taker,
    granted(narrow, `lineage(root: "${load}") { total }`),
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'a root downstream',
    taker,
    granted(narrow, `lineage(root: "${sell}") { total }`),
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'a root that is nowhere',
    taker,
    granted(narrow, `lineage(root: "${nowhere}") { total }`),
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'the grant itself as a root',
    taker,
    granted(wide, `lineage(root: "${wide}") { total }`),
    'LINEAGE_ROOT_UNKNOWN',
  ],
  ['the plain walk', taker, `{ lineage(root: "${open}") { total } }`, 'LINEAGE_ROOT_UNKNOWN'],
  ['a bundle', taker, `mutation { exportBundle(root: "${open}") { url } }`, 'LINEAGE_ROOT_UNKNOWN'],
  // Cursors.
  [
    'a cursor of a wider grant',
    taker,
    granted(narrow, `lineage(after: "${wideCursor}") { total }`),
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor of other hops',
    taker,
    granted(narrow, `lineage(depth: 1, after: "${narrowCursor}") { total }`),
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor of another question',
    taker,
    granted(wide, `lineage(after: "${wideCursor}") { total }`),
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor in plain lineage',
    taker,
    `{ lineage(root: "${open}", depth: 2, after: "${narrowCursor}") { total } }`,
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor from before the grant',
    taker,
    granted(narrow, `lineage(after: "${forged([asked, epoch, 4, ...place])}") { total }`),
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor at the record before the grant',
    taker,
    granted(
      narrow,
      `lineage(after: "${forged([asked, epoch, outcomes.at(-1)!.seq + 1, ...place])}") { total }`,
    ),
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor from the future',
    taker,
    granted(
      narrow,
      `lineage(after: "${forged([asked, epoch, Number(seq) + 1_000, ...place])}") { total }`,
    ),
    'POSITION_NOT_REACHED',
  ],
  [
    'a cursor of another epoch',
    taker,
    granted(narrow, `lineage(after: "${forged([asked, 7, seq, ...place])}") { total }`),
    'POSITION_LOST',
  ],
  [
    'a cursor of nonsense',
    taker,
    granted(narrow, 'lineage(after: "!") { total }'),
    'LINEAGE_CURSOR_INVALID',
  ],
  // Other doors.
  [
    'a stateProof under the grant',
    taker,
    granted(narrow, `stateProof(id: "${open}") { json }`),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'the neighbours of an entity',
    taker,
    granted(narrow, `entity(id: "${open}") { generatedBy { id } }`),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'the alias of an entity',
    taker,
    granted(narrow, `entity(id: "${open}") { aliasOf }`),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'the runs of an edge',
    taker,
    granted(narrow, 'lineage { edges { runs { nodes { id } } } }'),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a fragment of the plain type',
    taker,
    granted(narrow, `entity(id: "${open}") { ... on Dataset { description } }`),
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'to retire what is granted',
    taker,
    `mutation { retire(id: "${open}") { position } }`,
    'ENTITY_UNKNOWN',
  ],
  [
    'to erase what is granted',
    taker,
    `mutation { erase(id: "${open}", ground: OTHER, reason: "x") { position } }`,
    'ENTITY_UNKNOWN',
  ],
  [
    'to link to what is granted',
    taker,
    `mutation { record(items: [{ dataset: { namespace: "x", name: "y", derivedFrom: [{ id: "${open}" }] } }]) { position } }`,
    'UNKNOWN_NEIGHBOUR',
  ],
  [
    'to grant on what is granted',
    taker,
    `mutation { grantCreate(input: { to: "${third}", root: "${open}", direction: UPSTREAM, depth: 1, kinds: [Dataset], fields: [], until: "${until}" }) { position } }`,
    'ENTITY_UNKNOWN',
  ],
  [
    'to revoke what another gave',
    taker,
    `mutation { grantRevoke(id: "${narrow}") { position } }`,
    'GRANT_UNKNOWN',
  ],
  [
    'to revoke what a stranger holds',
    third,
    `mutation { grantRevoke(id: "${narrow}") { position } }`,
    'GRANT_UNKNOWN',
  ],
]

describe('attacks', () => {
  it.each(ATTACKS)('%s is refused', async (_what, tenant, query, code) => {
    const answer = await ask(query, { tenant })
    expect(codeOf(answer)).toBe(code)
    const text = JSON.stringify(answer)
    for (const word of ['SECRET', 'clean', giver]) expect(text).not.toContain(word)
    expect(faults).toEqual([])
  })

  it.each([
    ['beyond the depth', raw],
    ['downstream', sold],
    ['the giver’s grant', narrow],
    ['nowhere', nowhere],
  ])('an entity %s is null, in the same words', async (_what, id) => {
    const { data, errors } = await ask<{ granted: object; node: null; entity: null }>(
      `{ granted(grant: "${narrow}") { entity(id: "${id}") { id kind name } } node(id: "${sold}") { id } entity(id: "${open}") { id } }`,
      { tenant: taker },
    )
    expect({ data, errors }).toEqual({
      data: { granted: { entity: null }, node: null, entity: null },
      errors: undefined,
    })
  })

  it('aliases and fragments of two grants do not mix what they show', async () => {
    const { data } = await ask<{
      a: { entity: object; lineage: { total: number } }
      b: { entity: object; lineage: { total: number } }
    }>(
      `fragment Both on Granted { entity(id: "${open}") { ...Shown } lineage { total } }
       fragment Shown on GrantedEntity { name description }
       { a: granted(grant: "${narrow}") { ...Both } b: granted(grant: "${wide}") { ...Both } }`,
      { tenant: taker },
    )
    expect(data.a).toEqual({ entity: { name: 'open', description: null }, lineage: { total: 3 } })
    expect(data.b).toEqual({ entity: { name: 'open', description: 'told' }, lineage: { total: 7 } })
  })

  it('tells of a grant that is over the same as of one that never was, also by a cursor from before', async () => {
    clock = UNTIL
    const over = await tryToRead(test, taker, narrow, { first: 1, after: narrowCursor })
    clock = null
    const never = await tryToRead(
      test,
      taker,
      'urn:selvedge:grant:01936893-9751-7a91-a2a0-a51101a3970c',
    )
    const [told, other] = [over, never].map(({ errors }) => errors![0]!)
    expect(told!.message).toBe(other!.message)
    expect(told!.extensions.code).toBe(other!.extensions.code)
    expect((await readGranted(test, taker, narrow, { first: 1, after: narrowCursor })).total).toBe(
      3,
    )
  })

  it('holds up nobody who writes to the log of who gave it, be a cursor made up or a grant over', async () => {
    const locked = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const writing = database.graph(giver).write(async ({ run }) => {
      await lockLog(run)
      locked.resolve()
      await done.promise
    }, 120_000)
    await locked.promise
    try {
      for (const [far, code] of [
        [9_000_000_000_000_000, 'POSITION_NOT_REACHED'],
        [seq, undefined],
      ] as const) {
        const after = forged([asked, epoch, far, ...place])
        const answer = await tryToRead(test, taker, narrow, { first: 1, after })
        expect(codeOf(answer)).toBe(code)
      }
      const held = { id: narrow, root: open, direction: 'UPSTREAM', depth: 2, until } as const
      const graph = openGranted(database.graph(giver), {
        ...held,
        kinds: ['Dataset', 'Job'],
        given: { seq: Number(seq) - 1, leaf: 'that of a record that is no longer in force' },
      })
      await expect(graph.lineage({}, { first: 1 })).rejects.toMatchObject({ code: 'GRANT_UNKNOWN' })
    } finally {
      done.resolve()
      await writing
    }
  })

  it('keeps one tenant’s answer from another in headers of either case', async () => {
    const body = JSON.stringify({ query: READ, variables: { grant: narrow } })
    const as = async (tenant: string) => {
      const headers = { 'content-type': 'application/json', 'X-Selvedge-Tenant': tenant }
      const request = new Request('http://localhost/graphql', { method: 'POST', headers, body })
      return (await (await app.fetch(request)).json()) as { errors?: unknown[] }
    }
    expect((await as(taker)).errors).toBeUndefined()
    expect((await as(third)).errors).toHaveLength(1)
    expect((await as(taker.toUpperCase())).errors).toHaveLength(1)
  })
})

describe('a caller who may not', () => {
  const headers = (roles: string) => ({ 'x-selvedge-roles': roles })
  const input = { to: third, root: open }

  it.each(['reader', 'writer', 'auditor', 'operator', 'ombuds', 'finance'])(
    'give nor revoke: a %s',
    async (role) => {
      expect(codeOf(await tryToGive(test, giver, input, headers(role)))).toBe('PERMISSION_DENIED')
      expect(codeOf(await tryToRevoke(test, giver, narrow, headers(role)))).toBe(
        'PERMISSION_DENIED',
      )
    },
  )

  it('a steward gives and revokes', async () => {
    const made = await tryToGive(test, giver, input, headers('steward'))
    const { id } = made.data.grantCreate.grant
    expect(codeOf(await tryToRevoke(test, giver, id, headers('steward')))).toBeUndefined()
  })
})
