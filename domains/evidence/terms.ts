import { addressWithin, type Objects } from '../../core/objects.ts'
import { Problem } from '../../core/problem.ts'
import { sha256 } from '../../core/sha256.ts'
import type { Ask } from '../../lineage/graph.ts'
import { licenceTexts } from '../../lineage/licence-texts.ts'
import { hex } from '../../proofs/hex.ts'
import type { ShownTerms } from '../../proofs/terms/shown.ts'
import {
  licensePath,
  type StatedTerms,
  stateTerms,
  termsFollowing,
} from '../../proofs/terms/stated.ts'
import type { ZipEntry } from '../../proofs/zip.ts'

/** The most texts that a bundle takes along, bytes of one, and bytes of all; the others are said not to be held. */
export const TEXT_LIMITS = { texts: 100, bytes: 1_000_000, together: 8_000_000 }
const MOST_ATTACHED = 200

/** The terms of an answer, with the texts of its licences that the tenant has. */
export interface TermsPart {
  stated: StatedTerms
  texts: ZipEntry[]
  /** The records of the attachments that those texts are. */
  holds: number[]
}

/** States the terms of what a bundle shows, and reads the texts that its licences name by their hashes. */
export async function readTermsPart(
  { ask, tenant, objects }: { ask: Ask; tenant: string; objects?: Pick<Objects, 'get'> },
  shown: ShownTerms,
  limits = TEXT_LIMITS,
): Promise<TermsPart> {
  const { texts: named } = termsFollowing(shown)
  const ids = [...new Set([...named.values()].flat())]
  const attached = objects ? await licenceTexts(ask, ids, MOST_ATTACHED) : []
  const hashes = new Map(attached.map(({ seq, fields }) => [hashIn(fields), seq]))
  const [texts, holds, held]: [ZipEntry[], number[], Set<string>] = [[], [], new Set()]
  let together = 0
  for (const hash of named.keys()) {
    const seq = hashes.get(hash)
    if (seq === undefined || texts.length === limits.texts) continue
    const most = Math.min(limits.bytes, limits.together - together)
    const bytes = await readText(objects!, addressWithin(tenant, hash), most)
    if (bytes === null || hex(sha256(bytes)) !== hash) continue
    together += bytes.length
    texts.push({ path: licensePath(hash), bytes })
    holds.push(seq)
    held.add(hash)
  }
  return { stated: stateTerms(shown, held), texts, holds }
}

const hashIn = (fields: string) => (JSON.parse(fields) as { sha256?: string }).sha256

/** The bytes at an address; `null` where they are lost, damaged or too many. */
async function readText(objects: Pick<Objects, 'get'>, address: string, most: number) {
  const object = await objects.get(address)
  if (!object || object.size > most) return null
  try {
    return new Uint8Array(await new Response(object.read()).arrayBuffer())
  } catch (error) {
    if (error instanceof Problem && error.code === 'OBJECT_DAMAGED') return null
    throw error
  }
}
