import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Expiry, readExpiries } from '../../domains/changes/read-expiries.ts'
import { isAssessing } from '../../domains/terms/assessment.ts'
import type { Json } from '../../proofs/json.ts'
import { IMPACT, type ImpactAnswer } from '../impact/asking.ts'
import { leastBody, recordedKind } from '../kinds/recording.ts'
import { dataset, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { headersOf } from '../time/replay.ts'
import { appWith, codeOf } from './apps.ts'
import type { Subscriber } from './subscriber.ts'

let clock: number | null = null
const now = () => clock ?? Date.now()
const test = await testApp('on demand', { now })
const { ask, database, freshTenant, ledger } = test
const { open: openWith } = appWith(test, {}, { now })

const EXPIRIES = `subscription Expiries(
  $after: String, $root: ID, $direction: Direction! = UPSTREAM, $depth: Int! = 4
) {
  expiries(after: $after, root: $root, direction: $direction, depth: $depth) {
    place expiredAt position
    assessment { name retired }
  }
}`

interface Told {
  place: string
  expiredAt: string
  position: string
  assessment: { name: string; retired: boolean }
  impact?: ImpactAnswer['impact']
}

const open = (tenant: string, variables: object = {}, more: { query?: string } = {}) =>
  openWith({ tenant, query: EXPIRIES, variables: { ...variables }, ...more })

async function next(subscriber: Subscriber): Promise<Told> {
  const result = await subscriber.next()
  expect(result?.errors).toBeUndefined()
  return (result!.data as unknown as { expiries: Told }).expiries
}

const iso = (ms: number) => new Date(ms).toISOString()

/** Records an assessment that expires, and datasets that it is about. */
async function assessed(tenant: string, name: string, more: object, about: string[] = []) {
  const body = { ...leastBody('DpiaPacket'), ...more }
  const [packet] = await recordedKind(test, 'DpiaPacket', {
    ...{ tenant, items: [{ ...near(name), body }] },
  })
  const id = packet!.id
  const named = about.map((one) => ({ kind: 'Dataset' as const, ...near(one) }))
  if (about.length > 0) {
    await ledger.submit({
      ...{ tenant, subject: 'test', request: name, ids: [id], names: named },
      run: async (draft) =>
        named.map(({ kind, namespace, name }) =>
          draft.assert({
            ...{ kind, namespace, name, id: draft.urn(kind, namespace, name) },
            link: [{ rel: 'ASSESSED_BY', id }],
          }),
        ),
    })
  }
  return id
}

const SAYS = fc.record({
  packet: fc.nat(2),
  what: fc.constantFrom('assert', 'assert', 'assert', 'reject', 'retire', 'erase'),
  /** In how many milliseconds from its record it expires. */
  inMs: fc.constantFrom(undefined, -40, 0, 1, 5, 20, 60, 200),
  at: fc.constantFrom('asked anew', 'as before'),
})

it('reads what expired as the records of each instant say, in pages of any size, from any place on', async () => {
  let count = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(SAYS, { minLength: 4, maxLength: 24, size: 'max' }),
      fc.constantFrom(1, 2, 20),
      async (history, first) => {
        const tenant = await freshTenant()
        const { read } = database.graph(tenant)
        const said: { seq: number; id: string; at?: string; expires: number | null }[] = []
        const last = new Map<string, string>()
        for (const { packet, what, inMs, at } of history) {
          const name = `p${packet}`
          const before = last.get(name)
          const expiresAt =
            at === 'as before' && before !== undefined
              ? before
              : inMs === undefined
                ? undefined
                : iso(Date.now() + inMs)
          const command = { tenant, subject: 'test', request: crypto.randomUUID() }
          const named = { kind: 'DpiaPacket' as const, namespace: 'db', name }
          const { outcomes } = await ledger.submit({
            ...command,
            names: [named],
            run: async (draft) => {
              const id = draft.urn('DpiaPacket', 'db', name)
              if (what === 'retire' && draft.get(id)) return [draft.retire(id)]
              const decision = what === 'reject' ? 'rejected' : undefined
              return [draft.assert({ ...named, id, fields: { title: 'P', expiresAt, decision } })]
            },
          })
          const [{ id, seq, changed }] = outcomes as [(typeof outcomes)[0]]
          if (changed) {
            const holds = what === 'assert' || what === 'erase'
            const expires = holds && expiresAt ? Date.parse(expiresAt) : null
            said.push({
              seq,
              id,
              expires: what === 'retire' && before !== undefined ? null : expires,
            })
          }
          if (expiresAt && what !== 'retire') last.set(name, expiresAt)
          else last.delete(name)
        }
        const times = new Map((await headersOf(read)).map(({ seq, at }) => [seq, Date.parse(at)]))
        const inForce = (id: string, ms: number) =>
          said.findLast((one) => one.id === id && times.get(one.seq)! <= ms)
        const instants = said.flatMap(({ id, expires }) =>
          expires === null ? [] : [{ id, expires }],
        )
        const expected = [...new Set(instants.map(({ id, expires }) => `${iso(expires)} ${id}`))]
          .filter((place) => {
            const [at, id] = place.split(' ') as [string, string]
            return inForce(id, Date.parse(at))?.expires === Date.parse(at)
          })
          .sort()

        const until = Date.now() + 1_000
        const told: Expiry[] = []
        const couldHold = (fields: Record<string, unknown>) =>
          isAssessing({ action: 'assert', fields: fields as Record<string, Json> })
        for (let after = { ms: 0, id: '' }, more = true; more; ) {
          const page = (await readExpiries({ read }, { after, until, first }, couldHold))!
          told.push(...page.expiries)
          ;({ through: after, more } = page)
        }

        expect(told.map(({ ms, id }) => `${iso(ms)} ${id}`)).toEqual(expected)
        for (const { ms, position } of told) {
          const recordedBy = [...times.values()].filter((at) => at <= ms)
          // Two keys open the log, which are no records.
          expect(position).toEqual({ epoch: 0, seq: recordedBy.length + 2 })
        }
        count += told.length
      },
    ),
    { numRuns: 6, endOnFailure: true },
  )
  expect(count).toBeGreaterThan(10)
})

