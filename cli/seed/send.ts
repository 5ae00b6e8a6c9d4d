import { Problem } from '../../core/problem.ts'
import type { Client } from '../client.ts'
import { type SeedBatch, seedBatches } from './world.ts'

/** What the server made of one batch. */
export interface Sent extends Pick<SeedBatch, 'file' | 'events'> {
  /** How many leaves the log grew by; none where all of it was known already. */
  appended: number
}

interface BatchAnswer {
  results: ({ ok: true } | { ok: false; code: string; message: string })[]
}

/**
 * Makes sure of the tenant and sends it the seed world over HTTP, a batch a file. Sent again it
 * changes nothing.
 *
 * @throws {Problem} The first refusal: every event of the world is one that a server must take.
 */
export async function sendWorld(client: Client, onSent: (sent: Sent) => void = () => {}) {
  await ensureTenant(client)
  const all: Sent[] = []
  let before = await logSize(client)
  for (const { file, events, body } of seedBatches()) {
    const { results } = await client.post<BatchAnswer>('/api/v1/lineage/batch', body)
    const refused = results.find((result) => !result.ok)
    if (refused) throw new Problem(refused.code, `${file}: ${refused.message}`)
    const after = await logSize(client)
    const sent = { file, events, appended: after - before }
    before = after
    onSent(sent)
    all.push(sent)
  }
  return all
}

const CREATE_TENANT = `mutation CreateTenant($name: String!) {
  tenantCreate(name: $name) { name }
}`

async function ensureTenant(client: Client) {
  try {
    await client.graphql(CREATE_TENANT, { name: client.tenant })
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'TENANT_EXISTS')) throw error
  }
}

async function logSize(client: Client) {
  const { log } = await client.graphql<{ log: { size: number } }>('{ log { size } }')
  return log.size
}
