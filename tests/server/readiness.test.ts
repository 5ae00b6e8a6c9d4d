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
const OK = { serving: 'ok', database: 'ok', migrations: 'ok', keys: 'ok' }

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

  it('does not ask for its keys at every probe', async () => {
    const newest = vi.fn(async () => ({}) as never)
    const readiness = withDatabase(migrated(NEWEST), { keys: () => ({ newest }) })
    await readiness.check()
    await readiness.check()
    expect(newest).toHaveBeenCalledTimes(1)
  })
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
