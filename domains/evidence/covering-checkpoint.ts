import type { SignedCheckpoint } from '../../ledger/ledger.ts'
import type { Ask } from '../../lineage/graph.ts'
import { readWitnessed } from '../../lineage/witnessed-log.ts'
import { b64 } from '../../proofs/base64.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { parseNote } from '../../proofs/note.ts'
import type { Exporting } from './export.ts'

const LOOK_MS = 50

/**
 * Gives the checkpoint that a bundle is to be proven against: the newest that a quorum of the service's
 * witnesses has cosigned, if it covers what is shown, else one that the log alone has signed. Where
 * none is witnessed yet, that is waited for as long as `witnessWaitMs` says, and no longer: a witness
 * that is down must not keep anybody from an export.
 *
 * @throws {Problem} As `Ledger.checkpointOf`.
 */
export async function coveringCheckpoint(
  { database, ledger, witnessWaitMs = 0 }: Omit<Exporting, 'objects'>,
  tenant: string,
  atLeast: number,
): Promise<SignedCheckpoint> {
  const signed = await ledger.checkpointOf(tenant, atLeast)
  const { read } = database.graph(tenant)
  for (const start = performance.now(); ; ) {
    const witnessed = await findWitnessed(read)
    if (witnessed && witnessed.size >= atLeast) return witnessed
    if (performance.now() - start >= witnessWaitMs) return signed
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS)
    })
  }
}

/** The newest checkpoint that a quorum of the service's witnesses has cosigned, or `null` before the first. */
export async function findWitnessed(ask: Ask): Promise<SignedCheckpoint | null> {
  const log = await readWitnessed(ask)
  if (!log || log.witnessed === null) return null
  const { size, root } = parseCheckpoint(parseNote(log.witnessed).text)
  return { note: log.witnessed, size, root: b64(root) }
}
