import type { Client } from '../client.ts'

/** A file of the seed world, and what it is attached to. */
export interface SeedFile {
  /** The URN of what it is attached to: a thing that has one file, or none yet. */
  to: string
  name: string
  type: string
  bytes: Uint8Array
}

const ATTACHED = `query Attached($id: ID!) {
  lineage(root: $id, direction: DOWNSTREAM, depth: 1) { nodes { entity { kind } } }
}`

/** Attaches a file where none is attached yet, and says whether it did. */
export async function attachOnce(client: Client, { to, name, type, bytes }: SeedFile) {
  const { lineage } = await client.graphql<{
    lineage: { nodes: { entity: { kind: string } }[] }
  }>(ATTACHED, { id: to })
  if (lineage.nodes.some(({ entity }) => entity.kind === 'Attachment')) return false
  await client.request(`/attachments?to=${to}&name=${name}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(bytes),
  })
  return true
}
