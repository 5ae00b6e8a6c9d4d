import type { Claim, Objects } from '../core/objects.ts'
import { exportsInOrder, knownEntities } from '../lineage/erasures.ts'
import type { Database } from '../lineage/graph.ts'
import { ProofError } from '../proofs/error.ts'
import { PROOF } from '../proofs/manifest.ts'
import { parseProof } from '../proofs/proof.ts'
import { readZip } from '../proofs/zip.ts'

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
}

const EXPORTS_A_PAGE = 200

/** For how long a file may wait to be recorded; no command takes as long. */
const RECORDED_WITHIN_MS = 600_000

/** Under which claim the file of an export is put. */
export const exportClaim = (tenant: string, name: string) => `${tenant}.${name}`

/**
 * Deletes the files of exports that were never recorded, because a server died or the record was
 * refused: no erasure could find them. One that a recorded export has too stays.
 *
 * @param now The clock, in milliseconds.
 */
export async function discardUnrecorded(
  { database, objects }: Pick<Discarding, 'database' | 'objects'>,
  now: number,
) {
  const claims = await objects.claims()
  const isYoung = ({ since }: Claim) => since > now - RECORDED_WITHIN_MS
  // The very same bytes may be about to be recorded by another.
  const young = new Set(claims.filter(isYoung).map(({ address }) => address))
  for (const claim of claims.filter(({ address }) => !young.has(address))) {
    const [tenant = '', name = ''] = claim.by.split('.')
    const id = `urn:selvedge:export:${name}`
    const isRecorded = (await knownEntities(database.graph(tenant).read, [id])).has(id)
    if (!isRecorded) {
      const files = [claim.address]
      const tell = () => Promise.resolve()
      await discardExports({ database, objects, tenant, files, tell }, new Set())
    }
    await objects.settle(claim)
  }
}

/**
 * Deletes the files of all exports that hold one of the bodies, and the files named. Their records
 * stay: that something was handed out is not what was erased.
 */
export async function discardExports(discarding: Discarding, erased: ReadonlySet<number>) {
  const doomed = new Set(discarding.files)
  const kept = new Set<string>()
  for await (const { file, seqs } of allExports(discarding)) {
    if (seqs.some((seq) => erased.has(seq))) doomed.add(file)
    else kept.add(file)
  }
  for (const file of doomed) {
    if (!kept.has(file)) await discarding.objects.delete(file)
  }
}

async function* allExports(discarding: Discarding): AsyncGenerator<Held> {
  const { read } = discarding.database.graph(discarding.tenant)
  for (let after = ''; ; ) {
    const page = await exportsInOrder(read, { after, first: EXPORTS_A_PAGE })
    for (const { id, fields } of page) {
      const said = JSON.parse(fields ?? '{}') as { file?: { sha256: string }; holds?: number[] }
      if (!said.file) continue
      const seqs = said.holds ?? (await listHeld(discarding, id, said.file.sha256))
      yield { id, file: said.file.sha256, seqs }
    }
    if (page.length < EXPORTS_A_PAGE) return
    after = page.at(-1)!.id
  }
}

/**
 * Exports made before they said which records they hold get it said, from the file, while it is
 * there: a deleted one could not tell any more why it is gone.
 */
async function listHeld({ objects, tell }: Discarding, id: string, file: string) {
  const found = await objects.get(file)
  if (!found) return []
  const seqs = placesIn(new Uint8Array(await new Response(found.read()).arrayBuffer()))
  await tell(id, seqs)
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
