import type { Database } from '../lineage/graph.ts'
import { readLog } from '../lineage/log.ts'
import { b64 } from '../proofs/base64.ts'
import { parseCheckpoint } from '../proofs/checkpoint.ts'
import { parseNote } from '../proofs/note.ts'
import type { SignedCheckpoint } from './checkpointer.ts'
import { notYetSigned, tenantUnknown } from './problems.ts'

/** How long a caller waits for a checkpoint that another server signs. */
const WAIT_MS = 2_000
const LOOK_EVERY_MS = 50

/** The published checkpoints of all logs. */
export interface Published {
  /** The last one, or `null` before the first. @throws {Problem} `TENANT_UNKNOWN` */
  last(tenant: string): Promise<SignedCheckpoint | null>
  /** One of at least this size. @throws {Problem} `CHECKPOINT_NOT_READY`, and what signing refuses. */
  atLeast(tenant: string, size: number): Promise<SignedCheckpoint>
}

/**
 * @param sign Signs now; gives nothing on a server that leaves signing to another, whose checkpoint is
 *   then waited for.
 */
export function openPublished(
  database: Database,
  sign: (tenant: string) => Promise<SignedCheckpoint> | undefined,
): Published {
  const last = async (tenant: string) => {
    const head = await readLog(database.graph(tenant).read)
    if (!head) throw tenantUnknown(tenant)
    return head.checkpoint ? readNote(head.checkpoint) : null
  }

  const awaitAtLeast = async (tenant: string, size: number) => {
    for (const start = performance.now(); performance.now() - start < WAIT_MS; ) {
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_EVERY_MS)
      })
      const found = await last(tenant)
      if (found && found.size >= size) return found
    }
    throw notYetSigned(tenant)
  }

  return {
    last,
    async atLeast(tenant, size) {
      const known = await last(tenant)
      if (known && known.size >= size) return known
      const signed = await sign(tenant)
      return signed && signed.size >= size ? signed : awaitAtLeast(tenant, size)
    },
  }
}

function readNote(note: string): SignedCheckpoint {
  const { size, root } = parseCheckpoint(parseNote(note).text)
  return { note, size, root: b64(root) }
}
