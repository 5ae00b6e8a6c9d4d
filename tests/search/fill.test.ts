import { expect, it, vi } from 'vitest'
import { checkLog } from '../../domains/fsck/check-log.ts'
import { fillWords, openFillWorker } from '../../domains/search/fill.ts'
import { readLog } from '../../lineage/log.ts'
import {
  assertOne,
  dataset,
  expectClean,
  idOf,
  rawDatabase,
  run,
  tell,
  writeWorld,
} from '../ledger/support.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'

const { database, ledger } = await testLedger()
const raw = rawDatabase()

const wordsOf = async (tenant: string) =>
  (
    await raw(
      'MATCH (e:Entity {tenant: $tenant}) RETURN e.id AS id, e.words AS words ORDER BY id',
      { tenant },
    )
  ).map(({ id, words }) => [id, words])

const searched = async (tenant: string) => (await readLog(database.graph(tenant).read))!.searched

/** As a version leaves a tenant that knows nothing of words. */
const forget = (tenant: string) =>
  raw(
    `MATCH (log:Log {tenant: $tenant}) REMOVE log.searched
     WITH log MATCH (e:Entity {tenant: $tenant}) REMOVE e.words, e.owners, e.risk`,
    { tenant },
  )

async function made() {
  const tenant = await freshTenant(ledger)
  await writeWorld(ledger, tenant, [dataset('x'), dataset('y')])
  await assertOne(ledger, tenant, run('r'))
  const outcome = await assertOne(ledger, tenant, dataset('gone'), { fields: { description: 'z' } })
  await tell(ledger, tenant, (draft) => draft.retire(idOf(draft, dataset('gone'))), {
    ids: [outcome.outcomes[0]!.id],
  })
  return tenant
}

it('gives what an older version wrote the same words, a part at a time', async () => {
  const tenant = await made()
  const before = await wordsOf(tenant)
  const { size } = (await readLog(database.graph(tenant).read))!
  expect(await searched(tenant)).toBe(size)
  await forget(tenant)
  // Not known to be wrong: it is known that it is not known.
  await expectClean(database, tenant)
  expect(await fillWords(database.graph(tenant), { most: { leaves: 3, text: 1_000 } })).toBe(
    Math.ceil(size / 3),
  )
  expect([await wordsOf(tenant), await searched(tenant)]).toEqual([before, size])
  await expectClean(database, tenant)
})

it('goes by how long bodies are, and on from where it was stopped', async () => {
  const tenant = await made()
  const before = await wordsOf(tenant)
  await forget(tenant)
  let parts = 0
  await fillWords(database.graph(tenant), {
    most: { leaves: 100, text: 1 },
    isStopped: () => parts++ === 4,
  })
  const stopped = (await searched(tenant))!
  expect(stopped).toBeGreaterThan(0)
  expect(stopped).toBeLessThan((await readLog(database.graph(tenant).read))!.size)
  // Whoever writes meanwhile writes words as well, and leaves the rest to be filled in.
  await assertOne(ledger, tenant, dataset('x'), { fields: { description: 'meanwhile' } })
  expect(await searched(tenant)).toBe(stopped)
  await expectClean(database, tenant)
  await fillWords(database.graph(tenant))
  const now = await wordsOf(tenant)
  const { id } = (await assertOne(ledger, tenant, dataset('x'))).outcomes[0]!
  expect(now.filter(([of]) => of !== id)).toEqual(before.filter(([of]) => of !== id))
  await expectClean(database, tenant)
})

it('sets right what an older version changes beside this one', async () => {
  const tenant = await made()
  const [{ size }] = (await raw('MATCH (l:Log {tenant: $tenant}) RETURN l.size AS size', {
    tenant,
  })) as [{ size: number }]
  await assertOne(ledger, tenant, dataset('x'), { fields: { description: 'changed' } })
  const right = await wordsOf(tenant)
  // What the other would have left: the words of before, and the mark where it was.
  await raw(
    `MATCH (log:Log {tenant: $tenant}) SET log.searched = $size
     WITH log MATCH (e:Entity {tenant: $tenant, name: 'x'}) SET e.words = 'old'`,
    { tenant, size },
  )
  await expectClean(database, tenant)
  expect(await fillWords(database.graph(tenant))).toBe(1)
  expect(await wordsOf(tenant)).toEqual(right)
  await expectClean(database, tenant)
})

it('begins anew where a log was cut back behind its words by an older version', async () => {
  const tenant = await made()
  const right = await wordsOf(tenant)
  await raw('MATCH (log:Log {tenant: $tenant}) SET log.searched = log.size + 5', { tenant })
  await raw("MATCH (e:Entity {tenant: $tenant, name: 'x'}) SET e.words = 'old'", { tenant })
  await fillWords(database.graph(tenant))
  expect(await wordsOf(tenant)).toEqual(right)
})

it('is told by fsck where words do not follow from a body', async () => {
  const tenant = await made()
  await raw("MATCH (e:Entity {tenant: $tenant, name: 'x'}) SET e.words = 'old', e.risk = 'HIGH'", {
    tenant,
  })
  const { differences } = await checkLog(database.graph(tenant))
  expect(differences.map(({ name }) => name)).toEqual(['ENTITY_WORDS', 'ENTITY_WORDS'])
})

it('fills what is listed in the background, and ends when it is told to', async () => {
  const tenant = await made()
  await forget(tenant)
  await raw("MERGE (entry:TenantEntry {tenant: '-', name: $tenant})", { tenant })
  const errors: unknown[] = []
  const worker = openFillWorker({ database, onError: (error) => errors.push(error) })
  const { size } = (await readLog(database.graph(tenant).read))!
  await vi.waitFor(async () => expect(await searched(tenant)).toBe(size), { timeout: 60_000 })
  await worker.close()
  await raw("MATCH (entry:TenantEntry {tenant: '-', name: $tenant}) DELETE entry", { tenant })
  await expectClean(database, tenant)
  expect(errors).toEqual([])
})
