import { describe, expect, it, vi } from 'vitest'
import { Problem } from '../../core/problem.ts'
import type { Database } from '../../lineage/graph.ts'
import { MIGRATIONS } from '../../lineage/migrations.ts'
import { createApp } from '../../server/app.ts'
import { openReadiness, type ReadinessOptions } from '../../server/readiness.ts'

const NEWEST = MIGRATIONS.at(-1)!.number

/** A database that knows nothing but its newest migration. */
const databaseWith = (read: () => Promise<unknown>) =>
  ({ graph: () => ({ read }) }) as unknown as Database

const withDatabase = (read: () => Promise<unknown>, more: Partial<ReadinessOptions> = {}) =>
  openReadiness({
    database: databaseWith(read),
    keys: () => ({ newest: async () => ({}) as never }),
    withinMs: 10_000,
    ...more,
  })

const migrated = (applied: number) => async () => [{ applied }]
const away = () => Promise.reject(new Problem('DATABASE_UNAVAILABLE', 'away', { status: 503 }))
const never = () => new Promise<never>(() => {})
const NEEDED = { serving: 'ok', database: 'ok', migrations: 'ok', keys: 'ok' }
const OK = { ...NEEDED, issuers: 'ok', objects: 'ok' }

describe('a server', () => {
  it('is ready where the database answers and is migrated, keys are held, and it does not end', async () => {
    expect(await withDatabase(migrated(NEWEST)).check()).toEqual(OK)
  })

  it('is ready on a database that a later version has migrated further', async () => {
    expect(await withDatabase(migrated(NEWEST + 1)).check()).toEqual(OK)
  })

  it.each([
    ['the database is away', withDatabase(away), ['database', 'migrations']],
    [
      'the database takes too long',
      withDatabase(never, { withinMs: 1 }),
      ['database', 'migrations'],
    ],
    ['a migration is missing', withDatabase(migrated(NEWEST - 1)), ['migrations']],
    ['the database is empty', withDatabase(async () => []), ['migrations']],
    [
      'no key is held',
      withDatabase(migrated(NEWEST), { keys: () => ({ newest: away }) }),
      ['keys'],
    ],
    [
      'whoever holds the keys takes too long',
      withDatabase(migrated(NEWEST), { keys: () => ({ newest: never }), withinMs: 1 }),
      ['keys'],
    ],
  ])('is not ready where %s, and says so', async (_what, readiness, missing) => {
    await expect(readiness.check()).rejects.toMatchObject({
      code: 'SERVER_NOT_READY',
      status: 503,
      details: { missing },
    })
  })

  it('is ready again as soon as what was missing is there', async () => {
    const read = vi.fn(migrated(NEWEST)).mockImplementationOnce(away)
    const readiness = withDatabase(read)
    await expect(readiness.check()).rejects.toMatchObject({ code: 'SERVER_NOT_READY' })
    expect(await readiness.check()).toEqual(OK)
  })

  it('is not ready once it is about to end, though nothing else is missing', async () => {
    const readiness = withDatabase(migrated(NEWEST))
    readiness.drain()
    await expect(readiness.check()).rejects.toMatchObject({ details: { missing: ['serving'] } })
  })

  it.each<[string, Partial<ReadinessOptions>, object]>([
    ['the store of object files is not well', { objects: () => false }, { objects: 'degraded' }],
    [
      'the keys of one issuer are old',
      { issuers: () => ({ corp: 'stale', partner: 'ready' }) },
      { issuers: 'degraded' },
    ],
    [
      'one of its issuers was never reached',
      { issuers: () => ({ corp: 'unreachable', partner: 'ready' }) },
      { issuers: 'degraded' },
    ],
  ])('stays in rotation where %s, and says so', async (_what, more, told) => {
    expect(await withDatabase(migrated(NEWEST), more).check()).toEqual({ ...OK, ...told })
  })

  it('is not ready until it has had keys of an issuer, and then whatever becomes of them', async () => {
    let state: 'ready' | 'unreachable' = 'unreachable'
    const readiness = withDatabase(migrated(NEWEST), { issuers: () => ({ corp: state }) })
    await expect(readiness.check()).rejects.toMatchObject({ details: { missing: ['issuers'] } })
    state = 'ready'
    expect(await readiness.check()).toEqual(OK)
    state = 'unreachable'
    expect(await readiness.check()).toEqual({ ...OK, issuers: 'degraded' })
  })

  it('asks the database once for all probes that wait for it, and anew for the next', async () => {
    const answers: (() => void)[] = []
    const read = vi.fn(
      () =>
        new Promise((resolve) => {
          answers.push(() => resolve([{ applied: NEWEST }]))
        }),
    )
    const readiness = withDatabase(read)
    const probes = Array.from({ length: 100 }, () => readiness.check())
    expect(read).toHaveBeenCalledTimes(1)
    answers[0]!()
    for (const found of await Promise.all(probes)) expect(found).toEqual(OK)
    const next = readiness.check()
    answers[1]!()
    expect(await next).toEqual(OK)
    expect(read).toHaveBeenCalledTimes(2)
  })

  it('does not ask for its keys at every probe', async () => {
    const newest = vi.fn(async () => ({}) as never)
    const readiness = withDatabase(migrated(NEWEST), { keys: () => ({ newest }) })
    await readiness.check()
    await readiness.check()
    expect(newest).toHaveBeenCalledTimes(1)
  })
})

it('/readyz says whether all is well or some of it is degraded, and 200 to both', async () => {
  const told = async (more: Partial<ReadinessOptions>) => {
    const app = createApp({
      database: undefined as never,
      ledger: undefined as never,
      objects: undefined as never,
      readiness: withDatabase(migrated(NEWEST), more),
    })
    const response = await app.fetch(new Request('http://localhost/readyz'))
    return [response.status, await response.json()]
  }
  expect(await told({})).toEqual([200, { status: 'ready', checks: OK }])
  expect(await told({ objects: () => false })).toEqual([
    200,
    { status: 'degraded', checks: { ...OK, objects: 'degraded' } },
  ])
})

it('/readyz tells what is missing as a problem, /livez whether the process is there', async () => {
  const app = createApp({
    database: databaseWith(away),
    ledger: { keys: { newest: away } } as never,
    objects: undefined as never,
  })
  const ask = (path: string) => app.fetch(new Request(`http://localhost${path}`))
  const ready = await ask('/readyz')
  expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await ready.json()).toMatchObject({
    code: 'SERVER_NOT_READY',
    missing: ['database', 'migrations', 'keys'],
  })
  const live = await ask('/livez')
  expect([live.status, await live.json()]).toEqual([200, { status: 'alive' }])
  // An address that merely ends so is no probe: nothing answers before the host is checked.
  expect((await ask('/log/acme/livez')).status).not.toBe(200)
  const rebound = new Request('http://evil.example/x/livez')
  expect((await app.fetch(rebound)).status).toBe(421)
})
