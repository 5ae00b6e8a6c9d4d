import { isWhole, type Objects } from '../../core/objects.ts'
import { erasedAmong } from '../../lineage/erasures.ts'
import type { Database } from '../../lineage/graph.ts'
import { isExpired, type Reference, type Retention, readReferences } from './references.ts'

/** What looking at every file came to. */
export interface Verified {
  files: number
  bytes: number
  /** Files that are not what was put there. */
  damaged: string[]
  /** Exports and attachments whose file is not there, and whose time was not over. */
  lost: (Pick<Reference, 'tenant' | 'id'> & { file: string })[]
  /** Those whose file is not there, as `collect` leaves them. */
  expired: number
}

/**
 * Reads every file and hashes it, and looks for the file of every export and attachment. The file of
 * an export that holds what is erased is gone as it should be.
 */
export async function verifyObjects(
  { database, objects }: { database: Database; objects: Objects },
  { retention, now, tell }: { retention: Retention; now: number; tell(done: number): void },
): Promise<Verified> {
  // Before the files: what is exported meanwhile is not looked for.
  const references = await readReferences(database)
  const seen = new Set<string>()
  const found: Verified = { files: 0, bytes: 0, damaged: [], lost: [], expired: 0 }
  for await (const { address, size } of objects.list()) {
    seen.add(address)
    found.files += 1
    found.bytes += size
    if (!(await isWholeAt(objects, address))) found.damaged.push(address)
    tell(found.files)
  }
  for (const [file, leading] of references) {
    if (seen.has(file)) continue
    if (isExpired(leading, retention, now)) found.expired += leading.length
    else {
      for (const { tenant, id, holds } of leading) {
        const erased = await erasedAmong(database.graph(tenant).read, holds)
        if (erased.length === 0) found.lost.push({ tenant, id, file })
      }
    }
  }
  return found
}

/** One that was deleted just now is no damage. */
async function isWholeAt(objects: Objects, address: string): Promise<boolean> {
  const stored = await objects.get(address)
  return !stored || isWhole(stored)
}
