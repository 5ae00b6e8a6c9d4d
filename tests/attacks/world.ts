import { head, runId } from '../openlineage/events.ts'
import { openHasty } from './slow.ts'
import {
  acme,
  beta,
  type Client,
  dataIn,
  mallory,
  SECRET,
  startTarget,
  type Target,
} from './target.ts'
import type { Answer } from './wire.ts'

const near = (name: string) => ({ namespace: `db-${SECRET}`, name: `${SECRET}-${name}` })
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

const RECORD =
  'mutation ($items: [RecordItem!]!) { record(items: $items) { results { id } position } }'
const EXPORT = 'mutation ($root: ID!) { exportBundle(root: $root) { url export { id } } }'
const GRANT = 'mutation ($input: GrantInput!) { grantCreate(input: $input) { grant { id } } }'
const LINEAGE =
  'query ($root: ID!, $after: String) { lineage(root: $root, first: 1, after: $after) { total pageInfo { endCursor } nodes { entity { id } } } }'

/** What a tenant would see if anything of its own had changed. */
const EVERYTHING = `{
  log { size public checkpoint { size root } }
  entities(first: 1000) { nodes { id version retired name } }
  policies { name version }
  grants { nodes { id active side } }
}`

/** An event of usage that there is; its subject is not for others. */
export const USED = {
  ...{ specversion: '1.0', source: '/shop', id: 'u1', type: 'api', subject: SECRET },
  ...{ time: '2026-03-31T09:15:02Z', data: { value: 1 } },
}

export interface Seen {
  log: { size: string; checkpoint: { size: string; root: string } | null }
  entities: { nodes: { id: string }[] }
}

/**
 * A service under attack, with all that there is to steal: lineage, an export, a grant, a policy, a
 * public log and a private one, and an idempotency key that is used.
 */
export async function openWorld(env?: Record<string, string>) {
  const target = await startTarget(env)
  const { ask, event } = target
  for (const name of [acme, beta, mallory]) {
    dataIn(await ask('operator', `mutation { tenantCreate(name: "${name}") { name } }`))
  }
  const record = async (by: Client, items: unknown[], headers = {}) => {
    const answer = await ask(by, RECORD, { variables: { items }, headers })
    return dataIn<{ record: { results: { id: string }[] } }>(answer).record.results.map(
      ({ id }) => id,
    )
  }
  const KEY = `key-${SECRET}`
  const items = [
    { dataset: { ...near('raw'), description: `a ${SECRET} text` } },
    { job: { ...near('load'), uses: [near('raw')] } },
    { dataset: { ...near('clean'), generatedBy: [near('load')] } },
  ]
  const [raw, load, clean] = (await record('acme', items, { 'idempotency-key': KEY })) as [
    string,
    string,
    string,
  ]
  const run = {
    ...head('2026-01-01T00:00:00Z'),
    eventType: 'COMPLETE',
    run: { runId: runId(1) },
    job: near('load'),
  }
  if ((await event('acme', run)).status !== 200) throw new Error('the event was refused')
  const exported = dataIn<{ exportBundle: { url: string; export: { id: string } } }>(
    await ask('acme', EXPORT, { variables: { root: clean } }),
  ).exportBundle
  const sent = await target.post('/attachments?name=a.txt', 'acme', `the file of ${SECRET}`, {
    'content-type': 'text/plain',
  })
  const { id: attached, sha256: attachedHash } = JSON.parse(sent.body) as {
    id: string
    sha256: string
  }
  const batch = JSON.stringify([USED, { ...USED, id: 'u3' }])
  const used = await target.post('/events', 'acme', batch, {
    'content-type': 'application/cloudevents-batch+json',
  })
  const [{ window }] = (JSON.parse(used.body) as { results: [{ window: string }] }).results
  const terms = { direction: 'UPSTREAM', depth: 1, kinds: ['Dataset', 'Job'], fields: ['*'] }
  const input = { to: beta, root: clean, until: inAnHour(), ...terms }
  const grant = dataIn<{ grantCreate: { grant: { id: string } } }>(
    await ask('acme', GRANT, { variables: { input } }),
  ).grantCreate.grant.id
  const policy = 'forbid(principal in Role::"dancer", action, resource);'
  await ask(
    'acme',
    'mutation ($text: String!) { policyPut(name: "mine", text: $text) { position } }',
    {
      variables: { text: policy },
    },
  )
  const [theirs] = (await record('beta', [{ dataset: near('of-beta') }])) as [string]
  dataIn(await ask('beta', 'mutation { logPublicSet(public: true) { position } }'))
  const [own] = (await record('mallory', [
    { dataset: { namespace: 'mine', name: 'a' } },
    { dataset: { namespace: 'mine', name: 'b', derivedFrom: [{ namespace: 'mine', name: 'a' }] } },
  ])) as [string, string]
  const page = dataIn<{ lineage: { pageInfo: { endCursor: string } } }>(
    await ask('acme', LINEAGE, { variables: { root: clean } }),
  )
  const cursor = page.lineage.pageInfo.endCursor

  /** What a tenant sees of itself, once what it has written is signed. */
  const see = async (by: Client): Promise<Seen> => {
    for (;;) {
      const seen = dataIn<Seen>(await ask(by, EVERYTHING))
      if (seen.log.checkpoint?.size === seen.log.size) return seen
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    ...target,
    ...{ raw, load, clean, exported: exported.export.id, grant, theirs, own, cursor, key: KEY },
    ...{ attached, attachedHash, window },
    see,
    hasty: await openHasty(target),
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>

/** An id of the same form and length that is nowhere. */
export const missingLike = (id: string) =>
  /:h:/.test(id)
    ? id.replace(/:h:.*/, `:h:${'A'.repeat(43)}`)
    : id.replace(/[^:]*$/, '01936893-9751-7a91-a2a0-a51101a3970c')

export { type Answer, acme, beta, mallory, SECRET, type Target }