it('tells an assessment when it expires and not before, with what its dry run told', async () => {
  const tenant = await freshTenant()
  const expires = Date.now() + 60_000
  const id = await assessed(tenant, 'scores', { expiresAt: iso(expires) }, ['raw', 'other'])
  await recorded(test, tenant, [dataset('made', { derivedFrom: [near('raw')] })])
  await assessed(tenant, 'forever', {}, ['other'])
  const variables = { id, change: 'EXPIRE', first: 50 }
  const dry = await ask<ImpactAnswer>(IMPACT, { tenant, variables })
  expect(dry.data.impact.nodes.map(({ entity }) => entity.name)).toEqual(['raw', 'made'])
  const nodes = /\n {4}nodes \{.*?\n {4}\}/s.exec(IMPACT)![0]
  const query = EXPIRIES.replace('place expired', `impact { at ${nodes} } place expired`)
  const subscriber = await open(tenant, {}, { query })
  const told = next(subscriber)

  clock = expires + 1_999
  expect(await Promise.race([told, setTimeout(400, 'nothing yet')])).toBe('nothing yet')
  clock = expires + 2_000
  expect(await told).toMatchObject({
    place: `${iso(expires)} ${id}`,
    expiredAt: iso(expires),
    assessment: { name: 'scores' },
    impact: { at: dry.data.impact.at, nodes: dry.data.impact.nodes },
  })
  expect(subscriber.lastSeen).toBe(`${iso(expires)} ${id}`)
  subscriber.cut()
  clock = null
})

it('goes on from what was last seen, by any server, and tells each once', async () => {
  const tenant = await freshTenant()
  const from = Date.now() + 1_000
  for (let i = 0; i < 6; i++) {
    // Two at each instant.
    const expiresAt = iso(from + Math.floor(i / 2) * 1_000)
    await assessed(tenant, `p${i}`, { expiresAt })
  }
  clock = from + 60_000
  const names: string[] = []
  let after = iso(from - 1)
  for (let i = 0; i < 3; i++) {
    const subscriber = await open(tenant, { after })
    for (let j = 0; j < 2; j++) names.push((await next(subscriber)).assessment.name)
    after = subscriber.lastSeen
    subscriber.cut()
  }
  expect(names.toSorted()).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5'])
  expect(names.map((name) => Math.floor(Number(name[1]) / 2))).toEqual([0, 0, 1, 1, 2, 2])
  clock = null
})

it('tells what is extended, refused or retired in time of no expiry, and all else of another tenant of none', async () => {
  const [tenant, other] = [await freshTenant(), await freshTenant()]
  const expires = Date.now() + 60_000
  const soon = { expiresAt: iso(expires) }
  for (const name of ['extended', 'refused', 'retired', 'kept']) await assessed(tenant, name, soon)
  await assessed(other, 'theirs', soon)
  await assessed(tenant, 'extended', { expiresAt: iso(expires + 1_000) })
  await assessed(tenant, 'refused', { ...soon, decision: 'rejected', assessedAt: iso(expires - 1) })
  const id = await assessed(tenant, 'retired', { ...soon, title: 'Other' })
  await ask('mutation ($id: ID!) { retire(id: $id) { position } }', { tenant, variables: { id } })
  clock = expires + 60_000
  const subscriber = await open(tenant, { after: iso(expires - 1) })

  expect([(await next(subscriber)).assessment, (await next(subscriber)).assessment]).toEqual([
    { name: 'kept', retired: false },
    { name: 'extended', retired: false },
  ])
  subscriber.cut()
  clock = null
})

it('tells of those alone that the lineage of a root had then', async () => {
  const tenant = await freshTenant()
  const expires = Date.now() + 60_000
  await assessed(tenant, 'apart', { expiresAt: iso(expires) }, ['else'])
  await assessed(tenant, 'upstream', { expiresAt: iso(expires + 1) }, ['raw'])
  const [made] = await recorded(test, tenant, [dataset('made', { derivedFrom: [near('raw')] })])
  clock = expires + 60_000
  const subscriber = await open(tenant, { root: made!.id, after: iso(expires - 1) })

  expect((await next(subscriber)).assessment.name).toBe('upstream')
  subscriber.cut()
  clock = null
})

it.each(['x', '0:5', '2026-03-31', '2026-13-31T00:00:00Z', '2026-03-31T00:00:00Z urn:x'])(
  'refuses to go on from %s',
  async (after) => {
    const tenant = await freshTenant()
    const subscriber = await open(tenant, { after })
    expect(codeOf(await subscriber.next())).toBe('LINEAGE_CURSOR_INVALID')
    subscriber.cut()
  },
)
