import { Problem } from '../../core/problem.ts'
import type { Client } from '../client.ts'
import { SEAL, type Sealed } from '../metering/texts.ts'

/** Usage of one thing: CloudEvents without their subject, and who vouches for what they come to. */
export interface SeedUsage {
  /** The URN of what was used: each tenant has its own. */
  subject: string
  events: { id: string; source: string }[]
  signOff: object
  signedBy: { namespace: string; name: string }
}

interface EventsAnswer {
  results: { ok: boolean; window?: string; duplicate?: boolean; code?: string; message?: string }[]
}

const SIGN = `mutation Sign($items: [SignOffInput!]!) {
  signOffRecord(items: $items) { results { changed } }
}`

/** Sends the events, seals the days that they are of, and has each of these signed. */
export async function sendUsage(
  client: Client,
  { subject, events, signOff, signedBy }: SeedUsage,
): Promise<{ lines: number; added: number }> {
  const response = await client.request('/events', {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events.map((event) => ({ ...event, subject }))),
  })
  const { results } = (await response.json()) as EventsAnswer
  const refused = results.find(({ ok }) => !ok)
  if (refused) throw new Problem(refused.code!, `usage.json: ${refused.message}`)
  const items: object[] = []
  for (const window of new Set(results.map((result) => result.window))) {
    const { meteringSeal } = await client.graphql<Sealed>(SEAL, { window })
    const { from, record } = meteringSeal.window
    items.push({
      ...{ namespace: signedBy.namespace, name: `usage of ${from.slice(0, 10)}`, body: signOff },
      ...{ about: [{ id: record!.id }], attributedTo: [signedBy] },
    })
  }
  await client.graphql(SIGN, { items })
  const added = results.filter(({ duplicate }) => !duplicate).length
  return { lines: results.length, added }
}
