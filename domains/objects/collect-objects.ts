import type { Kept, Objects } from '../../core/objects.ts'
import { discardUnrecorded } from '../../ledger/discard-unrecorded.ts'
import type { Database } from '../../lineage/graph.ts'
import { allOrphans } from './problems.ts'
import { isExpired, type Reference, type Retention, readReferences } from './references.ts'

/** What collecting did, or would do. */
export interface Collected {
  /** Files that nothing recorded leads to and nothing is about to. */
  orphans: string[]
  /** Files of exports and attachments whose time is over. */
  expired: string[]
  bytes: number
  /** Unfinished uploads and drafts. */
  tidied: number
}

export interface CollectOptions {
  retention: Retention
  /** Says what would be deleted, and deletes nothing. */
  dryRun?: boolean
  /** Also where every file is an orphan, as when database and store do not belong together. */
  force?: boolean
  /** The clock, in milliseconds. */
  now: number
}

/** What is younger is left alone: somebody may only just be about it. */
const LEAVE_MS = 3_600_000
/** Uploads of a day ago are nobody's any more. */
const UNFINISHED_MS = 86_400_000
const FILES_A_BATCH = 100

/**
 * Deletes files that nothing leads to, and those whose time is over. Safe beside servers
 * that put the very same meanwhile: `Objects.collect` asks again once nothing can go unnoticed.
 *
 * @throws {Problem} `OBJECTS_ALL_ORPHANS`
 */
export async function collectObjects(
  { database, objects }: { database: Database; objects: Objects },
  { retention, now, dryRun = false, force = false }: CollectOptions,
): Promise<Collected> {
  const all = await filesOf(objects)
  const isStranger = all.size > 0 && !someIsLed(all, await readReferences(database))
  // Before anything is deleted, claimed or not.
  if (isStranger && !force) throw allOrphans(all.size)
  // What a server that died had put: an erasure must find it as well, so it is looked for the same way.
  if (!dryRun) await discardUnrecorded({ database, objects }, now)
  const kept = await filesOf(objects)
  const claimed = new Set((await objects.claims()).map(({ address }) => address))
  const references = await readReferences(database)

  const expires = (leading: readonly Reference[]) => isExpired(leading, retention, now)
  const isDue = ({ address, since }: Kept) => {
    const leading = references.get(address)
    if (claimed.has(address)) return false
    return leading ? expires(leading) : since < now - LEAVE_MS
  }
  const due = [...kept.values()].filter(isDue).map(({ address }) => address)
  const gone: string[] = dryRun ? due : []
  for (let at = 0; !dryRun && at < due.length; at += FILES_A_BATCH) {
    const ledNow = async () => {
      const all = [...(await readReferences(database))]
      return new Set(all.flatMap(([file, leading]) => (expires(leading) ? [] : [file])))
    }
    gone.push(...(await objects.collect(due.slice(at, at + FILES_A_BATCH), ledNow)))
  }
  return {
    orphans: gone.filter((address) => !references.has(address)),
    expired: gone.filter((address) => references.has(address)),
    bytes: gone.reduce((sum, address) => sum + kept.get(address)!.size, 0),
    tidied: dryRun ? 0 : await objects.tidy(now - UNFINISHED_MS),
  }
}

async function filesOf(objects: Objects): Promise<Map<string, Kept>> {
  const files = new Map<string, Kept>()
  for await (const one of objects.list()) files.set(one.address, one)
  return files
}

const someIsLed = (kept: ReadonlyMap<string, Kept>, references: ReadonlyMap<string, unknown>) =>
  [...references.keys()].some((address) => kept.has(address))
