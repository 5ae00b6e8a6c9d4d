import type { Objects } from '../core/objects.ts'
import { filedOf } from '../lineage/erasures.ts'
import type { Database } from '../lineage/graph.ts'
import { ProofError } from '../proofs/error.ts'
import { PROOF } from '../proofs/manifest.ts'
import { parseProof } from '../proofs/proof.ts'
import { readZip } from '../proofs/zip.ts'
import { fileOf } from './filed.ts'

interface Discarding {
  database: Database
  objects: Objects
  tenant: string
  /** Records which records an export holds, of one made before exports said so. */
  tell(id: string, holds: readonly number[]): Promise<unknown>
  /** Files to delete in any case, unless an export that stays has the very same. */
  files: readonly string[]
}

/** What an export's body says of its file, and which records' bodies are in it. */
interface Held {
  id: string
  file: string
  seqs: readonly number[]
  /** Whether the export still leads to it: one that is retired does not keep its file. */
  leads: boolean
}

/**
 * Deletes the files of all exports that hold one of the bodies, and the files named. Their records
 * stay: that something was handed out is not what was erased.
 */
export async function discardExports(discarding: Discarding, erased: ReadonlySet<number>) {
  const doomed = new Set(discarding.files)
  const kept = new Set<string>()
  for await (const { file, seqs, leads } of allExports(discarding)) {
    if (seqs.some((seq) => erased.has(seq))) doomed.add(file)
    else if (leads) kept.add(file)
  }
  for (const file of doomed) {
    if (!kept.has(file)) await discarding.objects.delete(file)
  }
}

async function* allExports(discarding: Discarding): AsyncGenerator<Held> {
  const { read } = discarding.database.graph(discarding.tenant)
  for await (const page of filedOf(read, 'Export')) {
    for (const { id, fields, leads } of page) {
      const said = JSON.parse(fields ?? '{}') as { holds?: number[] }
      const file = fileOf('Export', discarding.tenant, said)
      if (file === undefined) continue
      const seqs = said.holds ?? (await listHeld(discarding, id, file, leads))
      yield { id, file, seqs, leads }
    }
  }
}

/**
 * Exports made before they said which records they hold get it said, from the file, while it is
 * there: a deleted one could not tell any more why it is gone.
 */
async function listHeld({ objects, tell }: Discarding, id: string, file: string, leads: boolean) {
  const found = await objects.get(file)
  if (!found) return []
  const seqs = placesIn(new Uint8Array(await new Response(found.read()).arrayBuffer()))
  // One that is retired would be there again if more were recorded of it.
  if (leads) await tell(id, seqs)
  return seqs
}

/** Whose bodies they show is not looked at: all records of such an export were shown in full. */
function placesIn(bytes: Uint8Array): readonly number[] {
  try {
    const proof = readZip(bytes).find(({ path }) => path === PROOF)
    return proof ? parseProof(proof.bytes).seqs : []
  } catch (error) {
    if (error instanceof ProofError) return []
    throw error
  }
}
