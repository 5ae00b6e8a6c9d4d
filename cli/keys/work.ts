import { Problem } from '../../core/problem.ts'
import type { KeyChange, KeyDesk } from '../../ledger/key-desk.ts'
import { KEY_USES, type Keys, type KeyUse, type SigningKey } from '../../ledger/keys.ts'
import { keyUnknown } from '../../ledger/problems.ts'
import type { Database } from '../../lineage/graph.ts'
import { allTenants } from '../../lineage/tenants.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openService } from '../../server/open.ts'
import type { Done, Listed, TenantDone } from './text.ts'

/** How the work is told of while it goes on. */
export interface KeyWork {
  /** Told of each log that was refused; the others go on. */
  onRefused(error: unknown): void
}

interface Opened {
  desk: KeyDesk
  database: Database
  /** Carries something out in each of these logs, one after the other. */
  inLogs(
    tenants: readonly string[],
    work: (tenant: string) => Promise<KeyChange[]>,
  ): Promise<TenantDone[]>
}

/** Opens the service as a server would, without taking requests. */
async function withService<T>(
  { onRefused }: KeyWork,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const progress = progressTo(process.stderr)
  const service = await openService(readConfig(), { progress, onError: () => {} })
  const { ledger, database } = service
  try {
    return await work({
      database,
      desk: ledger.keys,
      async inLogs(tenants, change) {
        const done: TenantDone[] = []
        for (const [i, tenant] of tenants.entries()) {
          progress.step(`${tenant}: ${i} of ${tenants.length} logs`)
          done.push(await tried(tenant, change, onRefused))
        }
        progress.done()
        return done
      },
    })
  } finally {
    await service.close()
  }
}

async function tried(
  tenant: string,
  change: (tenant: string) => Promise<KeyChange[]>,
  onRefused: (error: unknown) => void,
): Promise<TenantDone> {
  try {
    return { tenant, changes: await change(tenant) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    onRefused(error)
    return { tenant, changes: [], code: error.code, message: error.message }
  }
}

async function asked({ database }: Opened, tenants: readonly string[] | undefined) {
  if (tenants !== undefined) return tenants
  const all: string[] = []
  for await (const name of allTenants(database)) all.push(name)
  return all
}

/** The keys of the service, and for which sizes each stands in the logs named. */
export const listKeys = (tenants: readonly string[]): Promise<Listed> =>
  withService({ onRefused: () => {} }, async ({ desk }) => {
    const registered = await desk.registered()
    const held = new Set((await desk.held.list()).map(({ kid }) => kid))
    const keys: Listed['keys'] = KEY_USES.flatMap((use) =>
      registered[use].map((kid) => ({
        ...{ use, kid, held: held.has(kid) },
        newest: kid === registered[use].at(-1),
        compromised: desk.held.isBanned(kid),
      })),
    )
    const hooks = (await desk.held.webhook?.list()) ?? []
    for (const { use, kid } of hooks) {
      const compromised = desk.held.isBanned(kid)
      keys.push({ use, kid, held: true, newest: kid === hooks.at(-1)!.kid, compromised })
    }
    const logs: Listed['tenants'] = []
    for (const tenant of tenants) {
      logs.push({ tenant, keys: (await desk.ofLog(tenant)).schedule })
    }
    return { keys, tenants: logs }
  })

/**
 * Rotates in each log. A rotation that was interrupted is gone on with: where some log does not have
 * the newest key yet, that one is brought in, and no other is made.
 */
export const rotateInLogs = (
  work: KeyWork,
  { tenant, use, keep = false }: { tenant?: string[]; use?: KeyUse; keep?: boolean },
): Promise<Done> =>
  withService(work, async (opened) => {
    // A misspelt name must not leave a key behind that nobody asked for.
    for (const name of tenant ?? []) await opened.desk.ofLog(name)
    const known = await asked(opened, tenant)
    const keys: Done['keys'] = {}
    const next: SigningKey[] = []
    for (const one of use ? [use] : KEY_USES) {
      const key = await nextKey(opened.desk, one, known)
      keys[one] = key.kid
      next.push(key)
    }
    // Asked again: whatever is founded from now on begins with the new keys, what was founded before may not.
    const done = await opened.inLogs(await asked(opened, tenant), async (name) => {
      const changes: KeyChange[] = []
      for (const key of next) changes.push(...(await opened.desk.rotate(name, key, keep)))
      return changes
    })
    return { keys, tenants: done }
  })

async function nextKey(desk: KeyDesk, use: KeyUse, tenants: readonly string[]) {
  const newest = (await desk.newest())[use]
  for (const tenant of tenants) {
    const lacks = await hasKey(desk, tenant, newest).then((has) => !has, isUnknown)
    if (lacks) return newest
  }
  return desk.make(use)
}

/** A tenant that is listed and has no log is told of when it is that log's turn. */
function isUnknown(error: unknown): false {
  if (error instanceof Problem && error.code === 'TENANT_UNKNOWN') return false
  throw error
}

/** Retires a key in each log that has it. */
export const retireInLogs = (
  work: KeyWork,
  { tenant, kid }: { tenant?: string[]; kid: string },
): Promise<Done> =>
  withService(work, async (opened) => {
    const use = await useOf(opened.desk, kid)
    const done = await opened.inLogs(await asked(opened, tenant), async (name) =>
      (await hasKey(opened.desk, name, { use, kid }))
        ? opened.desk.retire({ tenant: name, use, kid })
        : [],
    )
    return { keys: {}, tenants: done }
  })

/**
 * Says in each log that has a key that it is compromised, and has it never sign again once all say so.
 * One that signs events stands in no log: it never signs again, and is published no more.
 */
export const compromiseInLogs = (
  work: KeyWork,
  { tenant, kid, since = null }: { tenant?: string[]; kid: string; since?: string | null },
): Promise<Done> =>
  withService(work, async (opened) => {
    const { desk } = opened
    const hooks = (await desk.held.webhook?.list()) ?? []
    if (hooks.some((key) => key.kid === kid)) {
      return { keys: { webhook: await replaceForEvents(desk.held, kid) }, tenants: [] }
    }
    const use = await useOf(desk, kid)
    const newest = (await desk.newest())[use]
    const next = newest.kid === kid ? await desk.make(use) : newest
    const done = await opened.inLogs(await asked(opened, tenant), async (name) =>
      (await hasKey(desk, name, { use, kid }))
        ? desk.compromise({ tenant: name, use, kid }, { since, next })
        : [],
    )
    const all = tenant === undefined && done.every(({ code }) => code === undefined)
    if (all) await desk.held.ban(kid)
    return { keys: { [use]: next.kid }, tenants: done }
  })

/** The one that takes its place is made first: no event waits for a key. */
async function replaceForEvents(held: Keys, kid: string): Promise<string> {
  const webhook = held.webhook!
  const standing = (await webhook.list()).filter(
    (key) => key.kid !== kid && !held.isBanned(key.kid),
  )
  const next = standing.at(-1) ?? (await webhook.make())
  await held.ban(kid)
  return next.kid
}

async function useOf(desk: KeyDesk, kid: string): Promise<KeyUse> {
  const registered = await desk.registered()
  const use = KEY_USES.find((one) => registered[one].includes(kid))
  if (!use) throw keyUnknown(kid)
  return use
}

async function hasKey(desk: KeyDesk, tenant: string, key: { use: KeyUse; kid: string }) {
  const { schedule } = await desk.ofLog(tenant)
  return schedule.some(({ use, kid }) => use === key.use && kid === key.kid)
}
